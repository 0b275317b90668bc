"""Shim for one release: import from ``ganbench.config.spec`` instead."""

from ganbench.config.spec import *  # noqa: F403
