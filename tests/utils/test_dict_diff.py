"""Which fields differ, by their dotted names."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from ganbench.utils.dict_diff import differing, in_words

JSON = st.recursive(
    st.none() | st.integers(-3, 3) | st.text("ab", max_size=2),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from("xyz"), inner, max_size=3),
    max_leaves=6,
)


@given(JSON, JSON)
def test_nothing_differs_exactly_where_values_are_equal(a: Any, b: Any) -> None:
    assert differing(a, a) == {}
    assert {k: v[::-1] for k, v in differing(a, b).items()} == differing(b, a)
    if a != b and not (isinstance(a, dict) and isinstance(b, dict)):
        assert differing(a, b) == {"": (a, b)}


def test_the_dotted_names_and_the_words() -> None:
    found = differing({"a": {"b": 1, "c": 2}, "d": [1]}, {"a": {"b": 3, "c": 2}, "e": "x"})
    assert found == {"a.b": (1, 3), "d": ([1], None), "e": (None, "x")}
    assert in_words(found, "was", "now") == 'a.b was 1, now 3; d was [1], now null; e was null, now "x"'
    assert in_words({"k": ("x" * 99, 1)}, "was", "now") == f'k was "{"x" * 56}..., now 1'
