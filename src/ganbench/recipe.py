"""Shim for one release: import from ``ganbench.recipes.base`` instead."""

from ganbench.recipes.base import *  # noqa: F403
