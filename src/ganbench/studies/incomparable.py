"""Handling of scores that were measured differently: find them, exclude them from statistics, list what differs."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from ganbench.metrics.score import PROVENANCE_FIELDS
from ganbench.studies.rows import Row

if TYPE_CHECKING:
    from rich.table import Table


@dataclass(frozen=True)
class Incomparable:
    """A finished run whose scores were measured differently from most; ``reason`` names what differs."""

    row: Row
    reason: str


def split_incomparable(rows: Sequence[Row]) -> tuple[list[Row], list[Incomparable]]:
    """Separate the rows that were measured differently from the majority.

    If several protocols are equally frequent, the one that comes first is the majority.

    Returns:
        All rows, where each minority row has the status "incomparable" and no scores; and the minority rows as they
        were, each with a reason.
    """
    groups: list[list[Row]] = []
    for row in rows:
        if row.status == "finished":
            group = next((g for g in groups if not incomparable_fields([g[0], row])), None)
            if group is None:
                groups.append([row])
            else:
                group.append(row)
    if len(groups) < 2:
        return list(rows), []
    majority = max(groups, key=len)
    first = majority[0]
    incomparable = [
        Incomparable(
            row,
            f"{', '.join(incomparable_fields([first, row]))} differ from {first.recipe} seed {first.seed}",
        )
        for row in rows
        if any(row in group for group in groups if group is not majority)
    ]
    excluded = [item.row for item in incomparable]
    comparable = [replace(row, status="incomparable", scores=()) if row in excluded else row for row in rows]
    return comparable, incomparable


def incomparable_fields(rows: Sequence[Row]) -> list[str]:
    """Return the dotted record fields in which any score differs from the first row's score at the same position."""
    finished = [row for row in rows if row.status == "finished" and row.scores]
    fields: dict[str, None] = {}
    for row in finished[1:]:
        if len(row.scores) != len(finished[0].scores):
            fields["number of scores"] = None
        for a, b in zip(finished[0].scores, row.scores, strict=False):
            fields |= dict.fromkeys(a.differences(b))
    return sorted(fields)


def incomparable_records(rows: Sequence[Row], fields: Sequence[str]) -> list[dict[str, Any]]:
    """Return one record per score with its values of ``fields``; None where its record lacks the field."""
    return [
        {
            "recipe": row.recipe,
            "seed": row.seed,
            "name": score.name,
            "value": score.value,
            "better": score.better,
            "differing": {field: _lookup(score.measured, field) for field in fields if field != "name"},
        }
        for row in rows
        for score in row.scores
    ]


def incomparable_heading(fields: Sequence[str]) -> str:
    """Return the warning above a table of incomparable scores."""
    return f"INCOMPARABLE: measured differently ({', '.join(fields)} differ); draw no conclusion from these numbers"


def as_rich(records: Sequence[Mapping[str, Any]], fields: Sequence[str]) -> Table:
    """Return the records as a terminal table: one row per score, one column per field that differs."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    columns = [field for field in fields if field not in ("name", *PROVENANCE_FIELDS)]
    table = Table(box=box.SIMPLE_HEAD, title=Text(incomparable_heading(fields)), title_justify="left")
    for head in ("recipe", "seed", "score", "value", *columns):
        table.add_column(Text(head), overflow="fold")
    for record in records:
        cells = [record["recipe"], str(record["seed"]), record["name"], f"{record['value']:.4g}"]
        cells += [_shorten(record["differing"].get(field)) for field in columns]
        table.add_row(*[Text(cell) for cell in cells])
    return table


def _lookup(record: Any, field: str) -> Any:
    for key in field.split("."):
        record = record.get(key) if isinstance(record, Mapping) else None
    return record


def _shorten(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value)
    return text if len(text) <= 40 else f"{text[:37]}..."
