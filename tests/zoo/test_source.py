"""A run is found by path or by name, by one function for all kinds of names."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from tests.support.hub_server import Hub, hub

from ganbench.zoo.index import ZooModel
from ganbench.zoo.source import is_model_name, model_folder

__all__ = ["hub"]

MakeZoo = Callable[[], tuple[Path, ZooModel]]


@pytest.mark.parametrize("kind", [str, Path])
def test_names_and_paths_are_told_apart(kind: Callable[[str], str | Path]) -> None:
    for source in ("zoo:digits", "hub:me/figures", "hub:me/figures@v1/beta"):
        assert is_model_name(kind(source))
    for source in ("runs/x", "zoo", "hub/me/figures", "runs/zoo:digits", "folder:x"):
        assert not is_model_name(kind(source))
        assert model_folder(kind(source)) == Path(source)


def test_each_name_leads_to_its_folder_in_the_cache(make_zoo: MakeZoo, hub: Hub, packed: Path) -> None:
    make_zoo()
    commit = hub.put("me/figures", packed).branches["main"]
    zoo, pulled = (model_folder(Path(name)) for name in ("zoo:figures", "hub:me/figures"))
    assert zoo.parts[-3:] == ("cache", "zoo", "figures")
    assert pulled.parts[-4:] == ("cache", "hub", "me--figures", commit)
