from __future__ import annotations

from ganbench.report.bibtex import bibtex


def test_an_entry_for_each_paper_once_with_what_is_special_escaped() -> None:
    paper = {"title": "A & B: 50% of {GANs}_x", "year": 2020, "arxiv": "2001.00001"}
    text = bibtex([paper, paper, {"title": "Old", "year": 1999, "arxiv": ""}])
    assert text.count("@misc{") == 2
    assert r"title = {{A \& B: 50\% of \{GANs\}\_x}}" in text
    assert "eprint = {2001.00001}" in text
    assert "@misc{old1999,\n  title = {{Old}},\n  year = {1999},\n}" in text
