"""Refuse broken images with an error that names them, or skip them with a warning."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from ganbench.errors import UserError, did_you_mean

OnError = Literal["refuse", "skip"]
_MAX_NAMED = 5


def check_on_error(on_error: str) -> None:
    """Raise UserError unless the value is "refuse" or "skip"."""
    if on_error not in ("refuse", "skip"):
        raise UserError(f"on_error cannot be '{on_error}'{did_you_mean(on_error, ('refuse', 'skip'))}")


def report_broken_images(
    root: Path, broken: Sequence[tuple[str, str]], total: int, on_error: OnError
) -> None:
    """Raise an error or warn if there are broken images.

    Args:
        root: the folder of the images.
        broken: (name, reason) of each broken image.
        total: the number of all images.
        on_error: "refuse" raises, "skip" warns.

    Raises:
        UserError: there are broken images and ``on_error`` is "refuse", or all images are broken.
    """
    if not broken:
        return
    count = f"{len(broken)} of the {total} images in {root} {'is' if len(broken) == 1 else 'are'} broken"
    names = "; ".join(f"{name}: {reason}" for name, reason in broken[:_MAX_NAMED])
    more = f"; and {len(broken) - _MAX_NAMED} more" if len(broken) > _MAX_NAMED else ""
    if on_error == "refuse" or len(broken) == total:
        hint = "" if len(broken) == total else "; on_error=skip (--skip-broken) continues without them"
        raise UserError(f"{count} ({names}{more}){hint}")
    warnings.warn(f"{count} and skipped ({names}{more})", stacklevel=3)
