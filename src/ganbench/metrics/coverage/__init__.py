"""Metrics of diversity and coverage: precision and recall, modes, path length."""
