"""How much one server of the playground does at a time, and what one page may ask of it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class PlaygroundLimits:
    """The limits of a server.

    Attributes:
        sessions: Pages that may be connected at once.
        message_bytes: The size of a message from a page.
        idle_seconds: A page that sends nothing for so long, not even that it has shown a frame, is disconnected.
        frames_per_second: The most frames that a page gets.
        frames_share: The largest share of the time that frames may take; the rest is for training.
        slice_seconds: How long one page's training computes before the next page's turn.
    """

    sessions: int = 4
    message_bytes: int = 2**17
    idle_seconds: float = 600.0
    frames_per_second: float = 20.0
    frames_share: float = 0.1
    slice_seconds: float = 0.03
