"""Damage to a file's content, as from a bad disk or an interrupted copy."""

from __future__ import annotations

from hypothesis import strategies as st


@st.composite
def damaged(draw: st.DrawFn, content: bytes) -> bytes:
    """Return the content with one bit flipped, or truncated."""
    if draw(st.booleans()):
        corrupt, bit = bytearray(content), draw(st.integers(0, 8 * len(content) - 1))
        corrupt[bit // 8] ^= 1 << bit % 8
        return bytes(corrupt)
    return content[: draw(st.integers(0, len(content) - 1))]
