"""Metrics of memorization: whether samples are copies of training images."""
