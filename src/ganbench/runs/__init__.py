"""Run folders: recipe, events, checkpoints."""
