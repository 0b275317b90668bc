"""Metrics: how good samples are, each with the record of how it was measured. Importing this is light."""
