"""Check data sets before training (broken and duplicate images, overlapping splits), and prepare them."""
