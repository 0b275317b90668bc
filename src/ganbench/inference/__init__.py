"""Trained models: building them, sampling, encoding, translating, and moving through their latent space."""
