"""Evaluation protocols of published work, by name. Importing this package loads no network."""
