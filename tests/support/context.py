"""A context in which to call losses and regularizers without a trainer."""

from __future__ import annotations

from ganbench.training.phase import Context
from ganbench.utils.random_stream import RandomStream


def context(key: int | str = 0, *, step: int = 0, steps: int = 10, rows: int = 4) -> Context:
    """Return a context whose random numbers depend on the key."""
    return Context(step=step, steps=steps, update=step, batch_size=rows, stream=RandomStream(key))
