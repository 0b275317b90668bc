"""Numbers are read as they are typed, and the same on the command line, in YAML and in JSON."""

from __future__ import annotations

import json
import math
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ganbench.config.values import format_yaml, parse_json, parse_value, parse_yaml
from ganbench.errors import UserError


@pytest.mark.parametrize(
    ("text", "value"),
    [
        # leading zeros are decimal, and base 60 does not exist
        *[("0100", 100), ("0200", 200), ("0800", 800), ("064", 64), ("-007", -7), ("00", 0), ("1:30", "1:30")],
        *[("1e3", 1000.0), ("1E3", 1000.0), ("1e-4", 1e-4), ("01e1", 10.0), (".5", 0.5), ("1.", 1.0)],
        *[("0x1F", 31), ("0o17", 15), ("0b11", "0b11"), ("-0x10", "-0x10"), ("1_000", "1_000")],
        *[("true", True), ("False", False), ("yes", "yes"), ("off", "off"), ("null", None), ("~", None), ("", None)],
        *[("2024-01-01", "2024-01-01"), ("12:30:45", "12:30:45"), ("=", "="), ("1.5.2", "1.5.2"), ("١٢", "١٢")],
        *[("'0100'", "0100"), ("[08, 1e1]", [8, 10.0]), ("{a: 010}", {"a": 10})],
    ],
)  # fmt: skip
def test_a_value_is_the_same_on_the_command_line_and_in_a_file(text: str, value: Any) -> None:
    for found in (parse_value(text), parse_yaml(f"key: {text}", "a.yaml")["key"]):
        assert found == value
        assert type(found) is type(value)


@pytest.mark.parametrize(
    "text",
    [
        *("folder:/x: y", "folder:a #1", "- 1", "a: 1", "&a 1", "!!int 5", "? a", "| b", "@x", "%x", "`x`", "a\nb"),
        *("[", "[1, 2", "{a", '"x', "'", "\x00", "[\x00]", "\ud83d", "* all", " text "),
    ],
)  # fmt: skip
def test_other_text_on_the_command_line_stays_as_typed(text: str) -> None:
    assert parse_value(text) == text


@given(st.integers(min_value=-(10**200), max_value=10**200), st.integers(0, 5))
def test_whole_numbers_keep_every_digit(number: int, zeros: int) -> None:
    sign, digits = ("-" if number < 0 else ""), str(abs(number))
    assert parse_value(f"{sign}{'0' * zeros}{digits}") == number
    assert parse_yaml(f"- {sign}{'0' * zeros}{digits}", "a.yaml") == [number]
    assert parse_json(f"{number}", "a.json") == number


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_floats_are_read_and_written_exactly(number: float) -> None:
    assert parse_value(repr(number)) == number
    assert parse_yaml(format_yaml([number]), "a.yaml") == [number]
    assert parse_json(json.dumps([number]), "a.json") == [number]


@given(st.decimals(allow_nan=False, allow_infinity=False))
def test_a_decimal_is_the_nearest_number_or_refused(number: Decimal) -> None:
    text = f"{number:e}"
    try:
        found = parse_value(text)
    except UserError:
        found = float(number)
        rounded = found.is_integer() and abs(found) < 2**53 and Decimal(found) != number
        assert math.isinf(found) or rounded, text
    else:
        assert float(found) == float(number)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("1e400", "1e400 is too large for a number"),
        ("-1e999", "-1e999 is too large for a number"),
        ("1e-400", "1e-400 is too close to 0 for a number"),
        ("0.99999999999999999999", "0.99999999999999999999 has more digits than a number can hold"),
        ("1e99999999999999999999", "1e99999999999999999999 has too many digits in its exponent"),
        ("9" * 5000, "a number has too many digits"),
        ("9" * 400, "a number has too many digits"),
    ],
)
def test_a_number_that_would_become_another_is_refused(text: str, problem: str) -> None:
    with pytest.raises(UserError) as caught:
        parse_value(text, "optimizers.G.lr")
    assert str(caught.value) == f"optimizers.G.lr: {problem}"
    for parse, content in ((parse_yaml, f"a: [{text}]"), (parse_json, f'{{"a": [{text}]}}')):
        with pytest.raises(UserError) as caught:
            parse(content, "file")
        assert str(caught.value).endswith(f": {problem}")
    with pytest.raises(UserError, match="too many digits"):
        parse_value(f"0x{'f' * 5000}")


