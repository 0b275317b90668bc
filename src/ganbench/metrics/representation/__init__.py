"""Metrics of representations: probes on features."""
