"""What is done about broken pictures: they are named and refused, or skipped with a warning."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from ganbench.errors import UserError, did_you_mean

OnError = Literal["refuse", "skip"]
_NAMED = 5


def check_on_error(on_error: str) -> None:
    """Refuse any word but "refuse" and "skip"."""
    if on_error not in ("refuse", "skip"):
        raise UserError(f"on_error cannot be '{on_error}'{did_you_mean(on_error, ('refuse', 'skip'))}")


def settle_broken(root: Path, broken: Sequence[tuple[str, str]], total: int, on_error: OnError) -> None:
    """Deal with the broken ones, as (name, reason), of ``total`` pictures in ``root``.

    Raises:
        UserError: there are some and they are to be refused, or no picture is left.
    """
    if not broken:
        return
    count = f"{len(broken)} of the {total} pictures in {root} {'is' if len(broken) == 1 else 'are'} broken"
    named = "; ".join(f"{name}: {reason}" for name, reason in broken[:_NAMED])
    more = f"; and {len(broken) - _NAMED} more" if len(broken) > _NAMED else ""
    if on_error == "refuse" or len(broken) == total:
        hint = "" if len(broken) == total else "; on_error=skip (--skip-broken) goes on without them"
        raise UserError(f"{count} ({named}{more}){hint}")
    warnings.warn(f"{count} and skipped ({named}{more})", stacklevel=3)
