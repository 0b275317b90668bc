"""Check data sets before training: broken and duplicate pictures, overlap of splits, preparation."""
