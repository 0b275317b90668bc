"""Pictures of the same latents during a run under one slider, reduced in number and size to fit into a page."""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from ganbench.data.io.decode import BrokenImageError, read_image_bytes
from ganbench.report.html import PLOT_CLASS, escape, image
from ganbench.visualization.figure import is_plot
from ganbench.visualization.frames import Frame, list_frames, read_picture, thin_frames

#: Frames per folder, maximum width in pixels and WebP quality, tried in this order until all frames fit.
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
class FrameSeries:
    """Encoded frames under one title; ``frames`` are WebP files by step, and ``plots`` says whether they are plots."""

    title: str
    frames: Mapping[int, bytes]
    plots: bool = False

    @property
    def size(self) -> int:
        """The number of characters that the frames take in a page, as base64."""
        return sum(len(base64.b64encode(frame)) for frame in self.frames.values())


def encode_series(folders: Mapping[str, Path], max_chars: int) -> list[FrameSeries]:
    """Return the nonempty series of these folders by title, in at most ``max_chars`` characters if possible."""
    frames_by_title = {title: list_frames(folder) for title, folder in folders.items()}
    series: list[FrameSeries] = []
    for max_frames, width, quality in _SETTINGS:
        series = [
            FrameSeries(
                title, encode_frames(thin_frames(frames, max_frames), width, quality), are_plots(frames)
            )
            for title, frames in frames_by_title.items()
        ]
        if sum(group.size for group in series) <= max_chars:
            break
    return [group for group in series if group.frames]


def are_plots(frames: Sequence[Frame]) -> bool:
    """Whether the first frame is a plot; False if it cannot be read, or there is none."""
    try:
        return bool(frames) and is_plot(read_image_bytes(frames[0].path))
    except BrokenImageError:
        return False


def encode_frames(frames: Sequence[Frame], max_width: int, quality: int) -> dict[int, bytes]:
    """Return frames as WebP by step; files that cannot be read, such as half-written or huge ones, are skipped."""
    encoded = {}
    for frame in frames:
        try:
            encoded[frame.step] = encode_webp(read_picture(frame.path), max_width, quality)
        except BrokenImageError:
            continue
    return encoded


def encode_webp(picture: Image.Image, max_width: int, quality: int) -> bytes:
    """Return a picture as WebP, scaled down to ``max_width`` if it is wider."""
    picture = picture.convert("RGB")
    if picture.width > max_width:
        size = (max_width, max(1, round(picture.height * max_width / picture.width)))
        picture = picture.resize(size, Image.Resampling.LANCZOS)
    buffer = io.BytesIO()
    picture.save(buffer, "WEBP", quality=quality, method=4)
    return buffer.getvalue()


def timeline_html(series: Sequence[FrameSeries], label: str) -> str:
    """Return series of frames side by side under one slider and one play button.

    Each series shows its newest frame up to the slider's step. Without JavaScript all frames are shown in a row.
    """
    if not series:
        return ""
    steps = ",".join(map(str, sorted({step for group in series for step in group.frames})))
    content = "".join(_series_html(group) for group in series)
    return (
        f'<div class="timeline" data-steps="{steps}" data-label="{escape(label)}">'
        f'<div class="strips">{content}</div></div>'
    )


def _series_html(series: FrameSeries) -> str:
    kind = f" {PLOT_CLASS}" if series.plots else ""
    images = "".join(
        image(frame, "webp", f"{series.title} after step {step:,}", f'data-step="{step}"{kind}')
        for step, frame in series.frames.items()
    )
    title = f"<figcaption>{escape(series.title)}</figcaption>"
    return f'<figure class="strip">{title}<div class="frames">{images}</div></figure>'
