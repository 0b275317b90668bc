"""Scores in a page: each with the numbers that go with it and with how it was measured, and what is not comparable."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from ganbench.metrics.score import PROVENANCE_FIELDS
from ganbench.report.html import details, facts, table, text
from ganbench.utils.dict_diff import differing

_HEAD = ("score", "value", "better", "samples", "of step", "numbers that go with it", "how it was measured")


def score_table(records: Sequence[Mapping[str, Any]]) -> str:
    """Return a table of records as ``eval/*.json`` holds them; below it, what they warn of and which are unlike."""
    said = [
        f"{record['name']}: {warning}"
        for record in records
        if (warning := _part(record, "measured").get("warning"))
    ]
    said += unlike(records)
    below = "".join(f'<div class="warning"><p>{text(words)}</p></div>' for words in dict.fromkeys(said))
    return table(_HEAD, [_row(record) for record in records]) + below


def unlike(records: Sequence[Mapping[str, Any]]) -> list[str]:
    """Say of each name whose scores were measured differently in what, since nothing follows from comparing them."""
    said = []
    for name in dict.fromkeys(str(record["name"]) for record in records):
        how = [_how(record) for record in records if str(record["name"]) == name]
        fields = sorted({field for other in how[1:] for field in differing(how[0], other)})
        if fields:
            said.append(
                f"the {len(how)} scores {name} were not all measured alike ({', '.join(fields)} differ), so those that "
                "differ cannot be compared"
            )
    return said


def flat(value: Any, path: str = "") -> list[tuple[str, str]]:
    """Return every leaf of a JSON value by its dotted path, in words."""
    if isinstance(value, Mapping):
        inner = [(f"{path}.{key}" if path else str(key), item) for key, item in value.items()]
    elif isinstance(value, list) and any(isinstance(item, Mapping) for item in value):
        inner = [(f"{path}.{i}", item) for i, item in enumerate(value)]
    else:
        return [(path, value if isinstance(value, str) else json.dumps(value))]
    return [leaf for key, item in inner for leaf in flat(item, key)]


def _how(record: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in _part(record, "measured").items() if key not in PROVENANCE_FIELDS}


def _row(record: Mapping[str, Any]) -> list[object]:
    measured = _part(record, "measured")
    return [
        record["name"],
        f"{record['value']:.4g}",
        record.get("better", ""),
        measured.get("samples", ""),
        _step(_part(measured, "generator")),
        _opened("numbers", _part(record, "details")),
        _opened("protocol", measured),
    ]


def _step(generator: Mapping[str, Any]) -> str:
    """Return the step of the checkpoint, and whether it is the best or the last."""
    step, which = generator.get("step", ""), generator.get("checkpoint", "another")
    by = _part(generator, "selected").get("by")
    chosen = f", chosen by {by}" if by is not None else ""
    return f"{step}" if which == "another" else f"{step} ({which}{chosen})"


def _opened(summary: str, values: Mapping[str, Any]) -> object:
    return details(summary, facts({name: _rounded(said) for name, said in flat(values)})) if values else ""


def _rounded(said: str) -> str:
    """Return a number with a fraction in five digits, anything else as it is."""
    try:
        return f"{float(said):.5g}" if "." in said else said
    except ValueError:
        return said


def _part(values: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    part = values.get(name)
    return part if isinstance(part, Mapping) else {}
