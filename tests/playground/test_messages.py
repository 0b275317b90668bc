"""What is no message gets one sentence, whatever it is."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ganbench.errors import UserError
from ganbench.playground.messages import ChangeRates, Run, Speed, Start, parse_message

POINTS = [[0.1 * i, -0.1 * i] for i in range(10)]


def test_messages_are_read() -> None:
    assert isinstance(parse_message('{"type": "run"}'), Run)
    assert parse_message('{"type": "speed"}') == Speed(type="speed")
    assert parse_message('{"type": "rates", "rates": {"G": 1}}') == ChangeRates(
        type="rates", rates={"G": 1.0}
    )
    start = parse_message(json.dumps({"type": "start", "recipe": "x", "points": POINTS, "rates": {"D": 0.5}}))
    assert isinstance(start, Start)
    assert start.points is not None
    assert start.points[3] == (0.1 * 3, -0.1 * 3)
    assert (start.data, start.batch, start.seed) == (None, None, 0)


@pytest.mark.parametrize(
    ("message", "sentence"),
    [
        ({"type": "fly"}, "none that the server knows"),
        ({}, "none that the server knows"),
        ([1], "none that the server knows"),
        ({"type": "run", "more": 1}, "run.more: extra inputs are not permitted"),
        ({"type": "start"}, "start.recipe is missing"),
        (
            {"type": "start", "recipe": "x", "batch": 0},
            "start.batch: input should be greater than or equal to 1",
        ),
        ({"type": "start", "recipe": "x", "batch": 10**9}, "less than or equal to 2048"),
        ({"type": "start", "recipe": "x", "batch": 2.5}, "valid integer"),
        ({"type": "start", "recipe": "x", "batch": True}, "valid integer"),
        ({"type": "start", "recipe": "x", "seed": -1}, "start.seed"),
        ({"type": "start", "recipe": "x" * 201}, "at most 200 characters"),
        ({"type": "start", "recipe": "x", "points": POINTS[:9]}, "at least 10 items"),
        ({"type": "start", "recipe": "x", "points": [[0, 0]] * 5001}, "at most 5000 items"),
        ({"type": "start", "recipe": "x", "points": [[0, 2]] * 10}, "less than or equal to 1"),
        ({"type": "start", "recipe": "x", "points": [[0]] * 10}, "start.points.0.1 is missing"),
        (
            {"type": "start", "recipe": "x", "rates": {"G": float("nan")}},
            "rates.G: input should be a finite number",
        ),
        ({"type": "start", "recipe": "x", "rates": dict.fromkeys("abcdefghi", 0.1)}, "at most 8 items"),
        ({"type": "rates", "rates": {"G": -0.1}}, "greater than or equal to 0"),
        ({"type": "speed", "steps_per_second": 0}, "greater than or equal to 0.05"),
    ],
)
def test_wrong_messages_get_a_sentence(message: Any, sentence: str) -> None:
    with pytest.raises(UserError, match=sentence) as refused:
        parse_message(json.dumps(message))
    assert len(str(refused.value)) < 300


_JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
_TYPES = ["start", "run", "pause", "step", "speed", "rates", "average", "shown", "save"]
_FIELDS = ["recipe", "data", "points", "rates", "batch", "critic_steps", "steps", "seed", "phases", "shown"]
ANYTHING = (
    st.text()
    | _JSON.map(json.dumps)
    | st.builds(
        lambda kind, rest: json.dumps({**rest, "type": kind}),
        st.sampled_from(_TYPES),
        st.dictionaries(st.sampled_from(_FIELDS), _JSON, max_size=4),
    )
)


@settings(max_examples=60)
@given(text=ANYTHING)
def test_anything_is_a_message_or_an_error_of_the_user(text: str) -> None:
    with suppress(UserError):
        assert parse_message(text).type in _TYPES


def test_deep_and_long_texts_are_refused() -> None:
    for text in ("[" * 100_000, '{"a":' * 50_000, "9" * 100_000, '{"type": "' + "x" * 100_000):
        with pytest.raises(UserError):
            parse_message(text)
