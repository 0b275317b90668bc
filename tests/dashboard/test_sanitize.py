"""Ids and printable text."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

from hypothesis import given
from hypothesis import strategies as some
from tests.dashboard.hostile import payloads

from ganbench.dashboard.sanitize import folder_id, parse_ids, printable

ANY = some.text(some.characters(codec=None, exclude_characters="\0"))


@given(some.sets(some.text(some.characters(codec="utf-8", exclude_characters="/\0"), min_size=1), min_size=2))
def test_ids_are_valid_and_unique(names: set[str]) -> None:
    ids = [folder_id(PurePosixPath("runs") / name) for name in names if name not in (".", "..")]
    assert all(parse_ids(one) == [one] for one in ids)
    assert len(set(ids)) == len(ids)


@given(ANY)
def test_only_ids_are_parsed(text: str) -> None:
    assert all(len(one) == 12 and set(one) <= set("0123456789abcdef") for one in parse_ids(text))
    assert parse_ids(f"{text},0123456789ab").count("0123456789ab") == 1


def test_ids_are_distinct_and_limited() -> None:
    one, two = "0" * 12, "1" * 12
    assert parse_ids(f"{one},x,{two},{one},../{one}") == [one, two]
    assert parse_ids(f"{one},{two}", max_count=1) == [one]


@given(ANY)
def test_printable_text_can_be_encoded_and_is_short(text: str) -> None:
    result = printable(text, 50)
    result.encode()
    assert len(result) <= 50
    assert all(c.isprintable() or c in "\n\t" for c in result)


def test_no_hostile_payload_passes_as_an_id(tmp_path: Path) -> None:
    corpus = payloads(tmp_path)
    assert len(corpus) >= 100
    passed = {one for text in corpus for one in parse_ids(text)}
    assert passed == {"0" * 12, "f" * 12}
