"""Whole numbers that Python callers pass, as ints: NumPy's are accepted, and 2.0, True or "2" are refused."""

from __future__ import annotations

import operator
from typing import Any

from ganbench.errors import UserError


def whole_number(value: Any, what: str, at_least: int | None = None) -> int:
    """Return a whole number as an int.

    Random numbers depend on the type of a seed, so that an integer of NumPy would give others than an equal int.

    Raises:
        UserError: ``what`` is no whole number, or it is below ``at_least``.

    Example:
        >>> import numpy
        >>> whole_number(numpy.int64(3), "the seed")
        3
    """
    try:
        number = None if isinstance(value, bool) else operator.index(value)
    except TypeError:
        number = None
    if number is None:
        raise UserError(f"{what} must be a whole number, not {value!r}")
    if at_least is not None and number < at_least:
        raise UserError(f"{what} must be at least {at_least}, not {number}")
    return number
