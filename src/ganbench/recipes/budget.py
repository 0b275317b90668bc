"""Time budgets such as ``20m``, as the command line takes them."""

from __future__ import annotations

import re

from ganbench.errors import UserError

_MAX_MINUTES = 60 * 24 * 366


def parse_minutes(text: str) -> float:
    """Return the minutes in ``20m``, ``1.5h`` or ``90s``.

    Raises:
        UserError: the text has another form, or means less than 5 seconds.
    """
    match = re.fullmatch(r"(\d+(?:\.\d+)?)([smh])", text)
    if match is None:
        raise UserError(
            f"a budget is 'laptop', 'hour', 'reference' or a time such as 20m, 1.5h or 90s, not '{text}'"
        )
    minutes = float(match[1]) * {"s": 1 / 60, "m": 1.0, "h": 60.0}[match[2]]
    if minutes * 60 < 5:
        raise UserError(f"a budget of {text} is too short to plan; give at least 5s")
    if minutes > _MAX_MINUTES:
        raise UserError(f"a budget of {text[:40]} is longer than a year")
    return minutes
