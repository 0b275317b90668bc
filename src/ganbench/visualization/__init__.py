"""Pictures as PNG and GIF: grids, figures, animations."""
