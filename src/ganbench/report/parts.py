"""Parts that the pages of runs and of studies share: warnings, papers, scores with how they were measured."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ganbench.health import Finding
from ganbench.report.bibtex import bibtex
from ganbench.report.html import Markup, details, facts, source, table, text


def warnings(found: Iterable[Finding], problems: Iterable[str]) -> str:
    """Return what the health rules found and what could not be read; a sentence if there is nothing."""
    said = [
        f'<div class="warning"><p><b>{text(finding.rule)}</b>, {_when(finding)}: {text(finding.sentence)}.<br>'
        f"To try: {text(finding.advice)}.</p></div>"
        for finding in found
    ]
    said += [f'<div class="warning"><p>{text(problem)}</p></div>' for problem in problems]
    return "".join(said) or "<p>No rule found anything wrong.</p>"


def machine(meta: Mapping[str, Any]) -> str:
    """Return the machine and the versions on it that a run's ``meta.json`` names."""
    told = meta.get("machine")
    return ", ".join(f"{name} {value}" for name, value in told.items()) if isinstance(told, Mapping) else ""


def papers(recipes: Iterable[Mapping[str, Any]]) -> str:
    """Return the papers of recipes, each once, with their BibTeX; nothing if there are none."""
    listed = [p for recipe in recipes for p in recipe.get("papers", ()) if isinstance(p, Mapping)]
    if not listed:
        return ""
    words = dict.fromkeys(
        f"{p.get('title')} ({p.get('year')})" + (f", arXiv {p['arxiv']}" if p.get("arxiv") else "")
        for p in listed
    )
    lines = "".join(f"<li>{text(said)}</li>" for said in words)
    return f"<ul>{lines}</ul>{details('BibTeX', source(bibtex(listed)))}"


def scores(records: Sequence[Mapping[str, Any]]) -> str:
    """Return a table of scores; each opens to the numbers that go with it and to how it was measured."""
    head = [
        "score",
        "value",
        "better",
        "samples",
        "of step",
        "numbers that go with it",
        "how it was measured",
    ]
    return table(head, [_score(record) for record in records])


def _score(record: Mapping[str, Any]) -> list[object]:
    measured = record.get("measured")
    measured = measured if isinstance(measured, Mapping) else {}
    generator = measured.get("generator")
    step = generator.get("step") if isinstance(generator, Mapping) else None
    return [
        record["name"],
        f"{record['value']:.4g}",
        record.get("better", ""),
        measured.get("samples", ""),
        "" if step is None else step,
        _opened("numbers", record.get("details")),
        _opened("protocol", measured),
    ]


def _opened(summary: str, values: object) -> object:
    if not isinstance(values, Mapping) or not values:
        return ""
    return details(summary, facts({name: _value(value) for name, value in values.items()}))


def _value(value: object) -> object:
    if isinstance(value, float):
        return f"{value:.5g}"
    return json.dumps(value) if isinstance(value, list | dict) else Markup(text(value))


def _when(finding: Finding) -> str:
    if finding.last == finding.step:
        return f"at step {finding.step:,}"
    return f"from step {finding.step:,}, last seen at {finding.last:,}"
