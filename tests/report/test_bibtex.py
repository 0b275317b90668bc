from __future__ import annotations

from ganbench.report.bibtex import bibtex


def test_one_escaped_entry_for_each_distinct_paper() -> None:
    paper = {"title": "A & B: 50% of {GANs}_x", "year": 2020, "arxiv": "2001.00001"}
    text = bibtex([paper, paper, {"title": "Old", "year": 1999, "arxiv": ""}])
    assert text.count("@misc{") == 2
    assert r"title = {{A \& B: 50\% of \{GANs\}\_x}}" in text
    assert "eprint = {2001.00001}" in text
    assert "@misc{old1999,\n  title = {{Old}},\n  year = {1999},\n}" in text


def test_authors_after_the_eighth_become_others() -> None:
    paper = {"title": "T", "year": 2020, "authors": ["Ann B. Cee", "D_ Eff"]}
    assert "@misc{t2020,\n  author = {Ann B. Cee and D\\_ Eff},\n" in bibtex([paper])
    many = bibtex([{**paper, "authors": list("abcdefghi")}])
    assert "author = {a and b and c and d and e and f and g and h and others}," in many
    assert "others" not in bibtex([{**paper, "authors": list("abcdefgh")}])
    assert "author" not in bibtex([{**paper, "authors": []}])
