"""Damage to a file's content, as a disk or a cut copy does it."""

from __future__ import annotations

from hypothesis import strategies as st


@st.composite
def damaged(draw: st.DrawFn, content: bytes) -> bytes:
    """The content with one bit turned, or with its end cut off."""
    if draw(st.booleans()):
        changed, bit = bytearray(content), draw(st.integers(0, 8 * len(content) - 1))
        changed[bit // 8] ^= 1 << bit % 8
        return bytes(changed)
    return content[: draw(st.integers(0, len(content) - 1))]
