"""Shim for one release: import from ``ganbench.training.settings`` instead."""

from ganbench.training.settings import *  # noqa: F403
