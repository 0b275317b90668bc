"""The settings that a search varies."""

from __future__ import annotations

import pytest

from ganbench.errors import UserError
from ganbench.studies.search.space import Choice, Range, describe_space, parse_space


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("a=1..8", Range(1, 8)),
        ("a=1..8:log", Range(1, 8, log=True)),
        ("a=1e-4..1e-2:log", Range(1e-4, 1e-2, log=True)),
        ("a=0.5..0.999", Range(0.5, 0.999)),
        ("a=-2..3.5", Range(-2, 3.5)),
        ("a.b=Hinge,NonSaturating", Choice(("Hinge", "NonSaturating"))),
        ("a=16, 32,16", Choice(("16", "32"))),
    ],
)
def test_parts_and_their_texts(text: str, part: Range | Choice) -> None:
    space = parse_space([text])
    assert list(space.values()) == [part]
    assert parse_space(describe_space(space)) == space


def test_values_of_choices_are_those_of_overrides() -> None:
    assert Choice(("16", "none", "Hinge")).examples == (16, "none", "Hinge")
    assert Range(1, 8).examples == (1, 8)


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        ([], "name at least one setting"),
        (["lr"], "'lr' is no range; write KEY=LOW"),
        (["=1..2"], "'=1..2' is no range"),
        (["lr=1..2:lin"], "'lr=1..2:lin' is no range of numbers"),
        (["lr=a..b"], "is no range of numbers"),
        (["lr=true..false"], "is no range of numbers"),
        (["lr=3..2"], "must go from a lower to a higher number"),
        (["lr=2..2"], "must go from a lower to a higher number"),
        (["lr=0..1:log"], "must begin above 0"),
        (["loss=Hinge"], "leaves nothing to choose"),
        (["loss=Hinge,"], "leaves nothing to choose"),
        (["lr=1..2", "lr=2..3"], "lr is given twice"),
    ],
)
def test_mistakes(texts: list[str], message: str) -> None:
    with pytest.raises(UserError, match=message):
        parse_space(texts)
