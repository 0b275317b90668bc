"""Search over settings of a recipe, and a study of the best ones on seeds that the search has not seen."""
