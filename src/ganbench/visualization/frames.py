"""The step-numbered PNG files that a run writes during training."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from ganbench.data.io.decode import decode_image, read_image_bytes


@dataclass(frozen=True)
class Frame:
    """One picture file and the training step that it shows."""

    step: int
    path: Path


def list_frames(folder: Path) -> list[Frame]:
    """Return the ``step-N.png`` files of a folder, sorted by step."""
    named = ((path.stem.removeprefix("step-"), path) for path in folder.glob("step-*.png"))
    return sorted((Frame(int(n), path) for n, path in named if n.isdigit()), key=lambda frame: frame.step)


def thin_frames(frames: Sequence[Frame], max_count: int) -> list[Frame]:
    """Return at most ``max_count`` evenly spaced frames, always including the first and the last.

    With ``max_count=1`` only the last frame remains.
    """
    if len(frames) <= max_count:
        return list(frames)
    if max_count == 1:
        return [frames[-1]]
    return [frames[round(i * (len(frames) - 1) / (max_count - 1))] for i in range(max_count)]


def read_picture(path: Path) -> Image.Image:
    """Return a PNG file of a run as an RGB image.

    Raises:
        BrokenImageError: it is damaged, such as a half-written one, no regular file, or above 64 megapixels.
    """
    return decode_image(read_image_bytes(path), ("PNG",)).image.convert("RGB")
