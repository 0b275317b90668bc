"""The same latents through a run: pictures by step, as many and as large as a page has room for."""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from ganbench.report.html import image, text
from ganbench.visualization.frames import Frame, frames, spread

#: What is tried in turn until it fits: how many frames, how wide in pixels at most, WebP's quality.
_SETTINGS = (
    (60, 480, 85),
    (40, 420, 80),
    (25, 400, 75),
    (15, 360, 70),
    (8, 320, 60),
    (4, 256, 50),
    (2, 160, 40),
)


@dataclass(frozen=True)
class Strip:
    """Frames under one title, and the size of their encoded pictures."""

    title: str
    pictures: Mapping[int, bytes]  # WebP by step

    @property
    def size(self) -> int:
        """How many characters of a page they take."""
        return sum(len(base64.b64encode(picture)) for picture in self.pictures.values())


def fitting(folders: Mapping[str, Path], room: int) -> list[Strip]:
    """Return a strip for each folder by title, all together in at most ``room`` characters if that can be."""
    strips: list[Strip] = []
    for most, width, quality in _SETTINGS:
        strips = [
            Strip(title, compact(spread(frames(folder), most), width, quality))
            for title, folder in folders.items()
        ]
        if sum(strip.size for strip in strips) <= room:
            break
    return [strip for strip in strips if strip.pictures]


def compact(found: Sequence[Frame], width: int, quality: int) -> dict[int, bytes]:
    """Return frames as WebP by step, at most so wide; files that are no pictures (half written) are passed over."""
    made = {}
    for frame in found:
        try:
            with Image.open(frame.path) as picture:
                made[frame.step] = webp(picture, width, quality)
        except (OSError, ValueError, Image.DecompressionBombError):
            continue
    return made


def webp(picture: Image.Image, width: int, quality: int) -> bytes:
    """Return a picture as WebP, at most so wide."""
    small = picture.convert("RGB")
    if small.width > width:
        size = (width, max(1, round(small.height * width / small.width)))
        small = small.resize(size, Image.Resampling.LANCZOS)
    buffer = io.BytesIO()
    small.save(buffer, "WEBP", quality=quality, method=4)
    return buffer.getvalue()


def player(strips: Sequence[Strip], label: str) -> str:
    """Return strips side by side under one slider and one play button: each shows its newest frame up to that step.

    Without scripts all frames stand in a row.
    """
    if not strips:
        return ""
    steps = sorted({step for strip in strips for step in strip.pictures})
    listed = ",".join(map(str, steps))
    shown = "".join(_strip(strip) for strip in strips)
    told = f'data-steps="{listed}" data-label="{text(label)}"'
    return f'<div class="timeline" {told}><div class="strips">{shown}</div></div>'


def _strip(strip: Strip) -> str:
    pictures = "".join(
        image(picture, "webp", f"{strip.title} after step {step:,}", f'data-step="{step}"')
        for step, picture in strip.pictures.items()
    )
    title = f"<figcaption>{text(strip.title)}</figcaption>"
    return f'<figure class="strip">{title}<div class="frames">{pictures}</div></figure>'
