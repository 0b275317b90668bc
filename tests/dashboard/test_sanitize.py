"""What a browser may say and be told."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

from hypothesis import given
from hypothesis import strategies as some
from tests.dashboard.hostile import payloads

from ganbench.dashboard.sanitize import id_of, ids_in, shown

ANY = some.text(some.characters(codec=None, exclude_characters="\0"))


@given(some.sets(some.text(some.characters(codec="utf-8", exclude_characters="/\0"), min_size=1), min_size=2))
def test_an_id_says_nothing_of_its_path_and_is_its_own(names: set[str]) -> None:
    ids = [id_of(PurePosixPath("runs") / name) for name in names if name not in (".", "..")]
    assert all(ids_in(one) == [one] for one in ids)
    assert len(set(ids)) == len(ids)


@given(ANY)
def test_only_ids_come_through(text: str) -> None:
    assert all(len(one) == 12 and set(one) <= set("0123456789abcdef") for one in ids_in(text))
    assert ids_in(f"{text},0123456789ab").count("0123456789ab") == 1


def test_ids_are_found_once_each_and_no_more_than_asked_for() -> None:
    one, two = "0" * 12, "1" * 12
    assert ids_in(f"{one},x,{two},{one},../{one}") == [one, two]
    assert ids_in(f"{one},{two}", most=1) == [one]


@given(ANY)
def test_what_is_shown_can_be_sent_and_printed(text: str) -> None:
    told = shown(text, 50)
    told.encode()
    assert len(told) <= 50
    assert all(c.isprintable() or c in "\n\t" for c in told)


def test_no_payload_is_an_id_but_those_that_look_like_one(tmp_path: Path) -> None:
    corpus = payloads(tmp_path)
    assert len(corpus) >= 100
    through = {one for text in corpus for one in ids_in(text)}
    assert through == {"0" * 12, "f" * 12}
