"""Write results as PNG, NPZ or JSON. The same results give the same bytes."""

from __future__ import annotations

import base64
import io
import json
from dataclasses import dataclass
from typing import Any

import numpy as np
from torch import Tensor

from ganbench.errors import UserError
from ganbench.inference.model import Model
from ganbench.serve.schemas import Format
from ganbench.visualization.export import encode_npz
from ganbench.visualization.image_grid import encode_png, image_grid

MEDIA_TYPES = {"png": "image/png", "npz": "application/zip", "json": "application/json"}


@dataclass(frozen=True)
class Answer:
    """The body of a response, and its media type."""

    body: bytes
    media_type: str


def choose_format(model: Model, requested: Format | None) -> Format:
    """Return the requested format, or the default for the model's samples.

    Raises:
        UserError: Points as a PNG.
    """
    if model.info.kind == "image":
        return requested or "png"
    if requested == "png":
        raise UserError("the samples of this model are points, so format must be json or npz")
    return requested or "json"


def answer_samples(
    name: str, model: Model, samples: Tensor, labels: Tensor | None, form: Format, columns: int | None = None
) -> Answer:
    """Return samples in the data's own units as a response; ``columns`` are those of a PNG with several images.

    A PNG of one image has its very pixels; one of several images is a grid with a line of white between them.
    """
    if form == "png":
        body = _png(samples, columns, gap=int(len(samples) > 1))
    elif form == "npz":
        body = encode_npz(model, samples, labels, compress=False)
    else:
        is_image = model.info.kind == "image"
        images = [base64.b64encode(_png(x[None], 1, gap=0)).decode() for x in samples] if is_image else None
        body = _json(
            model=name,
            step=model.step,
            labels=None if labels is None else labels.tolist(),
            images=images,
            points=None if is_image else samples.tolist(),
        )
    return Answer(body, MEDIA_TYPES[form])


def answer_latents(name: str, model: Model, latents: Tensor, form: Format) -> Answer:
    """Return latents ``[N, size]`` as a response, NPZ or JSON."""
    if form == "npz":
        buffer = io.BytesIO()
        np.savez(buffer, latents=latents.numpy())
        body = buffer.getvalue()
    else:
        body = _json(model=name, step=model.step, latents=latents.tolist())
    return Answer(body, MEDIA_TYPES[form])


def _png(images: Tensor, columns: int | None, gap: int) -> bytes:
    return encode_png(image_grid(images, columns, gap, min_width=0), optimize=False)


def _json(**values: Any) -> bytes:
    return json.dumps(values, separators=(",", ":"), allow_nan=False).encode()
