"""Invert the user's own images with a run, into a folder that can be continued when it was interrupted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ganbench.data.base import Dataset
from ganbench.errors import UserError
from ganbench.evaluation.inputs import open_dataset
from ganbench.inference.build import weights_digest
from ganbench.inference.directions import directions
from ganbench.inference.inversion import InversionSettings, invert, require_invertible
from ganbench.inference.model import Model
from ganbench.utils.files import check_writable, read_json, write_bytes, write_json
from ganbench.visualization.image_grid import encode_png, image_grid

_PART = 32  # images between two saves
_SHOWN = 20  # images in the picture
_DISTANCE = 1.0  # of an edited latent, in units of the direction
_SETTINGS = "inversion.json"


def invert_images(
    model: Model,
    images: str,
    out: Path,
    settings: InversionSettings = InversionSettings(),  # noqa: B008 (frozen)
    *,
    label: int | None = None,
    n: int | None = None,
    edits: int = 3,
    note: Callable[[str], None] = lambda text: None,
) -> dict[str, Any]:
    """Invert a folder, an archive or a data set, decoded at the model's size, and return the record.

    The folder ``out`` gets ``latents.npz`` (latents, labels, l1), ``inversion.json`` (the record) and
    ``inversion.png``: in each row an image, the sample of its latent, and that sample moved back and forth along the
    directions that change G's first layer most. Every 32 images are saved, and an interrupted call with the same
    arguments continues there.

    Args:
        model: The model.
        images: The name of a folder, an archive or a data set.
        out: The folder: a new one, or one that an interrupted call with the same arguments has left.
        settings: How to search.
        label: The class of all images; by default the closest one of each.
        n: The number of images, from the first on; by default all.
        edits: The number of directions in the picture.
        note: Receives progress, in sentences.

    Raises:
        UserError: the images or the model do not fit, or ``out`` holds something else.
    """
    items, _ = open_dataset(images, model.info.shape)
    if items.info.kind != "image":
        raise UserError(f"'{images}' holds points, not images")
    count = items.info.size if n is None else min(n, items.info.size)
    require_invertible(model, _load(model, items, torch.arange(1)))
    record = {
        "items": {"name": items.info.name, "fingerprint": items.info.fingerprint, "count": count},
        "model": {"step": model.step, "weights": model.weights, "digest": weights_digest(model.networks)},
        "settings": {**asdict(settings), "label": label},
    }
    _open_folder(out, record)
    parts = []
    for index in torch.split(torch.arange(count), _PART):
        path = out / "parts" / f"{int(index[0]):08d}.npz"
        if not path.exists():
            _save(path, _invert(model, _load(model, items, index), settings, label))
            note(f"{int(index[-1]) + 1:,} of {count:,} images inverted")
        parts.append(_read(path))
    latents, labels, l1 = (
        np.concatenate([part[key] for part in parts]) for key in ("latents", "labels", "l1")
    )
    _save(out / "latents.npz", {"latents": latents, "labels": labels, "l1": l1})
    shown = torch.arange(min(_SHOWN, count))
    classes = torch.from_numpy(labels) if model.classes else None
    picture = inversion_picture(
        model,
        _load(model, items, shown),
        torch.from_numpy(latents)[shown],
        None if classes is None else classes[shown],
        edits,
    )
    write_bytes(out / "inversion.png", picture)
    record = {**record, "l1": float(l1.mean()), "finished": True}
    write_json(out / _SETTINGS, record)
    return record


def inversion_picture(
    model: Model, images: Tensor, latents: Tensor, labels: Tensor | None, edits: int
) -> bytes:
    """Return a PNG with a row for each image: it, the sample of its latent, and edited samples."""
    moves = directions(model, latents)[:edits] if edits else latents[:0]
    moved = [latents, *(latents + sign * _DISTANCE * move for move in moves for sign in (-1, 1))]
    columns = [images, *(model.decode(z, labels) for z in moved)]
    return encode_png(image_grid(torch.stack(columns, 1).flatten(0, 1), len(columns)))


def _invert(model: Model, images: Tensor, settings: InversionSettings, label: int | None) -> dict[str, Any]:
    inversion = invert(model, images, settings, labels=label)
    labels = torch.zeros(len(images), dtype=torch.int64) if inversion.labels is None else inversion.labels
    return {"latents": inversion.latents.numpy(), "labels": labels.numpy(), "l1": inversion.l1.numpy()}


def _load(model: Model, items: Dataset, index: Tensor) -> Tensor:
    """Return images with the model's number of channels."""
    return items.items(index).expand(-1, model.info.shape[0], -1, -1)


def _open_folder(out: Path, record: dict[str, Any]) -> None:
    """Create the folder, or check that it was left by an interrupted call with the same arguments."""
    if not out.exists():
        check_writable(out)
        (out / "parts").mkdir(parents=True)
        write_json(out / _SETTINGS, {**record, "finished": False})
        return
    if not (out / _SETTINGS).is_file():
        raise UserError(f"{out} exists and holds no inversion; give a new folder for --out")
    before = read_json(out / _SETTINGS)
    if before.get("finished"):
        raise UserError(f"{out} holds a finished inversion; give a new folder for --out")
    if changed := [key for key in record if before.get(key) != record[key]]:
        raise UserError(
            f"{out} holds the beginning of an inversion with another {' and another '.join(changed)}; "
            "give a new folder for --out"
        )


def _save(path: Path, arrays: dict[str, Any]) -> None:
    from io import BytesIO

    buffer = BytesIO()
    np.savez(buffer, **arrays)
    write_bytes(path, buffer.getvalue())


def _read(path: Path) -> dict[str, Any]:
    try:
        with np.load(path, allow_pickle=False) as file:
            return {key: file[key] for key in ("latents", "labels", "l1")}
    except (OSError, ValueError, KeyError) as error:
        raise UserError(f"{path} is damaged; delete it to invert its images again") from error
