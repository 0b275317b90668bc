"""Published weights: read from disk or downloaded once, and loaded only if their SHA-256 matches."""

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
from ganbench.utils.progress import Notify, print_note

BLOCK = 2**20
TIMEOUT = 30.0  # seconds without data


@dataclass(frozen=True)
class PublishedWeights:
    """A published file of weights.

    Attributes:
        features: The features that use it, for messages.
        file: The file name.
        url: Where it is published.
        sha256: Its SHA-256, or only the first digits where no more are published.
    """

    features: str
    file: str
    url: str
    sha256: str


def load_weights(
    weights: PublishedWeights, path: Path | None = None, *, note: Notify = print_note
) -> dict[str, Tensor]:
    """Return the state dict of a published file; see :func:`load_with_digest`."""
    return load_with_digest(weights, path, note=note)[0]


def load_with_digest(
    weights: PublishedWeights, path: Path | None = None, *, note: Notify = print_note
) -> tuple[dict[str, Tensor], str]:
    """Return the state dict of a published file, and the SHA-256 of the whole file.

    The file is the one at ``path``; else the one in ``$GANBENCH_WEIGHTS``; else the one in the cache, to which it is
    downloaded if it is missing or damaged. The SHA-256 is checked before the file is parsed, and only tensors are
    read.

    Raises:
        UserError: The file is missing, unreadable or not the published one, or cannot be downloaded.
    """
    local_path = path or _find_in_weights_folder(weights)
    if local_path is not None:
        return _load(weights, local_path)
    cache_path = cache_folder() / "weights" / weights.file
    if not cache_path.is_file() or not sha256_of(cache_path).startswith(weights.sha256):
        download(weights, cache_path, note=note)
    return _load(weights, cache_path)


def download(weights: PublishedWeights, path: Path, *, note: Notify = print_note) -> None:
    """Download to ``path``, completely and with the right SHA-256, or not at all.

    Raises:
        UserError: The download fails, the file is not the published one, or it cannot be written.
    """
    digest = hashlib.sha256()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with atomic_file(path) as file:
            for block in _stream_blocks(weights, path, note):
                digest.update(block)
                file.write(block)
            if not digest.hexdigest().startswith(weights.sha256):
                raise UserError(
                    f"the download of {weights.file} is not the published file: its SHA-256 is "
                    f"{digest.hexdigest()[:12]}..., not {weights.sha256[:12]}...; {_remedy(weights)}"
                )
    except OSError as error:  # disk errors only: _stream_blocks raises UserError for network errors
        raise UserError(
            f"the weights of '{weights.features}' cannot be written to {path.parent} ({error.strerror}); "
            "set GANBENCH_CACHE to a folder with free space"
        ) from error


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file, in hexadecimal. Raises UserError if it cannot be read."""
    with _open(path) as file:
        return _sha256(file, path)


def require_keys(
    features: str, state: Mapping[str, Tensor], expected: Mapping[str, Tensor], published: str
) -> None:
    """Raise UserError if the names or shapes of tensors are not the expected ones.

    Args:
        features: The features that use the weights, for the message.
        state: The tensors of the file.
        expected: Tensors with the expected names and shapes.
        published: The URL of the right file, for the message.
    """
    faults = []
    for verb, keys in (
        ("lacks", expected.keys() - state.keys()),
        ("has the unknown", state.keys() - expected.keys()),
    ):
        if keys:
            more = f" and {len(keys) - 1} more" if len(keys) > 1 else ""
            faults.append(f"{verb} '{min(keys)}'{more}")
    for key in sorted(expected.keys() & state.keys()):
        if state[key].shape != expected[key].shape:
            faults.append(f"'{key}' has shape {list(state[key].shape)}, not {list(expected[key].shape)}")
            break
    if faults:
        raise UserError(
            f"the weights of '{features}' do not fit: the file {'; '.join(faults)}; use {published}"
        )


def _find_in_weights_folder(weights: PublishedWeights) -> Path | None:
    setting = os.environ.get("GANBENCH_WEIGHTS")
    if not setting:
        return None
    folder = Path(setting).expanduser()
    if not folder.is_dir():
        raise UserError(f"GANBENCH_WEIGHTS is set to {folder}, which is not a folder")
    path = folder / weights.file
    return path if path.is_file() else None


def _load(weights: PublishedWeights, path: Path) -> tuple[dict[str, Tensor], str]:
    with _open(path) as file:
        sha256 = _sha256(file, path)
        if not sha256.startswith(weights.sha256):
            raise UserError(
                f"{path} is not the published {weights.file}: its SHA-256 is {sha256[:12]}..., "
                f"not {weights.sha256[:12]}...; download it again from {weights.url}"
            )
        file.seek(0)  # rather than open it again, since the path may name another file by now
        try:
            state: object = torch.load(file, map_location="cpu", weights_only=True)
        except Exception as error:
            raise UserError(f"{path} is not a file of tensors: {type(error).__name__}") from error
    if not isinstance(state, dict) or not all(isinstance(value, Tensor) for value in state.values()):
        raise UserError(f"{path} does not hold a state dict of tensors")
    return state, sha256


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


def _stream_blocks(weights: PublishedWeights, path: Path, note: Notify) -> Iterator[bytes]:
    """Yield the blocks of the file as the server sends them. Raises UserError if the download fails."""
    received, quarters = 0, 0
    try:
        with urllib.request.urlopen(weights.url, timeout=TIMEOUT) as response:
            size = int(response.headers.get("Content-Length") or 0)
            note(f"downloading the weights of '{weights.features}', once, {_format_size(size)}to {path}")
            while block := response.read(BLOCK):
                yield block
                received += len(block)
                if size and received * 4 // size > quarters:
                    quarters = received * 4 // size
                    note(f"{quarters * 25} % of {weights.file}")
    except (OSError, http.client.HTTPException, ValueError) as error:
        reason = getattr(error, "reason", None) or error
        problem = "the download broke off" if received else "cannot be downloaded"
        raise UserError(
            f"the weights of '{weights.features}' are not on this machine and {problem} ({reason}); "
            f"{_remedy(weights)}"
        ) from error
    if received < size:
        raise UserError(
            f"the download of {weights.file} broke off after {received:,} of {size:,} bytes; try again, "
            f"or {_remedy(weights)}"
        )


def _remedy(weights: PublishedWeights) -> str:
    folder = cache_folder() / "weights"
    return (
        f"put {weights.file}, from {weights.url}, in {folder}, "
        "or in another folder and set GANBENCH_WEIGHTS to it"
    )


def _format_size(size: int) -> str:
    return f"{size / 1e6:.0f} MB, " if size else ""
