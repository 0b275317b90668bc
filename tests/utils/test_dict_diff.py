"""Differences between nested dicts, by dotted path."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from ganbench.utils.dict_diff import find_differences, format_differences

JSON = st.recursive(
    st.none() | st.integers(-3, 3) | st.text("ab", max_size=2),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from("xyz"), inner, max_size=3),
    max_leaves=6,
)


@given(JSON, JSON)
def test_equal_values_have_no_differences(a: Any, b: Any) -> None:
    assert find_differences(a, a) == {}
    assert {k: v[::-1] for k, v in find_differences(a, b).items()} == find_differences(b, a)
    if a != b and not (isinstance(a, dict) and isinstance(b, dict)):
        assert find_differences(a, b) == {"": (a, b)}


def test_dotted_paths_and_formatting() -> None:
    differences = find_differences({"a": {"b": 1, "c": 2}, "d": [1]}, {"a": {"b": 3, "c": 2}, "e": "x"})
    assert differences == {"a.b": (1, 3), "d": ([1], None), "e": (None, "x")}
    assert (
        format_differences(differences, "was", "now")
        == 'a.b was 1, now 3; d was [1], now null; e was null, now "x"'
    )
    assert format_differences({"k": ("x" * 99, 1)}, "was", "now") == f'k was "{"x" * 56}..., now 1'
