"""Any change to a sealed file is detected; files without a checksum keep loading."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ganbench.errors import UserError
from ganbench.utils.files import read_json, write_json, write_sealed_json
from ganbench.utils.sealed_json import parse_sealed, seal

VALUE: dict[str, Any] = {
    "format": 1,
    "name": "ä\n",
    "rate": 0.0002,
    "deep": {"list": [1, None, True], "empty": {}},
}
values = st.dictionaries(
    st.text(max_size=8).filter(lambda key: key != "sha256"),
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=70),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    ),
    min_size=1,
    max_size=4,
)


def read(content: bytes) -> Any:
    return parse_sealed(content, Path("a.json"))


@given(value=values)
def test_a_sealed_value_is_read_as_it_was(value: dict[str, Any]) -> None:
    assert read(seal(value)) == value
    assert json.loads(seal(value)).keys() == value.keys() | {"sha256"}, "any program can read it"


def test_a_flip_of_any_bit_is_detected() -> None:
    original, detected = seal(VALUE), 0
    for bit in range(8 * len(original)):
        content = bytearray(original)
        content[bit // 8] ^= 1 << bit % 8
        try:
            read(bytes(content))
        except (UserError, ValueError):
            detected += 1
    assert detected == 8 * len(original)


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace("0.0002", "0.002"),
        lambda text: text.replace('"sha256"', '"sha265"'),
        lambda text: json.dumps({**json.loads(text), "rate": 1}),  # edited by a program
        lambda text: json.dumps(json.loads(text)),  # formatted anew
        lambda text: text.replace('"rate": 0.0002', '"rate": 0.0002, "rate": 1'),
    ],
)
def test_an_edit_is_refused_and_the_sentence_says_what_would_do(tmp_path: Path, change: Any) -> None:
    path = tmp_path / "a.json"
    path.write_text(change(seal(VALUE).decode()))
    with pytest.raises(
        UserError, match=r"a\.json has changed since it was written: .* delete its last entry"
    ):
        read_json(path)
    edited = json.loads(path.read_text())
    edited.popitem()
    path.write_text(json.dumps(edited))
    assert read_json(path) == edited


def test_files_without_a_checksum_are_read(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    write_json(path, VALUE)
    assert read_json(path) == VALUE
    write_sealed_json(path, VALUE)
    assert read_json(path) == VALUE
    assert read(b"[1, 2]") == [1, 2]
    assert read(b'{"sha256": null, "a": 1}') == {"sha256": None, "a": 1}


def test_a_cut_file_is_unreadable(tmp_path: Path) -> None:
    path, original = tmp_path / "a.json", seal(VALUE)
    for length in range(len(original) - 1):
        path.write_bytes(original[:length])
        with pytest.raises(UserError, match=r"a\.json"):
            read_json(path)
