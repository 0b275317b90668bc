"""Names of files from free text are short, plain, and different for different text."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ganbench.utils.file_names import file_stem


@pytest.mark.parametrize(
    "text", ["mnist", "x_1", "x-1", "v1.2", "a@b", "Ümlaut", "写真", "..a", "console", "com10"]
)
def test_a_plain_text_is_its_own_name(text: str) -> None:
    assert file_stem(text) == text


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("a b", "a-b-c8687a08"),
        ("a/b", "a-b-c14cddc0"),
        ("写真" * 40, "写真" * 10 + "-b90e8ae1"),
        ("..", "5ec1f7e7"),
        ("", "e3b0c442"),
        ("con", "1143da2b"),
        ("NUL.x", "047811b8"),
        ("com1", "957a49c3"),
        ("a.", "a-5ab640fa"),
        ("\ud83d", "7586f70f"),
    ],
)
def test_other_text_gets_a_hash(text: str, name: str) -> None:
    assert file_stem(text) == name


def test_separators_become_dashes_without_a_hash() -> None:
    assert file_stem("fd[classifier:mnist]", separators="[]:") == "fd-classifier-mnist"
    assert file_stem("fd[pixels@2]", separators="[]") == "fd-pixels@2"


@given(st.lists(st.text(max_size=90), min_size=2, max_size=2, unique=True))
def test_different_text_has_different_short_names(texts: list[str]) -> None:
    one, other = map(file_stem, texts)
    assert one != other
    for name in (one, other):
        assert 0 < len(name.encode()) <= 70
        assert not set(name) & set("/\\:\0\n ")
        assert Path(name).name == name
