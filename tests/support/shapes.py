"""Draw each large set of shapes once per process, since that takes a second, or let sets be small."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import astuple
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from ganbench.data.shapes import Factors, Shapes, render

LARGE, FEW = 5000, 600  # images


@contextmanager
def remember_shapes() -> Iterator[None]:
    """Return copies of images that were drawn before from equal factors."""
    drawn: dict[bytes, NDArray[np.uint8]] = {}

    def remember(factors: Factors) -> NDArray[np.uint8]:
        if len(factors.figure) < LARGE:
            return render(factors)
        key = hashlib.sha256(b"".join(values.tobytes() for values in astuple(factors))).digest()
        if key not in drawn:
            drawn[key] = render(factors)
        return drawn[key].copy()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("ganbench.data.shapes.render", remember)
        yield


@contextmanager
def few_shapes() -> Iterator[None]:
    """Let the data set "shapes" have at most ``FEW`` images."""

    class FewShapes(Shapes):
        def __init__(self, size: int, *arguments: Any, **options: Any) -> None:
            super().__init__(min(size, FEW), *arguments, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("ganbench.data.shapes.Shapes", FewShapes)
        yield
