"""Describe an unexpected error in one line, for users who get no traceback."""

from __future__ import annotations

import traceback
from pathlib import Path

_MAX_LENGTH = 300
#: Folders of code that is neither ganbench's nor the user's.
_LIBRARIES = {"torch", "torchvision", "numpy", "PIL"}


def describe_error(error: BaseException) -> str:
    """Return an error's type, the first line of its message, and the file and line of ganbench or the user's code.

    Example:
        >>> try:
        ...     {}["key"]
        ... except KeyError as error:
        ...     print(describe_error(error))
        KeyError: 'key' (<doctest ganbench.utils.error_text.describe_error[0]>, line 2)
    """
    message = next((line.strip() for line in str(error).splitlines() if line.strip()), "")
    if len(message) > _MAX_LENGTH:
        message = f"{message[: _MAX_LENGTH - 3]}..."
    frames = traceback.extract_tb(error.__traceback__)
    where = [frame for frame in frames if not _LIBRARIES & set(Path(frame.filename).parts)] or frames
    text = f"{type(error).__name__}: {message}" if message else type(error).__name__
    return f"{text} ({Path(where[-1].filename).name}, line {where[-1].lineno})" if where else text
