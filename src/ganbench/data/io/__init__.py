"""Read and write images and archives of images."""
