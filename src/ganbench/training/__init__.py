"""The one loop and what it stands on; knows no GAN."""
