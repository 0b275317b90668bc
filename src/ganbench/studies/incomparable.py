"""Scores that were measured differently, side by side all the same: marked as unlike, with the fields that differ."""

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
    """A finished run whose scores were measured in another way than most; ``why`` names what differs."""

    row: Row
    why: str


def split_incomparable(rows: Sequence[Row]) -> tuple[list[Row], list[Incomparable]]:
    """Return the rows with those emptied that were measured differently from most, and these as they were.

    Of ways that are as frequent the one that comes first counts. An emptied row has the status "unlike" and no scores.
    """
    ways: list[list[Row]] = []
    for row in rows:
        if row.status == "finished":
            same = next((way for way in ways if not incomparable_fields([way[0], row])), None)
            if same is None:
                ways.append([row])
            else:
                same.append(row)
    if len(ways) < 2:
        return list(rows), []
    most = max(ways, key=len)
    apart = [
        Incomparable(
            row,
            f"{', '.join(incomparable_fields([most[0], row]))} differ from {most[0].recipe} seed {most[0].seed}",
        )
        for row in rows
        if any(row in way for way in ways if way is not most)
    ]
    left_out = [one.row for one in apart]
    return [replace(row, status="unlike", scores=()) if row in left_out else row for row in rows], apart


def incomparable_fields(rows: Sequence[Row]) -> list[str]:
    """Return the dotted fields of the records in which any score differs from the first row's in its place."""
    finished = [row for row in rows if row.status == "finished" and row.scores]
    found: dict[str, None] = {}
    for row in finished[1:]:
        if len(row.scores) != len(finished[0].scores):
            found["number of scores"] = None
        for a, b in zip(finished[0].scores, row.scores, strict=False):
            found |= dict.fromkeys(a.differences(b))
    return sorted(found)


def incomparable_records(rows: Sequence[Row], fields: Sequence[str]) -> list[dict[str, Any]]:
    """Return each score with what its record has in those fields; None where it has nothing."""
    return [
        {
            "recipe": row.recipe,
            "seed": row.seed,
            "name": score.name,
            "value": score.value,
            "better": score.better,
            "differing": {field: _at(score.measured, field) for field in fields if field != "name"},
        }
        for row in rows
        for score in row.scores
    ]


def mark(fields: Sequence[str]) -> str:
    """Say above the table that it is none to conclude from."""
    return f"UNLIKE: measured differently ({', '.join(fields)} differ), so that nothing follows from these numbers"


def as_rich(records: Sequence[Mapping[str, Any]], fields: Sequence[str]) -> Table:
    """Return the marked table for a terminal: a row a score, and a column for each field that differs."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    shown = [field for field in fields if field not in ("name", *PROVENANCE_FIELDS)]
    table = Table(box=box.SIMPLE_HEAD, title=Text(mark(fields)), title_justify="left")
    for head in ("recipe", "seed", "score", "value", *shown):
        table.add_column(Text(head), overflow="fold")
    for record in records:
        cells = [record["recipe"], str(record["seed"]), record["name"], f"{record['value']:.4g}"]
        cells += [_short(record["differing"].get(field)) for field in shown]
        table.add_row(*[Text(cell) for cell in cells])
    return table


def _at(record: Any, field: str) -> Any:
    for key in field.split("."):
        record = record.get(key) if isinstance(record, Mapping) else None
    return record


def _short(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value)
    return text if len(text) <= 40 else f"{text[:37]}..."
