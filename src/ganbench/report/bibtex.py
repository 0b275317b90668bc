"""Papers as BibTeX."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

_MOST = 8  # authors
_SPECIAL = {"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}"}
_SPECIAL |= {c: f"\\{c}" for c in "&%$#_{}"}


def bibtex(papers: Iterable[Mapping[str, Any]]) -> str:
    """Return an entry for each paper (``title``, ``year`` and, if there are any, ``arxiv`` and ``authors``), each once.

    Of more than eight authors the first eight are named. Recipes of old runs have none, and so has their entry.
    """
    entries = dict.fromkeys(_entry(paper) for paper in papers)
    return "\n".join(entries)


def _entry(paper: Mapping[str, Any]) -> str:
    title, year, arxiv = (str(paper.get(key, "")) for key in ("title", "year", "arxiv"))
    word = next(iter(re.findall(r"[a-z0-9]+", title.lower())), "paper")
    fields = {"author": _authors(paper.get("authors"))} if paper.get("authors") else {}
    fields |= {"title": f"{{{_plain(title)}}}", "year": _plain(year)}
    if arxiv:
        fields |= {"eprint": _plain(arxiv), "archivePrefix": "arXiv", "url": f"https://arxiv.org/abs/{arxiv}"}
    key = f"{word}{re.sub(r'[^0-9]', '', year)}{re.sub(r'[^0-9]', '', arxiv)[-5:]}"
    lines = "".join(f"  {name} = {{{value}}},\n" for name, value in fields.items())
    return f"@misc{{{key},\n{lines}}}"


def _authors(names: Any) -> str:
    listed = (
        [_plain(str(name)) for name in names] if isinstance(names, list | tuple) else [_plain(str(names))]
    )
    return " and ".join(listed[:_MOST] + ["others"] * (len(listed) > _MOST))


def _plain(value: str) -> str:
    return "".join(_SPECIAL.get(c, c) for c in value)
