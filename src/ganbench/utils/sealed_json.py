"""JSON objects that end with their own checksum, so that a change to any byte of the file is detected.

The last entry of a sealed file, ``"sha256"``, is the SHA-256 of all bytes before it. Files without this entry, such as
those of earlier versions, are read without a check.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ganbench.errors import UserError

_KEY = "sha256"
# Also matches a last entry whose key or value is damaged, which must not pass for a file without a checksum.
_LAST_ENTRY = re.compile(rb',\n "([^"\n]{6})": "([^"\n]{64})"\n\}\n?\Z')


def seal(value: Mapping[str, Any]) -> bytes:
    """Return a nonempty mapping as the content of a sealed JSON file."""
    body = json.dumps(value, indent=1).removesuffix("\n}").encode()
    return body + f',\n "{_KEY}": "{hashlib.sha256(body).hexdigest()}"\n}}\n'.encode()


def parse_sealed(content: bytes, path: Path) -> Any:
    """Return the value of a JSON file without its checksum, after checking it if there is one.

    Raises:
        ValueError: the content is not JSON.
        RecursionError: it is nested too deeply.
        UserError: it has changed since it was sealed; the message names ``path``.
    """
    return remove_seal(json.loads(content), content, path)


def remove_seal(value: Any, content: bytes, path: Path) -> Any:
    """Return the parsed value of a file without its checksum, after checking it; see :func:`parse_sealed`."""
    entry = _LAST_ENTRY.search(content)
    if entry is not None:
        digest = hashlib.sha256(content[: entry.start()]).hexdigest()
        intact = (entry[1], entry[2]) == (_KEY.encode(), digest.encode())
    else:  # another program has formatted a sealed file anew
        intact = not (isinstance(value, dict) and isinstance(value.get(_KEY), str))
    if not intact:
        raise UserError(
            f"{path} has changed since it was written: its SHA-256 differs; restore it or, if you edited it yourself, "
            f'delete its last entry, "{_KEY}"'
        )
    if entry is not None:
        del value[_KEY]
    return value
