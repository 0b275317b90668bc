"""Write samples of a model to a picture, an array file or a folder."""

from __future__ import annotations

import io
import os
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal, cast, get_args

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from ganbench.errors import UserError, did_you_mean
from ganbench.inference.model import Model
from ganbench.utils.files import write_bytes
from ganbench.utils.random_stream import RandomStream
from ganbench.visualization.attention import attention_picture
from ganbench.visualization.code_sweeps import sweep_arrangement
from ganbench.visualization.directions import direction_arrangement
from ganbench.visualization.image_grid import sample_picture
from ganbench.visualization.interpolations import interpolations
from ganbench.visualization.reconstructions import reconstruction_picture
from ganbench.visualization.sample_grid import class_paths, grid_of
from ganbench.visualization.translations import translation_picture

Picture = Literal["walks", "sweeps", "attention", "reconstructions", "translations", "directions"]
"""Walks from class to class, sweeps of codes, where G's attention looks, real items and what becomes of them, and one
latent moved in the directions that G's first layer heeds most."""

_COLUMNS = 10  # of a walk


def check_destination(out: Path) -> None:
    """Raise UserError if samples cannot be written there; asked before any work is done."""
    if out.suffix in (".png", ".npz"):
        if not out.parent.is_dir():
            raise UserError(f"the folder {out.parent} does not exist")
        if out.exists():
            raise UserError(f"{out} exists; give another --out")
    elif out.suffix:
        raise UserError(f"--out must end in .png or .npz or be a new folder, not '{out.name}'")
    elif out.exists():
        raise UserError(f"{out} exists; give a new folder, FILE.png or FILE.npz")


def write_samples(
    model: Model, out: Path, n: int, seed: int, label: int | None = None, truncation: float | None = None
) -> None:
    """Write ``n`` samples: a grid (``.png``), an array ``samples`` (``.npz``), or a folder of PNGs.

    A model of classes writes ``label``'s only, or each class in turn: then the grid has a class in every column and
    the same latent in every row, and the folder a folder for each class. The ``.npz`` holds ``labels`` and the names
    of the ``classes`` as well. ``truncation`` is as in :meth:`Model.draw`.

    Raises:
        UserError: points cannot be written as one picture each, or latents cannot be truncated.
    """
    if out.suffix == ".png" and label is None:
        write_bytes(out, grid_of(model, n, RandomStream(seed, "sample"), truncation).picture(model))
        return
    labels = model.labels(n) if label is None else torch.full((n,), label)
    samples = model.decode(model.latents(n, seed, truncation=truncation), labels)
    if out.suffix == ".png":
        write_bytes(out, sample_picture(model.info, samples))
        return
    if out.suffix == ".npz":
        write_bytes(out, npz_of(model, samples, labels))
    elif model.info.kind != "image":
        raise UserError("these samples are points, not pictures: write them to FILE.npz or FILE.png")
    else:
        _write_folder(model, out, samples, labels)


def choose_representations(model: Model, sampling: str) -> None:
    """Choose whose representations samples are made of. Raises UserError if they are made of none, or not of such."""
    choose = getattr(model.algorithm, "sample_by", None)
    if choose is None:
        raise UserError(
            "this model leaves no choice of representations to make samples of; simsiam-gan-cifar10 does"
        )
    choose(sampling)


def npz_of(model: Model, samples: Tensor, labels: Tensor | None) -> bytes:
    """Return the bytes of an ``.npz`` of samples: ``samples`` and, of a model of classes, ``labels``, ``classes``."""
    known: dict[str, Any] = (
        {} if labels is None else {"labels": labels.numpy(), "classes": np.array(model.classes)}
    )
    buffer = io.BytesIO()
    np.savez_compressed(buffer, samples=samples.numpy(), **known)
    return buffer.getvalue()


def picture_named(name: str) -> Picture:
    """Return the kind of picture of that name. Raises UserError if there is none."""
    for known in get_args(Picture):
        if name == known:
            return cast(Picture, known)
    raise UserError(f"there is no picture '{name}'{did_you_mean(name, get_args(Picture))}")


def write_picture(model: Model, out: Path, picture: Picture, rows: int, seed: int) -> None:
    """Write another picture than the grid: one of :data:`Picture`.

    Raises:
        UserError: the model has no such thing to show, or ``out`` is no ``.png``.
    """
    _require_png(out, f"--picture {picture}")
    write_bytes(out, _PICTURES[picture](model, rows, seed))


def write_interpolations(
    model: Model, out: Path, rows: int, seed: int, *, straight: bool = False, truncation: float | None = None
) -> None:
    """Write a picture of ways from latent to latent, see :func:`interpolations`.

    Raises:
        UserError: there are no such ways, or ``out`` is no ``.png``.
    """
    _require_png(out, "--interpolate")
    ways = interpolations(model, rows, seed, straight=straight, truncation=truncation)
    write_bytes(out, ways.picture(model))


def _require_png(out: Path, asked: str) -> None:
    if out.suffix != ".png":
        raise UserError(f"{asked} is one picture; give --out FILE.png, not '{out.name}'")


def _walks(model: Model, rows: int, seed: int) -> bytes:
    if len(model.classes) < 2:
        raise UserError("this model was trained without classes, so there is no way from one to another")
    return class_paths(model, rows, _COLUMNS, seed).picture(model)


def _sweeps(model: Model, rows: int, seed: int) -> bytes:
    return sweep_arrangement(model, rows, RandomStream(seed, "sample")).picture(model)


def _directions(model: Model, rows: int, seed: int) -> bytes:
    return direction_arrangement(model, rows, seed).picture(model)


_PICTURES: Mapping[Picture, Callable[[Model, int, int], bytes]] = MappingProxyType(
    {
        "walks": _walks,
        "sweeps": _sweeps,
        "attention": attention_picture,
        "reconstructions": reconstruction_picture,
        "translations": translation_picture,
        "directions": _directions,
    }
)


def _write_folder(model: Model, out: Path, samples: Tensor, labels: Tensor | None) -> None:
    folders = [""] if labels is None else [folder_name(i, c) for i, c in enumerate(model.classes)]
    numbers = [0] * len(samples) if labels is None else labels.tolist()
    temporary = out.with_name(f".{out.name}.{os.getpid()}")
    try:
        for number in sorted(set(numbers)):
            (temporary / folders[number]).mkdir(parents=True)
        for i, picture in enumerate(samples.permute(0, 2, 3, 1).numpy()):
            image = Image.fromarray(picture.squeeze(-1) if picture.shape[-1] == 1 else picture)
            image.save(temporary / folders[numbers[i]] / f"{i:06d}.png")
        temporary.rename(out)
    except OSError:
        shutil.rmtree(temporary, ignore_errors=True)
        raise


def folder_name(number: int, name: str) -> str:
    """Return a folder's name for a class, so that folders sort by its number: ``3-cat``."""
    return f"{number:03d}-" + "".join(c if c.isalnum() or c in "-_" else "_" for c in name)
