"""The pictures that go with a score, as files."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path

from ganbench.errors import UserError
from ganbench.metrics.base import Score
from ganbench.report.grid import png_of_grid
from ganbench.runs import write_bytes


def check_gallery(out: Path) -> None:
    """Raise UserError if a gallery cannot be written there; ask before any work is done."""
    if out.suffix != ".png" or not out.parent.is_dir() or out.exists():
        raise UserError(f"--gallery must be a new FILE.png in a folder that exists, not {out}")


def write_gallery(out: Path, scores: Sequence[Score]) -> None:
    """Write the pictures that go with the first score that has some; it is a warning if none has."""
    found = next((score.gallery for score in scores if score.gallery is not None), None)
    if found is None:
        names = ", ".join(score.name for score in scores)
        warnings.warn(f"{out} is not written: no pictures go with {names}", stacklevel=2)
    else:
        write_bytes(out, png_of_grid(found))
