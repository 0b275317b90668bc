from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ganbench.errors import RunError, Stopped, UserError, did_you_mean


@pytest.mark.parametrize(
    ("word", "choices", "hint"),
    [
        ("learning_rate", ["lr", "betas", "eps"], "; did you mean 'lr'?"),
        ("learning-rate", ["lr", "betas", "eps"], "; did you mean 'lr'?"),
        ("gama", ["gamma", "every"], "; did you mean 'gamma'?"),
        ("dcgan_cifar10", ["dcgan-cifar10", "dcgan-mnist"], "; did you mean 'dcgan-cifar10'?"),
        ("zzz", ["b", "a", "a"], "; known: a, b"),
        ("zzz", [f"key{i}" for i in range(13)], ""),
        ("zzz", [], ""),
        ("", ["a", "b"], "; known: a, b"),
        ("__", ["a", "b"], "; known: a, b"),
        ("every", ["e", "number"], "; known: e, number"),  # one letter does not count as an abbreviation
    ],
)
def test_hint(word: str, choices: list[str], hint: str) -> None:
    assert did_you_mean(word, choices) == hint


@given(st.text(), st.lists(st.text(min_size=1)))
def test_a_hint_names_only_choices(word: str, choices: list[str]) -> None:
    hint = did_you_mean(word, iter(choices))
    assert hint == "" or any(k in hint for k in choices)


def test_the_exceptions_are_unrelated() -> None:
    for kind in (UserError, RunError, Stopped):
        assert not issubclass(kind, tuple({UserError, RunError, Stopped, ValueError} - {kind}))
    assert Stopped("stopped at step 3", 15).signal == 15
    assert str(Stopped("stopped at step 3", 15)) == "stopped at step 3"
