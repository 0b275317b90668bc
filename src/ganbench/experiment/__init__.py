"""Train and resume a run: everything around the training loop."""
