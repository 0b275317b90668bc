"""Feature extractors: fixed networks that map images to features. Importing this package loads no network."""
