"""Parts that the pages of runs and studies share: health warnings, the machine, papers, omissions."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from ganbench.health import Finding, verdict
from ganbench.report.bibtex import bibtex
from ganbench.report.html import code_block, details, escape, section


def health_warnings(findings: Collection[Finding], problems: Iterable[str], step: int) -> str:
    """Return the findings of the health rules after ``step`` steps, and what is damaged; a sentence if nothing is."""
    warnings = [
        f'<div class="warning"><p><b>{escape(finding.rule)}</b>, {_steps(finding)}: {escape(finding.message)}.<br>'
        f"Try: {escape(finding.advice)}.</p></div>"
        for finding in findings
    ]
    warnings += [f'<div class="warning"><p>{escape(problem)}</p></div>' for problem in problems]
    sentence = verdict(findings, step)
    return "".join(warnings) or f"<p>{sentence[:1].upper()}{sentence[1:]}.</p>"


def describe_machine(meta: Mapping[str, Any]) -> str:
    """Return the machine and software versions of a run's ``meta.json``."""
    machine = meta.get("machine")
    if not isinstance(machine, Mapping):
        return ""
    return ", ".join(f"{name} {value}" for name, value in machine.items())


def paper_list(recipes: Iterable[Mapping[str, Any]]) -> str:
    """Return the distinct papers of recipes with their BibTeX; nothing if there are none."""
    papers = [p for recipe in recipes for p in recipe.get("papers", ()) if isinstance(p, Mapping)]
    if not papers:
        return ""
    citations = dict.fromkeys(
        f"{p.get('title')} ({p.get('year')})" + (f", arXiv {p['arxiv']}" if p.get("arxiv") else "")
        for p in papers
    )
    items = "".join(f"<li>{escape(citation)}</li>" for citation in citations)
    return f"<ul>{items}</ul>{details('BibTeX', code_block(bibtex(papers)))}"


def omitted_section(notes: Iterable[str]) -> str:
    """Return a section about what the page omits to stay below its limit; nothing if it omits nothing."""
    items = "".join(f"<li>{escape(note)}</li>" for note in notes)
    return section("Omitted to keep this page below 8 MB", f"<ul>{items}</ul>" if items else "")


def _steps(finding: Finding) -> str:
    if finding.last_step == finding.first_step:
        return f"at step {finding.first_step:,}"
    return f"from step {finding.first_step:,}, last seen at {finding.last_step:,}"
