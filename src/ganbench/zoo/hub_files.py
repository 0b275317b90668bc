"""The files of a repository of the Hugging Face Hub: which of them a model may have, and whether one is intact."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from ganbench.errors import UserError
from ganbench.zoo.index import FILE_NAME

#: The largest size of a repository in bytes, and number of its files.
MAX_BYTES, MAX_FILES = 2**31, 1000
#: What a packed run consists of. Nothing of it can hold code.
SUFFIXES = (".json", ".jsonl", ".md", ".png", ".safetensors")
#: Files that the Hub or the owner add, which are not downloaded.
_PASSED_OVER = frozenset({".gitattributes", ".gitignore", "LICENSE"})
_REQUIRED = ("recipe.json", "meta.json")
_CHECKPOINT = re.compile(r"checkpoints/step-\d+/networks\.safetensors")


@dataclass(frozen=True)
class HubFile:
    """A file of a commit: its path, its size in bytes, and the hash by which the Hub stores it.

    ``hash`` is in hexadecimal: the SHA-256 of the content of large files, else git's SHA-1 of it.
    """

    path: str
    size: int
    hash: str

    def is_intact(self, content: bytes) -> bool:
        """Say whether a content is the file's."""
        sha256 = hashlib.sha256(content).hexdigest()
        git = hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()
        return len(content) == self.size and self.hash in (sha256, git)


def choose_files(files: Collection[HubFile], name: str) -> Sequence[HubFile]:
    """Return the files of a repository to download, all those of a packed run.

    Raises:
        UserError: It is not a packed run, has files that no packed run has, such as programs or pickles, or is too
            large.
    """
    chosen = [file for file in files if file.path not in _PASSED_OVER]
    for file in chosen:
        if not FILE_NAME.fullmatch(file.path) or not file.path.endswith(SUFFIXES):
            raise UserError(
                f"{name} is not used: '{file.path}' is no file of a packed run (those end in {', '.join(SUFFIXES)})"
            )
    paths = {file.path for file in chosen}
    missing = [path for path in _REQUIRED if path not in paths]
    if not any(_CHECKPOINT.fullmatch(path) for path in paths):
        missing.append("checkpoints/step-N/networks.safetensors")
    if missing:
        raise UserError(
            f"{name} is not a model of ganbench: it lacks {missing[0]} (`ganbench push` uploads models)"
        )
    size = sum(file.size for file in chosen)
    if size > MAX_BYTES:
        raise UserError(
            f"{name} is not downloaded: it has {size / 1e9:.1f} GB, and at most {MAX_BYTES / 1e9:.1f} GB are accepted"
        )
    if len(chosen) > MAX_FILES:
        raise UserError(
            f"{name} is not downloaded: it has {len(chosen):,} files, and at most {MAX_FILES:,} are accepted"
        )
    return chosen
