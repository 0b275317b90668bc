"""What a page has room for: as much as it can hold below 8 MB, and in words what was thinned for that."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ganbench.errors import UserError
from ganbench.report.chart import MOST, Chart
from ganbench.report.html import chart
from ganbench.report.timeline import fitting, player
from ganbench.visualization.frames import frames

LIMIT = 8_000_000  # bytes of a page


@dataclass
class PageBudget:
    """How much a page may hold of what can be large; ``notes`` collects what was thinned or left out, in words.

    ``frames`` is in characters of the page, for all pictures of timelines together; ``picture`` in bytes, for any other
    picture; ``points`` counts those of the charts of a section together, and ``rows`` those of a list.
    """

    frames: int
    picture: int
    points: int
    rows: int = 200
    notes: dict[str, None] = field(default_factory=dict)

    def note(self, words: str) -> None:
        """Say, once, what was thinned or left out."""
        self.notes[words] = None

    def first(self, items: Sequence[str], what: str) -> Sequence[str]:
        """Return as many of the items as a list has rows, and note how many there are."""
        if len(items) > self.rows:
            self.note(f"Of {len(items):,} {what} the first {self.rows:,} are shown.")
        return items[: self.rows]

    def charts(self, drawn: Iterable[Chart]) -> str:
        """Return charts that share the points there is room for; peaks stay where a line is thinned."""
        drawn = list(drawn)
        lengths = [len(line.steps) for one in drawn for lines in one.views.values() for line in lines]
        most = min(MOST, self.points // (2 * max(len(lengths), 1)))
        if most < 2 and lengths:
            self.note(f"{len(drawn)} charts with {len(lengths):,} lines are left out.")
            return ""
        if lengths and max(lengths) > 2 * most:
            self.note(
                f"Of up to {max(lengths):,} reports a line in a chart shows at most {2 * most:,}: the least and the "
                "most of each stretch."
            )
        return "".join(chart(one, most) for one in drawn)

    def timeline(self, folders: Mapping[str, Path], label: str) -> str:
        """Return the pictures by step in these folders, by title, under one slider; fewer and smaller ones to fit."""
        there = {title: len(frames(folder)) for title, folder in folders.items()}
        if not self.frames and any(there.values()):
            self.note("The pictures through the training are left out; the run folder has them.")
        strips = fitting(folders, self.frames) if self.frames else []
        for strip in strips:
            if len(strip.pictures) < there[strip.title]:
                self.note(
                    f"Of {there[strip.title]:,} pictures of {strip.title} {len(strip.pictures)} are shown, evenly "
                    "spaced; the run folder has all."
                )
        return player(strips, label)


#: What is tried in turn until the page is small enough.
_ROOMS = ((4_500_000, 400_000, 80_000), (2_500_000, 150_000, 30_000), (800_000, 50_000, 8_000), (0, 0, 0))


def within_limit(build: Callable[[PageBudget], str], limit: int = LIMIT) -> str:
    """Return the fullest page that is not above the limit; ``build`` makes one for a given room.

    Raises:
        UserError: even without pictures and charts it is too large.
    """
    for sizes in _ROOMS:
        made = build(PageBudget(*sizes))
        if len(made.encode()) <= limit:
            return made
    raise UserError(
        f"the report would have {len(made.encode()):,} bytes without any picture or chart; the limit is {limit:,}"
    )
