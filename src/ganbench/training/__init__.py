"""The training loop and its components; nothing here is specific to GANs."""
