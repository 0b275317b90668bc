"""Metrics of disentangled latents."""
