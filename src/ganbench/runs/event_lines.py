"""The lines of an event log: JSON objects, each ending with a checksum of itself, read from where reading stopped.

The last entry of a line, ``"crc"``, is the CRC-32 of all bytes before it. Lines of earlier versions lack it.
"""

from __future__ import annotations

import json
import os
import re
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO, TypeAlias

from ganbench.utils.regular_file import open_regular

_MAX_LINE = 2**24  # bytes; a longer line is damaged
_SEAL = b', "crc": "'
_SEAL_LENGTH = len(_SEAL) + 10
# The end of a sealed line whose key is damaged, which must not pass for a line of an earlier version.
_DAMAGED_SEAL = re.compile(rb', "[^"]{3}": "[^"]{8}"\}')
_HEAD = re.compile(rb'\{"kind": "([^"\\]+)", "step": (\d{1,18})[,}]')
_KINDS = {kind.encode(): kind for kind in ("scalars", "speed", "layers", "health", "score", "failure")}
_BLOCK = 2**20  # bytes read at a time
_MEMORY = 64  # bytes before the offset by which a replaced log is recognised


#: The kind, the step and the content of a line whose checksum is right, or that has none; see :func:`parse_line`.
Line: TypeAlias = tuple[str, int, bytes]


def seal_line(event: Mapping[str, Any]) -> bytes:
    """Return an event as a line with its checksum and a newline."""
    body = json.dumps(event)[:-1].encode()
    return body + _SEAL + b'%08x"}\n' % zlib.crc32(body)


class LineReader:
    """Reads the complete lines of a log, at each call from where the last one stopped.

    An incomplete line at the end is left for the next call.

    Attributes:
        path: the log.
        offset: where the next call starts, in bytes.
        damaged: the numbers, from 1, of the lines that are damaged and were skipped.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._restart()

    def _restart(self) -> None:
        self.damaged: list[int] = []
        self.offset, self._number, self._sealed = 0, 0, False
        self._identity, self._before = (0, 0), b""

    def was_replaced(self) -> bool:
        """Whether the log is another file than at the last call, or shorter; if so, start again from its beginning."""
        try:
            with open_regular(self.path) as file:
                replaced = self.offset > 0 and not self._continues(file)
        except OSError:
            replaced = self.offset > 0
        if replaced:
            self._restart()
        return replaced

    def lines(self) -> Iterator[Line]:
        """Yield the new lines that are intact."""
        if not self.path.exists():
            return
        with open_regular(self.path) as file:
            status = os.fstat(file.fileno())
            self._identity = (status.st_dev, status.st_ino)
            file.seek(self.offset)
            begun = b""  # the line that the last block ended in
            while block := file.read(_BLOCK):
                complete, newline, rest = block.rpartition(b"\n")
                if not newline:
                    # A line that is too long is counted as damaged, and its memory is given back.
                    begun = begun + rest if len(begun) <= _MAX_LINE else begun
                    continue
                for content in (begun + complete).split(b"\n"):
                    self._number += 1
                    line = self._check(content)
                    if line is not None:
                        yield line
                    elif content:
                        self.damaged.append(self._number)
                self.offset = file.tell() - len(rest)
                self._before = (complete + newline)[-_MEMORY:]
                begun = rest
            self._note_incomplete(begun)

    def _continues(self, file: BinaryIO) -> bool:
        """Whether the file still has, before the offset, what was read there."""
        status = os.fstat(file.fileno())
        if (status.st_dev, status.st_ino) != self._identity or status.st_size < self.offset:
            return False
        file.seek(self.offset - len(self._before))
        return file.read(len(self._before)) == self._before

    def _check(self, content: bytes) -> Line | None:
        """Return a line, or None if it is damaged or no event."""
        seal = content[-_SEAL_LENGTH:]
        if seal.startswith(_SEAL) and seal.endswith(b'"}'):
            self._sealed = True
            if b"%08x" % zlib.crc32(content[:-_SEAL_LENGTH]) != seal[len(_SEAL) : -2]:
                return None
        elif self._sealed or b"crc" in seal or _DAMAGED_SEAL.fullmatch(seal):
            return None  # only the first lines may be of an earlier version, which has no checksum
        head = _HEAD.match(content)
        if head is not None:
            kind, step = head.groups()
            return _KINDS.get(kind) or kind.decode(errors="replace"), int(step), content
        event = parse_line(content)
        return None if event is None else (event["kind"], event["step"], content)

    def _note_incomplete(self, content: bytes) -> None:
        """Report a line without an end that is not the beginning of one: its end is damaged, not missing."""
        is_sealed = content[-_SEAL_LENGTH - 1 : -1].startswith(_SEAL) and content[-2:-1] == b"}"
        if is_sealed and self._number + 1 not in self.damaged:
            self.damaged.append(self._number + 1)


def parse_line(content: bytes) -> dict[str, Any] | None:
    """Return the event of a line without its checksum; None if it is no event."""
    try:
        event = json.loads(content)
    except (ValueError, RecursionError):
        return None
    if not isinstance(event, dict) or not isinstance(event.get("kind"), str) or "step" not in event:
        return None
    event.pop("crc", None)
    return event


def describe_damage(path: Path, numbers: list[int]) -> str:
    """Return a sentence about the damaged lines of a log."""
    if len(numbers) == 1:
        return f"line {numbers[0]} of {path} is damaged and ignored"
    return f"{len(numbers)} lines of {path} are damaged and ignored, the first is line {numbers[0]}"


def is_complete(content: bytes) -> bool:
    """Whether a line without a newline, left by a crash, has everything else; a checksum counts even if it is wrong."""
    return parse_line(content) is not None or _SEAL in content[-_SEAL_LENGTH - 1 :]
