"""Errors in one line."""

from __future__ import annotations

import json

import pytest
import torch

from ganbench.utils.error_text import describe_error, one_line


def caught(text: str) -> BaseException:
    with pytest.raises(BaseException) as info:  # noqa: PT011 (any)
        raise RuntimeError(text)
    return info.value


def test_only_the_first_line_of_a_message_is_told() -> None:
    assert describe_error(caught("\n one \ntwo")).startswith("RuntimeError: one (test_error_text.py, line ")
    assert describe_error(caught("")).startswith("RuntimeError (test_error_text.py")
    assert "\n" not in describe_error(caught("x" * 9000)) < "S"
    assert len(describe_error(caught("x" * 9000))) < 400


def test_the_place_is_in_the_code_that_calls_a_library() -> None:
    with pytest.raises(RuntimeError) as info:
        torch.nn.Linear(2, 3)(torch.zeros(1, 5))
    assert "(test_error_text.py, line " in describe_error(info.value)
    with pytest.raises(ValueError, match="Expecting") as other:
        json.loads("{")
    assert "(decoder.py, line " in describe_error(other.value)


def test_an_error_that_was_never_raised_has_no_place() -> None:
    assert describe_error(KeyError("a")) == "KeyError: 'a'"


def test_a_message_with_foreign_text_is_one_line_that_hides_nothing() -> None:
    assert (
        one_line("a plain sentence with ä, λ and 'quotes'\\") == "a plain sentence with ä, λ and 'quotes'\\"
    )
    assert one_line("two\nlines\r\x1b[2J\u2028\u202e\x00") == r"two\nlines\r\x1b[2J\u2028\u202e\x00"
    long = one_line("start " + "\n" * 50_000 + " end")
    assert len(long) == 2000
    assert long.startswith("start ")
    assert long.endswith(" end")
    assert one_line("x" * 2000) == "x" * 2000
