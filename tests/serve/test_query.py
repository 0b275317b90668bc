"""Parameters are read strictly, and described as they are read."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ganbench.errors import UserError
from ganbench.serve.query import describe_query, parse_query
from ganbench.serve.schemas import EncodeQuery, InterpolateQuery, SampleQuery, TranslateQuery

KINDS = (SampleQuery, InterpolateQuery, EncodeQuery, TranslateQuery)


def test_values_and_lists() -> None:
    query = parse_query(SampleQuery, [("n", "3"), ("class", "cat"), ("class", "7"), ("truncation", "0.5")])
    assert (query.n, query.classes, query.truncation, query.seed, query.format) == (
        3,
        ["cat", "7"],
        0.5,
        0,
        None,
    )
    assert parse_query(InterpolateQuery, [("seed", "4"), ("seed", "2"), ("linear", "true")]).seeds == [4, 2]
    assert parse_query(EncodeQuery, []).format == "json"


@pytest.mark.parametrize(
    ("items", "sentence"),
    [
        ([("sed", "3")], "there is no parameter 'sed'; did you mean 'seed'?"),
        ([("classes", "cat")], "there is no parameter 'classes'; did you mean 'class'?"),
        ([("n", "3"), ("n", "3")], "the parameter 'n' is given twice"),
        ([("n", "3.5")], "n: input should be a valid integer, unable to parse string as an integer"),
        ([("truncation", "nan")], "truncation: input should be a finite number"),
        ([("seed", "-1")], "seed: input should be greater than or equal to 0"),
    ],
)
def test_mistakes(items: list[tuple[str, str]], sentence: str) -> None:
    with pytest.raises(UserError) as refused:
        parse_query(SampleQuery, items)
    assert str(refused.value) == sentence


@given(
    st.sampled_from(KINDS), st.lists(st.tuples(st.sampled_from(["n", "seed", "class", "to", "x"]), st.text()))
)
def test_any_text_is_read_or_refused(kind: type[SampleQuery], items: list[tuple[str, str]]) -> None:
    with suppress(UserError):  # and nothing else
        parse_query(kind, items)


@pytest.mark.parametrize("kind", KINDS)
def test_every_parameter_is_described(kind: type[SampleQuery]) -> None:
    parameters = describe_query(kind)["parameters"]
    assert {p["name"] for p in parameters} == {f.alias or n for n, f in kind.model_fields.items()}
    assert all(p["description"].endswith(".") and p["in"] == "query" for p in parameters)
    assert "$ref" not in str(parameters)


def test_the_description_has_limits_and_defaults() -> None:
    (n,) = (p["schema"] for p in describe_query(SampleQuery)["parameters"] if p["name"] == "n")
    assert n == {"type": "integer", "minimum": 1, "default": 1}
