"""Papers as BibTeX."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

_SPECIAL = {"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}"}
_SPECIAL |= {c: f"\\{c}" for c in "&%$#_{}"}


def bibtex(papers: Iterable[Mapping[str, Any]]) -> str:
    """Return an entry for each paper (``title``, ``year`` and, if there is one, ``arxiv``), each once.

    A recipe keeps no authors, so the entries have none; reference managers fill them in by the arXiv number.
    """
    entries = dict.fromkeys(_entry(paper) for paper in papers)
    return "\n".join(entries)


def _entry(paper: Mapping[str, Any]) -> str:
    title, year, arxiv = (str(paper.get(key, "")) for key in ("title", "year", "arxiv"))
    word = next(iter(re.findall(r"[a-z0-9]+", title.lower())), "paper")
    fields = {"title": f"{{{_plain(title)}}}", "year": _plain(year)}
    if arxiv:
        fields |= {"eprint": _plain(arxiv), "archivePrefix": "arXiv", "url": f"https://arxiv.org/abs/{arxiv}"}
    key = f"{word}{re.sub(r'[^0-9]', '', year)}{re.sub(r'[^0-9]', '', arxiv)[-5:]}"
    lines = "".join(f"  {name} = {{{value}}},\n" for name, value in fields.items())
    return f"@misc{{{key},\n{lines}}}"


def _plain(value: str) -> str:
    return "".join(_SPECIAL.get(c, c) for c in value)
