"""Parts that the pages of runs and of studies share: warnings, the machine, papers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ganbench.health import Finding
from ganbench.report.bibtex import bibtex
from ganbench.report.html import details, section, source, text


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


def _when(finding: Finding) -> str:
    if finding.last == finding.step:
        return f"at step {finding.step:,}"
    return f"from step {finding.step:,}, last seen at {finding.last:,}"


def thinned(notes: Iterable[str]) -> str:
    """Return what a page thinned or left out to stay below its limit, in a section of its own; nothing if nothing."""
    lines = "".join(f"<li>{text(note)}</li>" for note in notes)
    return section("Left out of this page to keep it below 8 MB", f"<ul>{lines}</ul>" if lines else "")
