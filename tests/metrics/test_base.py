"""Scores: validation, JSON, and when two of them are comparable."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ganbench.metrics.base import Metric
from ganbench.metrics.score import Score

JSON_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)


@settings(max_examples=50)
@given(
    st.text(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from(["lower", "higher"]),
    st.dictionaries(st.text(max_size=4), JSON_VALUES, max_size=4),
    st.dictionaries(st.text(max_size=4), JSON_VALUES, max_size=4),
)
def test_a_score_survives_json(name, value, better, details, measured):
    score = Score(name=name, value=value, better=better, details=details, measured=measured)
    assert Score.from_dict(json.loads(json.dumps(score.to_dict()))) == score


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_a_value_that_is_not_finite_raises_an_error(value):
    with pytest.raises(ValueError, match="not a finite number"):
        Score(name="fd", value=value, better="lower")


def test_an_unknown_direction_raises_an_error():
    with pytest.raises(ValueError, match="'lower' or 'higher'"):
        Score(name="fd", value=1.0, better="smaller")


def test_differences_list_the_settings_but_not_the_versions():
    one = Score(
        name="a", value=1.0, better="lower", measured={"samples": 5, "same": 1, "versions": {"torch": "1"}}
    )
    two = Score(
        name="a", value=9.0, better="lower", measured={"samples": 6, "same": 1, "versions": {"torch": "2"}}
    )
    assert one.differences(two) == ("samples",)
    assert one.differences(one) == ()
    extra = Score(name="b", value=1.0, better="lower", measured={**one.measured, "k": 3, "warning": "few"})
    assert one.differences(extra) == extra.differences(one) == ("k", "name")


def record(**measured):
    return {"samples": 2500, "reference": {"name": "ring8", "fingerprint": "a"}, **measured}


@pytest.mark.parametrize(
    ("other", "fields"),
    [
        ({}, ()),
        ({"generator": {"step": 9, "seed": 2}, "machine": {"threads": 9}, "versions": {"torch": "3"}}, ()),
        ({"items": {"name": "folder:own"}, "warning": "few"}, ()),
        ({"samples": 100}, ("samples",)),
        ({"reference": {"name": "ring8", "fingerprint": "b"}}, ("reference.fingerprint",)),
        ({"sampling": {"truncation": 0.7}}, ("sampling",)),
    ],
    ids=["same", "another step", "other items", "samples", "data", "truncation"],
)
def test_scores_of_other_models_are_comparable_but_not_of_other_settings(other, fields):
    one = Score(name="modes", value=1.0, better="higher", measured=record(generator={"step": 1, "seed": 1}))
    two = Score(name="modes", value=2.0, better="higher", measured=record(**other))
    assert one.differences(two) == two.differences(one) == fields


def test_a_metric_without_a_name_cannot_be_created():
    class Nameless(Metric):
        better = "lower"
        kind = "image"
        min_samples = default_samples = 1

        def begin(self, reference):
            raise NotImplementedError

    with pytest.raises(TypeError, match="name"):
        Nameless()
