"""Benchmarks of speed, sample quality, metrics, the dashboard and the health rules."""
