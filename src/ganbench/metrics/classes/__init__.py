"""Metrics of class-conditional samples."""
