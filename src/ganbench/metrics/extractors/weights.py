"""Published weights: found on disk or downloaded once, and loaded only if their SHA-256 is the published one."""

from __future__ import annotations

import hashlib
import http.client
import os
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from io import BufferedReader
from pathlib import Path

import torch
from torch import Tensor

from ganbench.errors import UserError
from ganbench.utils.files import atomic_file
from ganbench.utils.paths import cache_folder
from ganbench.utils.progress import Note, print_note

BLOCK = 2**20
TIMEOUT = 30.0  # seconds without a byte


@dataclass(frozen=True)
class PublishedWeights:
    """A file of weights: for which features, its name, where it is published, and its SHA-256.

    Where only the first digits of the SHA-256 are published, those stand there, and are what is checked.
    """

    features: str
    file: str
    url: str
    sha256: str


def load_weights(
    weights: PublishedWeights, path: Path | None = None, *, note: Note = print_note
) -> dict[str, Tensor]:
    """Return the tensors that :func:`load_with_digest` returns, for a file whose whole SHA-256 is published."""
    return load_with_digest(weights, path, note=note)[0]


def load_with_digest(
    weights: PublishedWeights, path: Path | None = None, *, note: Note = print_note
) -> tuple[dict[str, Tensor], str]:
    """Return the state dict in the file at ``path``; else in ``$GANBENCH_WEIGHTS`` or the cache, or downloaded.

    Beside it comes the SHA-256 of the whole file. It is checked before anything is read as tensors, and nothing but
    tensors is read. A damaged file in the cache is downloaded anew.

    Raises:
        UserError: the file is missing, unreadable or not the published one, or cannot be downloaded.
    """
    own = path or _in_weights_folder(weights)
    if own is not None:
        return _load(weights, own)
    kept = cache_folder() / "weights" / weights.file
    if not kept.is_file() or not sha256_of(kept).startswith(weights.sha256):
        download(weights, kept, note=note)
    return _load(weights, kept)


def download(weights: PublishedWeights, path: Path, *, note: Note = print_note) -> None:
    """Download to ``path``, whole and with the right hash or not at all.

    Raises:
        UserError: there is no connection, it broke, the file is not the published one, or cannot be written.
    """
    digest = hashlib.sha256()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with atomic_file(path) as file:
            for block in _blocks(weights, path, note):
                digest.update(block)
                file.write(block)
            if not digest.hexdigest().startswith(weights.sha256):
                raise UserError(
                    f"what was sent for {weights.file} is not the published file: its SHA-256 is "
                    f"{digest.hexdigest()[:12]}..., not {weights.sha256[:12]}...; {_remedy(weights)}"
                )
    except OSError as error:  # of the disk: those of the network are UserErrors by now
        raise UserError(
            f"the weights of '{weights.features}' cannot be written to {path.parent} ({error.strerror}); "
            "set GANBENCH_CACHE to a folder with room"
        ) from error


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file, as hexadecimal digits. Raises UserError if it cannot be read."""
    with _open(path) as file:
        return _sha256(file, path)


def require_keys(
    weights: str, state: Mapping[str, Tensor], expected: Mapping[str, Tensor], published: str
) -> None:
    """Raise UserError if names or shapes of the tensors are not the expected ones, saying which."""
    faults = []
    for words, keys in (
        ("lacks", expected.keys() - state.keys()),
        ("has the unknown", state.keys() - expected.keys()),
    ):
        if keys:
            more = f" and {len(keys) - 1} more" if len(keys) > 1 else ""
            faults.append(f"{words} '{min(keys)}'{more}")
    for key in sorted(expected.keys() & state.keys()):
        if state[key].shape != expected[key].shape:
            faults.append(f"'{key}' has shape {list(state[key].shape)}, not {list(expected[key].shape)}")
            break
    if faults:
        raise UserError(
            f"the weights of '{weights}' do not fit: the file {'; '.join(faults)}; use {published}"
        )


def _in_weights_folder(weights: PublishedWeights) -> Path | None:
    text = os.environ.get("GANBENCH_WEIGHTS")
    if not text:
        return None
    folder = Path(text).expanduser()
    if not folder.is_dir():
        raise UserError(f"GANBENCH_WEIGHTS is set to {folder}, which is no folder")
    path = folder / weights.file
    return path if path.is_file() else None


def _load(weights: PublishedWeights, path: Path) -> tuple[dict[str, Tensor], str]:
    with _open(path) as file:
        found = _sha256(file, path)
        if not found.startswith(weights.sha256):
            raise UserError(
                f"{path} is not the published {weights.file}: its SHA-256 is {found[:12]}..., "
                f"not {weights.sha256[:12]}...; download it anew from {weights.url}"
            )
        file.seek(0)  # and not opened again: another file may have the name by now
        try:
            state: object = torch.load(file, map_location="cpu", weights_only=True)
        except Exception as error:
            raise UserError(f"{path} is no file of tensors: {type(error).__name__}") from error
    if not isinstance(state, dict) or not all(isinstance(value, Tensor) for value in state.values()):
        raise UserError(f"{path} holds no state dict of tensors")
    return state, found


def _open(path: Path) -> BufferedReader:
    try:
        return path.open("rb")
    except OSError as error:
        raise UserError(f"cannot read the weights at {path}: {error.strerror}") from error


def _sha256(file: BufferedReader, path: Path) -> str:
    try:
        return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise UserError(f"cannot read the weights at {path}: {error.strerror}") from error


def _blocks(weights: PublishedWeights, path: Path, note: Note) -> Iterator[bytes]:
    """Yield what the server sends. Raises UserError for all that can go wrong on the way."""
    done, told = 0, 0
    try:
        with urllib.request.urlopen(weights.url, timeout=TIMEOUT) as response:
            size = int(response.headers.get("Content-Length") or 0)
            note(f"downloading the weights of '{weights.features}', once, {_mb(size)}to {path}")
            while block := response.read(BLOCK):
                yield block
                done += len(block)
                if size and done * 4 // size > told:
                    told = done * 4 // size
                    note(f"{told * 25} % of {weights.file}")
    except (OSError, http.client.HTTPException, ValueError) as error:
        reason = getattr(error, "reason", None) or error
        what = "the download broke off" if done else "cannot be downloaded"
        raise UserError(
            f"the weights of '{weights.features}' are not on this machine and {what} ({reason}); {_remedy(weights)}"
        ) from error
    if done < size:
        raise UserError(
            f"the download of {weights.file} broke off after {done:,} of {size:,} bytes; try again, "
            f"or {_remedy(weights)}"
        )


def _remedy(weights: PublishedWeights) -> str:
    folder = cache_folder() / "weights"
    return (
        f"put {weights.file}, from {weights.url}, in {folder}, "
        "or in a folder of yours and set GANBENCH_WEIGHTS to that"
    )


def _mb(size: int) -> str:
    return f"{size / 1e6:.0f} MB, " if size else ""
