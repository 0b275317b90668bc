"""Write samples and figures of a model to files."""

from __future__ import annotations

import io
import mimetypes
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal, cast, get_args

import numpy as np
import torch
from torch import Tensor

from ganbench.algorithms.capabilities import ChoosesRepresentations
from ganbench.errors import UserError, did_you_mean
from ganbench.inference.model import Model
from ganbench.utils.files import check_writable, write_bytes
from ganbench.utils.random_stream import RandomStream
from ganbench.visualization.attention import attention_picture
from ganbench.visualization.code_sweeps import code_sweep_grid
from ganbench.visualization.directions import direction_grid
from ganbench.visualization.image_grid import sample_picture
from ganbench.visualization.interpolations import interpolation_grid
from ganbench.visualization.reconstructions import reconstruction_picture
from ganbench.visualization.sample_files import write_image_folder, write_npz_file
from ganbench.visualization.sample_grid import class_walk_grid, make_sample_grid
from ganbench.visualization.style_mixing import style_mixing_picture
from ganbench.visualization.translations import translation_picture

Picture = Literal["walks", "sweeps", "attention", "reconstructions", "translations", "directions", "mixing"]
"""The pictures that `ganbench sample --picture` can draw."""

_WALK_COLUMNS = 10


def check_destination(out: Path) -> None:
    """Raise UserError if samples cannot be written to ``out``; call this before any expensive work."""
    if out.suffix in (".png", ".npz"):
        if not out.parent.is_dir():
            raise UserError(f"the folder {out.parent} does not exist")
        if out.exists():
            raise UserError(f"{out} exists; give another --out")
    elif mimetypes.guess_type(out.name) != (None, None) or out.suffix in (".npy", ".pt"):
        raise UserError(f"--out must end in .png or .npz or be a new folder, not '{out.name}'")
    elif out.exists():
        raise UserError(f"{out} exists; give a new folder, FILE.png or FILE.npz")
    if out.parent.is_dir():
        check_writable(out)


def write_samples(
    model: Model, out: Path, n: int, seed: int, label: int | None = None, truncation: float | None = None
) -> None:
    """Write ``n`` samples in the format that the name of ``out`` implies.

    - ``FILE.png``: a grid. Without ``label``, the grid of a conditional model is that of :func:`make_sample_grid`, with
      the names of the classes above it.
    - ``FILE.npz``: an array ``samples``; for conditional models also ``labels`` and the class names ``classes``.
    - a folder: one PNG per sample; for conditional models in one subfolder per class.

    ``label`` selects one class; otherwise the classes alternate. ``truncation`` is as in :meth:`Model.draw_latents`.

    Raises:
        UserError: points were to be written as one PNG each, or the latents cannot be truncated.
    """
    if out.suffix == ".png" and label is None:
        grid = make_sample_grid(model, n, RandomStream(seed, "sample"), truncation)
        write_bytes(out, grid.render_png(model, headings=True))
        return
    labels = model.labels(n) if label is None else torch.full((n,), label)
    latents = model.latents(n, seed, truncation=truncation)
    if out.suffix == ".png":
        write_bytes(out, sample_picture(model.info, model.decode(latents, labels)))
    elif out.suffix == ".npz":
        write_npz_file(model, out, latents, labels)
    else:
        write_image_folder(model, out, latents, labels)


def set_representation_source(model: Model, source: str) -> None:
    """Set where a representation-conditioned model takes its representations from, such as "real" or "normal".

    Raises:
        UserError: the model has no such setting, or does not support this source.
    """
    if not isinstance(model.algorithm, ChoosesRepresentations):
        raise UserError("this model has no choice of representations; try simsiam-gan-cifar10")
    model.algorithm.choose_sampling(source)


def encode_npz(model: Model, samples: Tensor, labels: Tensor | None, *, compress: bool = True) -> bytes:
    """Return an ``.npz`` file with ``samples`` and, if there are labels, ``labels`` and ``classes``."""
    arrays: dict[str, Any] = (
        {} if labels is None else {"labels": labels.numpy(), "classes": np.array(model.classes)}
    )
    buffer = io.BytesIO()
    (np.savez_compressed if compress else np.savez)(buffer, samples=samples.numpy(), **arrays)
    return buffer.getvalue()


def parse_picture_name(name: str) -> Picture:
    """Return ``name`` if it is one of :data:`Picture`, otherwise raise UserError."""
    if name not in get_args(Picture):
        raise UserError(f"there is no picture '{name}'{did_you_mean(name, get_args(Picture))}")
    return cast(Picture, name)


def write_picture(model: Model, out: Path, picture: Picture, rows: int, seed: int) -> None:
    """Write one of the pictures of :data:`Picture`.

    Raises:
        UserError: the model does not support this picture, or ``out`` does not end in ``.png``.
    """
    _require_png(out, f"--picture {picture}")
    write_bytes(out, _PICTURES[picture](model, rows, seed))


def write_interpolations(
    model: Model, out: Path, rows: int, seed: int, *, linear: bool = False, truncation: float | None = None
) -> None:
    """Write interpolations between latents as a PNG, see :func:`interpolation_grid`.

    Raises:
        UserError: the latents cannot be interpolated, or ``out`` does not end in ``.png``.
    """
    _require_png(out, "--interpolate")
    grid = interpolation_grid(model, rows, seed, linear=linear, truncation=truncation)
    write_bytes(out, grid.render_png(model))


def _require_png(out: Path, option: str) -> None:
    if out.suffix != ".png":
        raise UserError(f"{option} writes one picture; give --out FILE.png, not '{out.name}'")


def _class_walk_picture(model: Model, rows: int, seed: int) -> bytes:
    if len(model.classes) < 2:
        raise UserError("this model was trained without classes, so it cannot interpolate between them")
    return class_walk_grid(model, rows, _WALK_COLUMNS, seed).render_png(model)


def _code_sweep_picture(model: Model, rows: int, seed: int) -> bytes:
    return code_sweep_grid(model, rows, RandomStream(seed, "sample")).render_png(model)


def _direction_picture(model: Model, rows: int, seed: int) -> bytes:
    return direction_grid(model, rows, seed).render_png(model)


_PICTURES: Mapping[Picture, Callable[[Model, int, int], bytes]] = MappingProxyType(
    {
        "walks": _class_walk_picture,
        "sweeps": _code_sweep_picture,
        "attention": attention_picture,
        "reconstructions": reconstruction_picture,
        "translations": translation_picture,
        "directions": _direction_picture,
        "mixing": style_mixing_picture,
    }
)
