"""BibTeX entries for the papers of recipes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

_MAX_AUTHORS = 8
_SPECIAL = {"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}"}
_SPECIAL |= {c: f"\\{c}" for c in "&%$#_{}"}


def bibtex(papers: Iterable[Mapping[str, Any]]) -> str:
    """Return one entry for each distinct paper.

    A paper has ``title`` and ``year``, and optionally ``arxiv`` and ``authors`` (recipes of old runs have none).
    Authors after the eighth become "others".
    """
    entries = dict.fromkeys(_entry(paper) for paper in papers)
    return "\n".join(entries)


def _entry(paper: Mapping[str, Any]) -> str:
    title, year, arxiv = (str(paper.get(key, "")) for key in ("title", "year", "arxiv"))
    first_word = next(iter(re.findall(r"[a-z0-9]+", title.lower())), "paper")
    fields = {"author": _authors(paper.get("authors"))} if paper.get("authors") else {}
    fields |= {"title": f"{{{_escape(title)}}}", "year": _escape(year)}
    if arxiv:
        fields |= {
            "eprint": _escape(arxiv),
            "archivePrefix": "arXiv",
            "url": f"https://arxiv.org/abs/{arxiv}",
        }
    key = f"{first_word}{re.sub(r'[^0-9]', '', year)}{re.sub(r'[^0-9]', '', arxiv)[-5:]}"
    lines = "".join(f"  {name} = {{{value}}},\n" for name, value in fields.items())
    return f"@misc{{{key},\n{lines}}}"


def _authors(authors: Any) -> str:
    names = [_escape(str(name)) for name in (authors if isinstance(authors, list | tuple) else [authors])]
    return " and ".join(names[:_MAX_AUTHORS] + ["others"] * (len(names) > _MAX_AUTHORS))


def _escape(value: str) -> str:
    return "".join(_SPECIAL.get(c, c) for c in value)
