"""The score table of a page: values, details and protocol of each score, with warnings about comparability."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from ganbench.metrics.score import PROVENANCE_FIELDS
from ganbench.report.html import details, escape, key_value_table, table
from ganbench.utils.dict_diff import find_differences

_HEAD = ("score", "value", "better", "samples", "step", "details", "how it was measured")


def score_table(records: Sequence[Mapping[str, Any]]) -> str:
    """Return a table of score records as in ``eval/*.json``, followed by their warnings."""
    warnings = [
        f"{record['name']}: {warning}"
        for record in records
        if (warning := _mapping(record, "measured").get("warning"))
    ]
    warnings += incomparable_warnings(records)
    below = "".join(
        f'<div class="warning"><p>{escape(warning)}</p></div>' for warning in dict.fromkeys(warnings)
    )
    return table(_HEAD, [_row(record) for record in records]) + below


def incomparable_warnings(records: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return a warning for each score name whose records were measured differently, with the fields that differ."""
    warnings = []
    for name in dict.fromkeys(str(record["name"]) for record in records):
        protocols = [_protocol(record) for record in records if str(record["name"]) == name]
        fields = sorted({field for other in protocols[1:] for field in find_differences(protocols[0], other)})
        if fields:
            warnings.append(
                f"the {len(protocols)} {name} scores were not all measured the same way ({', '.join(fields)} differ); "
                "do not compare those that differ"
            )
    return warnings


def flatten(value: Any, path: str = "") -> list[tuple[str, str]]:
    """Return the leaves of a JSON value as pairs of dotted path and text."""
    if isinstance(value, Mapping):
        children = [(f"{path}.{key}" if path else str(key), item) for key, item in value.items()]
    elif isinstance(value, list) and any(isinstance(item, Mapping) for item in value):
        children = [(f"{path}.{i}", item) for i, item in enumerate(value)]
    else:
        return [(path, value if isinstance(value, str) else json.dumps(value))]
    return [leaf for key, item in children for leaf in flatten(item, key)]


def _protocol(record: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of ``measured`` in which comparable scores agree."""
    return {key: value for key, value in _mapping(record, "measured").items() if key not in PROVENANCE_FIELDS}


def _row(record: Mapping[str, Any]) -> list[object]:
    measured = _mapping(record, "measured")
    return [
        record["name"],
        f"{record['value']:.4g}",
        record.get("better", ""),
        measured.get("samples", ""),
        _step(_mapping(measured, "generator")),
        _details("numbers", _mapping(record, "details")),
        _details("protocol", measured),
    ]


def _step(generator: Mapping[str, Any]) -> str:
    """Return the step of the checkpoint, and whether it is the best or the last."""
    step, checkpoint = generator.get("step", ""), generator.get("checkpoint", "another")
    metric = _mapping(generator, "selected").get("by")
    selected = f", selected by {metric}" if metric is not None else ""
    return f"{step}" if checkpoint == "another" else f"{step} ({checkpoint}{selected})"


def _details(summary: str, values: Mapping[str, Any]) -> object:
    if not values:
        return ""
    return details(summary, key_value_table({name: _round(value) for name, value in flatten(values)}))


def _round(value: str) -> str:
    """Return a decimal number with five digits, anything else unchanged."""
    try:
        return f"{float(value):.5g}" if "." in value else value
    except ValueError:
        return value


def _mapping(values: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = values.get(key)
    return value if isinstance(value, Mapping) else {}
