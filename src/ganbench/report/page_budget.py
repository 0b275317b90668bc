"""Keep a page below 8 MB: thin or omit images, charts and lists, and note what was omitted."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ganbench.errors import UserError
from ganbench.report.chart import MAX_BUCKETS, Chart
from ganbench.report.html import chart
from ganbench.report.timeline import encode_series, timeline_html
from ganbench.visualization.frames import list_frames

MAX_PAGE_BYTES = 8_000_000


@dataclass
class PageBudget:
    """Limits for the content of a page.

    Attributes:
        timeline_chars: characters of HTML for all images of timelines together.
        image_bytes: bytes of any other image.
        chart_points: points of all charts of a section together.
        max_rows: entries of a list.
        notes: sentences about what was thinned or omitted, in order, each once.
    """

    timeline_chars: int
    image_bytes: int
    chart_points: int
    max_rows: int = 200
    notes: dict[str, None] = field(default_factory=dict)

    def note(self, sentence: str) -> None:
        """Record what was thinned or omitted."""
        self.notes[sentence] = None

    def limit_rows(self, items: Sequence[str], what: str) -> Sequence[str]:
        """Return the first ``max_rows`` items; if there are more, note how many."""
        if len(items) > self.max_rows:
            self.note(f"Only the first {self.max_rows:,} of {len(items):,} {what} are shown.")
        return items[: self.max_rows]

    def charts(self, charts: Iterable[Chart]) -> str:
        """Return charts as HTML, thinned equally to fit into the budget; peaks stay visible."""
        charts = list(charts)
        lengths = [len(line.steps) for item in charts for lines in item.views.values() for line in lines]
        max_buckets = min(MAX_BUCKETS, self.chart_points // (2 * max(len(lengths), 1)))
        if max_buckets < 2 and lengths:
            self.note(f"{len(charts)} charts with {len(lengths):,} lines are omitted.")
            return ""
        if lengths and max(lengths) > 2 * max_buckets:
            self.note(
                f"Lines in charts show at most {2 * max_buckets:,} of up to {max(lengths):,} points: the minimum and "
                "maximum of each interval."
            )
        return "".join(chart(item, max_buckets) for item in charts)

    def timeline(self, folders: Mapping[str, Path], label: str) -> str:
        """Return the pictures of these folders by step under one slider, reduced in number and size to fit.

        Args:
            folders: folders with ``step-N.png`` files, by title.
            label: what the slider moves through, for screen readers.
        """
        counts = {title: len(list_frames(folder)) for title, folder in folders.items()}
        if not self.timeline_chars and any(counts.values()):
            self.note("The training timeline is omitted; the run folder has its pictures.")
        series = encode_series(folders, self.timeline_chars) if self.timeline_chars else []
        for group in series:
            if len(group.frames) < counts[group.title]:
                self.note(
                    f"{len(group.frames)} of {counts[group.title]:,} pictures of {group.title} are shown, "
                    "evenly spaced; the run folder has all."
                )
        return timeline_html(series, label)


#: Values of ``timeline_chars, image_bytes, chart_points``, tried in this order until the page is small enough.
_BUDGETS = ((4_500_000, 400_000, 80_000), (2_500_000, 150_000, 30_000), (800_000, 50_000, 8_000), (0, 0, 0))


def build_within_limit(build: Callable[[PageBudget], str], max_bytes: int = MAX_PAGE_BYTES) -> str:
    """Call ``build`` with smaller and smaller budgets; return the first page of at most ``max_bytes``.

    Raises:
        UserError: the page is too large even without images and charts.
    """
    for budget in _BUDGETS:
        page = build(PageBudget(*budget))
        if len(page.encode()) <= max_bytes:
            return page
    raise UserError(
        f"the report takes {len(page.encode()):,} bytes even without images and charts; the limit is {max_bytes:,}"
    )
