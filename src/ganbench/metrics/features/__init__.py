"""Features of data sets: cached, summarized, searched."""
