"""Write samples of a model to a picture, an array file or a folder."""

from __future__ import annotations

import io
import os
import shutil
from pathlib import Path

import numpy as np
from PIL import Image

from ganbench.errors import UserError
from ganbench.model import Model
from ganbench.report.grid import sample_picture
from ganbench.runs import write_bytes


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


def write_samples(model: Model, out: Path, n: int, seed: int) -> None:
    """Write ``n`` samples: a grid (``.png``), an array ``samples`` (``.npz``), or a folder of PNGs.

    Raises:
        UserError: points cannot be written as one picture each.
    """
    samples = model.sample(n, seed=seed)
    if out.suffix == ".png":
        write_bytes(out, sample_picture(model.info, samples))
    elif out.suffix == ".npz":
        buffer = io.BytesIO()
        np.savez_compressed(buffer, samples=samples.numpy())
        write_bytes(out, buffer.getvalue())
    elif model.info.kind != "image":
        raise UserError("these samples are points, not pictures: write them to FILE.npz or FILE.png")
    else:
        temporary = out.with_name(f".{out.name}.{os.getpid()}")
        try:
            temporary.mkdir(parents=True)
            for i, picture in enumerate(samples.permute(0, 2, 3, 1).numpy()):
                image = Image.fromarray(picture.squeeze(-1) if picture.shape[-1] == 1 else picture)
                image.save(temporary / f"{i:06d}.png")
            temporary.rename(out)
        except OSError:
            shutil.rmtree(temporary, ignore_errors=True)
            raise
