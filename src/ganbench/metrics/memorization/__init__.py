"""Metrics of memorization, which tell whether samples are copies of training pictures."""
