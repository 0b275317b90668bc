"""Damage to a file's content, as from a bad disk or an interrupted copy, and weights that are not finite."""

from __future__ import annotations

import hashlib
import math
from pathlib import Path

import safetensors.torch
from hypothesis import strategies as st

from ganbench.utils.checkpoint_files import manifest_text, read_manifest


@st.composite
def damaged(draw: st.DrawFn, content: bytes) -> bytes:
    """Return the content with one bit flipped, or truncated."""
    if draw(st.booleans()):
        corrupt, bit = bytearray(content), draw(st.integers(0, 8 * len(content) - 1))
        corrupt[bit // 8] ^= 1 << bit % 8
        return bytes(corrupt)
    return content[: draw(st.integers(0, len(content) - 1))]


def poison(checkpoint: Path, name: str, file: str = "networks", value: float = math.nan) -> None:
    """Make one number of a tensor in a checkpoint NaN or infinite, with hashes that fit, as 0.1.0 would save it."""
    path = checkpoint / f"{file}.safetensors"
    tensors = safetensors.torch.load(path.read_bytes())
    tensors[name].view(-1)[0] = value
    content = safetensors.torch.save(tensors)
    path.write_bytes(content)
    manifest = read_manifest(checkpoint)
    manifest["files"][path.name] = {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
    (checkpoint / "manifest.json").write_bytes(manifest_text(manifest["step"], manifest["files"]))
