"""Metrics of diversity: precision and recall, modes, path length."""
