"""Small pictures of each run's latest samples for the list, made anew only when there are new samples."""

from __future__ import annotations

import base64
import time
from collections.abc import Callable
from pathlib import Path

from ganbench.report.timeline import encode_frames
from ganbench.visualization.frames import list_frames

WIDTH = 96  # pixels
_QUALITY = 70
SECONDS = 0.5  # of CPU time that one listing spends on new pictures; the others follow in the next one


class Thumbnails:
    """The small pictures of runs, as ``data:`` URLs.

    Args:
        clock: Returns the CPU time of this thread in seconds, which other load of the machine does not lengthen.
    """

    def __init__(self, clock: Callable[[], float] = time.thread_time) -> None:
        self._clock, self._deadline = clock, 0.0
        self._pictures: dict[Path, tuple[int, str]] = {}  # by folder: its time of modification, and the URL

    def start_listing(self) -> None:
        """Allow new pictures for another :data:`SECONDS`."""
        self._deadline = self._clock() + SECONDS

    def get(self, samples: Path) -> str:
        """Return the picture of the newest file in a folder of ``step-N.png`` files; the last one if there is no time.

        Empty if there is none that can be read.
        """
        try:
            modified = samples.stat().st_mtime_ns
        except OSError:
            return ""
        cached = self._pictures.get(samples, (-1, ""))
        if cached[0] != modified and self._clock() < self._deadline:
            cached = self._pictures[samples] = modified, picture_url(samples, WIDTH, _QUALITY)
        return cached[1]


def picture_url(samples: Path, width: int, quality: int) -> str:
    """Return the newest picture of a folder, at most ``width`` pixels wide, as a ``data:`` URL; empty if none."""
    frames = encode_frames(list_frames(samples)[-1:], width, quality)
    return next((f"data:image/webp;base64,{base64.b64encode(webp).decode()}" for webp in frames.values()), "")
