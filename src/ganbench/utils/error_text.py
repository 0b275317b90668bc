"""Say errors in one line: unexpected ones for users who get no traceback, and messages with foreign text."""

from __future__ import annotations

import traceback
from pathlib import Path

_MAX_LENGTH = 300
_MAX_LINE, _LINE_END = 2000, 400
#: Folders of code that is neither ganbench's nor the user's.
_LIBRARIES = {"torch", "torchvision", "numpy", "PIL"}


def one_line(message: str) -> str:
    """Return a message as one line of at most 2000 characters: what a user or a file gave may hold anything.

    Line breaks and other control characters, which could hide text on a terminal, are escaped.

    Example:
        >>> len(one_line("two\\nlines").splitlines())
        1
    """
    line = "".join(c if c.isprintable() else repr(c)[1:-1] for c in message)
    return line if len(line) <= _MAX_LINE else f"{line[: _MAX_LINE - _LINE_END - 5]} ... {line[-_LINE_END:]}"


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
