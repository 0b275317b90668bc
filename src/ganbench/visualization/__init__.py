"""Figures and animations of models and their samples, as PNG, GIF and MP4."""
