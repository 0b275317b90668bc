"""TODO."""

from __future__ import annotations

import re

from ganbench.errors import UserError


def minutes_of(text: str) -> float:
    """Return the minutes of ``20m``, ``1.5h`` or ``90s``. Raises UserError for anything else, or below 5 seconds."""
    found = re.fullmatch(r"(\d+(?:\.\d+)?)([smh])", text)
    if found is None:
        raise UserError(
            f"a budget is 'laptop', 'hour', 'reference' or a time such as 20m, 1.5h or 90s, not '{text}'"
        )
    minutes = float(found[1]) * {"s": 1 / 60, "m": 1.0, "h": 60.0}[found[2]]
    if minutes * 60 < 5:
        raise UserError(f"a budget of {text} is too short to plan; give at least 5s")
    return minutes
