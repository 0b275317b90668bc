"""Which files of a repository are a packed run's, and when a content is a file's."""

from __future__ import annotations

import hashlib
from pathlib import PurePosixPath

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ganbench.errors import UserError
from ganbench.zoo.hub_files import SUFFIXES, HubFile, choose_files

RUN = [
    HubFile(path, 10, "0" * 64)
    for path in ("recipe.json", "meta.json", "checkpoints/step-00000012/networks.safetensors", "README.md")
]


def test_a_packed_run_is_chosen_as_a_whole() -> None:
    extra = [HubFile(path, 10, "") for path in (".gitattributes", ".gitignore", "LICENSE")]
    assert choose_files([*RUN, *extra], "hub:me/x") == RUN


@settings(max_examples=50)
@given(st.text("ab./\\~-\0é", max_size=8).map(lambda text: f"{text}.json") | st.text(min_size=1, max_size=9))
def test_what_is_chosen_stays_in_its_folder_and_is_data(path: str) -> None:
    try:
        chosen = choose_files([*RUN, HubFile(path, 1, "")], "hub:me/x")
    except UserError:
        return
    for file in chosen:
        assert file.path.endswith(SUFFIXES)
        parts = PurePosixPath(file.path).parts
        assert "/".join(parts) == file.path, "nothing to resolve"
        assert not any(part.startswith((".", "~", "/")) or "\\" in part for part in parts)


@pytest.mark.parametrize(
    "suffix", ["py", "pt", "pth", "pkl", "pickle", "bin", "npz", "npy", "zip", "tar", "yaml", "html", "so"]
)
def test_files_that_could_hold_code_are_refused(suffix: str) -> None:
    with pytest.raises(UserError, match=f"'model.{suffix}' is no file of a packed run"):
        choose_files([*RUN, HubFile(f"model.{suffix}", 1, "")], "hub:me/x")


@given(st.binary(max_size=99))
def test_both_hashes_of_the_hub_are_known(content: bytes) -> None:
    sha256 = HubFile("x.json", len(content), hashlib.sha256(content).hexdigest())
    assert sha256.is_intact(content)
    assert not sha256.is_intact(content + b"\0")
    assert not HubFile("x.json", len(content), "None").is_intact(content)


def test_the_hash_of_small_files_is_gits() -> None:
    file = HubFile("x.json", 8, "d95f3ad14dee633a758d2e331151e950dd13e4ed")  # of `git hash-object`
    assert file.is_intact(b"content\n")
    assert not file.is_intact(b"Content\n")
