"""The 2-D playground: watch a GAN learn points of the plane, step by step, in a browser, and change its settings."""
