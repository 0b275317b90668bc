"""What torch can translate to ONNX is listed once, not for every export; that takes half a second."""

from __future__ import annotations

import functools
from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True, scope="session")
def one_list_of_translations() -> Iterator[None]:
    from torch.onnx._internal.exporter import _registration as registration

    original = registration.ONNXRegistry.from_torchlib
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(registration.ONNXRegistry, "from_torchlib", staticmethod(functools.cache(original)))
        yield
