"""Metrics of a model itself: codes, encoders, translators."""
