"""A folder that holds the blocks of remote files that were used last, up to a limit of bytes.

Several processes may share it: blocks appear whole or not at all, and each process deletes the oldest ones when there
are too many. Nothing here checks what a block holds; the reader of items does, by their checksums.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import threading
import time
import warnings
from contextlib import suppress
from pathlib import Path

from ganbench.data.io.stores import Store

BLOCK_BYTES = 2**20
_FULL, _LOOK_AFTER = (
    0.9,
    0.05,
)  # of the limit: what deleting leaves, and what may be written between two looks
_LOCKS = 64
_WRITING_SECONDS = 600.0  # older files that are not whole were left by a process that was killed


class CachedStore:
    """A store whose blocks are kept in a folder.

    Args:
        store: the store.
        folder: where to keep blocks; it is created.
        limit: the largest number of bytes in the folder. Each process may exceed it by a twentieth for a moment.
        sizes: the size in bytes of each file of the store.
        block_bytes: the size of a block.

    Attributes:
        downloaded: the number of bytes that this process has read from the store.
    """

    def __init__(
        self,
        store: Store,
        folder: Path,
        limit: int,
        sizes: dict[str, int],
        block_bytes: int = BLOCK_BYTES,
    ) -> None:
        self.place, self.downloaded = store.place, 0
        self._store, self._folder, self._limit, self._sizes = store, folder, limit, sizes
        self._block_bytes = max(1, min(block_bytes, limit // 8))
        self._locks = [threading.Lock() for _ in range(_LOCKS)]  # two threads do not load one block
        self._count_lock = threading.Lock()
        self._unseen = limit  # bytes written since the last look; the first write looks
        self._warned = False

    def read(self, name: str, offset: int, length: int) -> bytes:
        """Return ``length`` bytes of a file, from the cache if its blocks are there."""
        first, last = offset // self._block_bytes, (offset + length - 1) // self._block_bytes
        pieces = []
        for block in range(first, last + 1):
            begin = block * self._block_bytes
            start, stop = max(0, offset - begin), min(self._block_bytes, offset + length - begin)
            pieces.append(self._read_block(name, block, start, stop))
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def read_all(self, name: str, limit: int) -> bytes:
        """Return a file of at most ``limit`` bytes, always from the store."""
        return self._store.read_all(name, limit)

    def forget(self, name: str, offset: int, length: int) -> None:
        """Delete the blocks of these bytes."""
        for block in range(offset // self._block_bytes, (offset + length - 1) // self._block_bytes + 1):
            with suppress(OSError):
                self._path(name, block).unlink()
        self._store.forget(name, offset, length)

    def _path(self, name: str, block: int) -> Path:
        digest = hashlib.blake2b(f"{name}\0{self._block_bytes}\0{block}".encode(), digest_size=16)
        return self._folder / digest.hexdigest()

    def _read_block(self, name: str, block: int, start: int, stop: int) -> bytes:
        path = self._path(name, block)
        with self._locks[hash((name, block)) % _LOCKS]:
            try:
                with path.open("rb", buffering=0) as file:
                    file.seek(start)
                    content = file.read(stop - start)
                if len(content) == stop - start:
                    with suppress(OSError):  # a cache of another user, or a block deleted just now
                        os.utime(path)  # used last
                    return content
            except OSError:
                pass  # not there (any more): read it from the store
            begin = block * self._block_bytes
            length = max(stop, min(self._block_bytes, self._sizes[name] - begin))
            whole = self._store.read(name, begin, length)
            self._keep(path, whole)
        return whole[start:stop]

    def _keep(self, path: Path, content: bytes) -> None:
        with self._count_lock:
            self.downloaded += len(content)
            self._unseen += len(content)
            look = self._unseen > _LOOK_AFTER * self._limit
            if look:
                self._unseen = 0
        temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            try:
                temporary.write_bytes(content)
                temporary.replace(path)
            except OSError:
                temporary.unlink(missing_ok=True)
                raise
        except OSError as error:
            if not self._warned:
                self._warned = True
                warnings.warn(
                    f"blocks of {self.place} are not cached in {self._folder} ({error.strerror or error}), and are "
                    "read from there each time",
                    stacklevel=2,
                )
        if look:
            self._delete_oldest()

    def _delete_oldest(self) -> None:
        """Delete the blocks that were not used for longest if there are too many bytes."""
        found = []
        with suppress(OSError), os.scandir(self._folder) as entries:
            for entry in entries:
                with suppress(OSError):  # another process has just deleted it
                    status = entry.stat()
                    if entry.name.startswith(".") and time.time() - status.st_mtime < _WRITING_SECONDS:
                        continue  # another process is writing it
                    found.append((status.st_mtime_ns, status.st_size, entry.path))
        total = sum(size for _, size, _ in found)
        if total <= self._limit * (1 - _LOOK_AFTER):
            return
        for _, size, path in sorted(found):
            if total <= self._limit * _FULL:
                return
            with suppress(OSError):
                os.unlink(path)
                total -= size