BOMB = "a: &a [x, x]\n" + "".join(f"a{i}: &a{i} [*a{i - 1 or ''}, *a{i - 1 or ''}]\n" for i in range(1, 25))


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("schedule:\n  steps: 30\nschedule:\n  batch: 8\n", "not valid YAML: found duplicate key in line 3: schedule:"),
        ("{a: 1, 'a': 2}", "found duplicate key"),
        ("{1: a, 0x1: b}", "found duplicate key"),
        ("a: {b: {c: 1, c: 2}}", "found duplicate key"),
        ("&a [*a]", "nested too deep: at most 50 levels"),
        ("a: &a {b: *a}", "nested too deep"),
        ("[" * 100_000, "nested too deep"),
        ("{a: " * 1000, "nested too deep"),
        ("- " * 2000 + "1", "nested too deep"),
        ("? " * 2000 + "1", "nested too deep"),
        (BOMB, "holds more than 100,000 values"),
        ("a" * 1_000_001, "too long: 1,000,001 characters"),
        ("a: 1\n---\nb: 2\n", "expected a single document in the stream, but found another document"),
        ("!!int x", "invalid literal"),
        ("!!bool maybe", "a value does not fit its tag"),
        ("!!int ''", "a value does not fit its tag"),
        ("!!python/object/apply:os.system ['true']", "could not determine a constructor for the tag"),
        ("{[1]: 2}", "found unhashable key"),
        ("*a", "undefined alias"),
        ("\x07", "unacceptable character"),
        ("\ud83d", "unacceptable character"),
    ],
)  # fmt: skip
def test_a_yaml_text_that_cannot_be_trusted_is_refused_in_one_line(text: str, problem: str) -> None:
    with pytest.raises(UserError) as caught:
        parse_yaml(text, "mine.yaml")
    assert str(caught.value).startswith("mine.yaml ")
    assert problem in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('{"a": 1, "a": 2}', "found duplicate key 'a'"),
        ("NaN", "NaN is not a number"),
        ("[-Infinity]", "-Infinity is not a number"),
        ("[" * 100_000, "nested too deep"),
        ("[" * 60 + "]" * 60, "nested too deep: at most 50 levels"),
        ('{"a": ', "Expecting value"),
    ],
)
def test_a_json_text_that_cannot_be_trusted_is_refused(text: str, problem: str) -> None:
    with pytest.raises(UserError) as caught:
        parse_json(text, "mine.json")
    assert str(caught.value).startswith("mine.json ")
    assert problem in str(caught.value)


@pytest.mark.parametrize("text", ["[{a: 1, a: 2}]", "{a: 1, a: 2}", "[&a [*a]]", "[!!int x]"])
def test_a_structure_on_the_command_line_is_checked_like_a_file(text: str) -> None:
    with pytest.raises(UserError, match=r"^algorithm "):
        parse_value(text, "algorithm")


def test_an_anchor_may_be_used_again() -> None:
    text = "G: &adam {lr: 1e-4, betas: [0, 0.9]}\nD: *adam\n"
    value = parse_yaml(text, "a.yaml")
    assert value["D"] == value["G"] == {"lr": 1e-4, "betas": [0, 0.9]}


@given(
    st.recursive(
        st.none()
        | st.booleans()
        | st.integers(-(10**20), 10**20)
        | st.floats(allow_nan=False, allow_infinity=False)
        | st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=6)
        | st.sampled_from(
            ["0100", "1e3", "1_0", "yes", "0o7", "0x1", "~", "null", "true", ".inf", "", "1:30"]
        ),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("ab01:", max_size=3), inner),
        max_leaves=8,
    )
)
def test_what_is_written_is_read_back(value: Any) -> None:
    assert parse_yaml(format_yaml(value), "a.yaml") == value
