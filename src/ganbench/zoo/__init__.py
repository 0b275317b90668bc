"""Trained models by name: ``zoo:NAME`` is accepted wherever a run folder is."""
