"""Trained models: load, sample, encode, translate, and probe them."""
