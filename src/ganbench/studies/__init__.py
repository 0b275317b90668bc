"""Studies: train recipes over several seeds, score every run alike, and compare the recipes."""
