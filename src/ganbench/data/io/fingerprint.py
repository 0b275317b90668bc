"""A short hash of a data set's content, so that a run can refuse to continue with other data."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence

from torch import Tensor


def fingerprint(data: Tensor, labels: Tensor | None, classes: Sequence[str]) -> str:
    """Return the first 16 hex digits of the SHA-256 of shape, content, labels and class names.

    Args:
        data: uint8 pixels ``[N, C, H, W]`` or float32 coordinates ``[N, D]``.
        labels: int64 ``[N]``, or None.
        classes: the class names.
    """
    header = [str(data.dtype), list(data.shape), labels is not None, list(classes)]
    digest = hashlib.sha256(json.dumps(header).encode())
    for tensor in (data, labels):
        if tensor is not None:
            digest.update(tensor.contiguous().numpy().data.cast("B"))
    return digest.hexdigest()[:16]
