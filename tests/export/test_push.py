"""A pushed model is the packed run, with a card; its name loads it, and nothing private goes along."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
import yaml
from PIL import Image
from tests.support.hub_server import TOKEN, Hub, hub
from tests.support.training import tiny_recipe

from ganbench.errors import UserError
from ganbench.experiment.train import train
from ganbench.export.pack import pack_model
from ganbench.export.push import push_run
from ganbench.inference.load import load
from ganbench.runs.run import Run
from ganbench.zoo import hub_client
from ganbench.zoo.hub import hub_folder

__all__ = ["hub"]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return train(tiny_recipe("dcgan-mnist", {"data": "shapes"}), out=tmp_path_factory.mktemp("run") / "run")


@pytest.fixture
def token(monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    return TOKEN


def contents(folder: Path) -> dict[Path, bytes]:
    """Return all files of a folder."""
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_what_is_pushed_is_the_packed_run(hub: Hub, run: Run, token: str, tmp_path: Path) -> None:
    name = push_run(run, "me/figures", without=["D"], summary="Figures in three colours.")
    pack_model(run, tmp_path / "packed", "hub:me/figures", without=["D"], summary="Figures in three colours.")
    folder = hub_folder(name)
    assert name == f"hub:me/figures@{folder.name}"
    expected = contents(tmp_path / "packed")
    assert contents(folder) == expected
    assert torch.equal(load(name).sample(9), load(tmp_path / "packed").sample(9))
    assert hub.repositories["me/figures"].messages[-1] == "dcgan-mnist, step 12"
    assert token.encode() not in b"".join(expected.values())
    assert push_run(run, "me/figures", without=["D"], summary="Figures in three colours.") == name


def test_the_card_has_what_the_hub_reads(hub: Hub, run: Run, token: str) -> None:
    files = hub.repositories
    push_run(run, "me/figures", branch="v2", message="My subject")
    commit = files["me/figures"].branches["v2"]
    card = files["me/figures"].commits[commit]["README.md"].decode()
    assert yaml.safe_load(card.split("---\n")[1]) == {
        "library_name": "ganbench",
        "tags": ["gan", "generator", "image"],
        "pipeline_tag": "unconditional-image-generation",
    }
    assert 'ganbench.load("hub:me/figures@v2")' in card
    assert "config.json" in files["me/figures"].commits[commit]
    assert files["me/figures"].messages[-1] == "My subject"


def test_a_model_of_the_hub_is_pushed_on(hub: Hub, run: Run, token: str) -> None:
    name = push_run(run, "me/figures")
    again = push_run(Run(name), "you/figures")
    assert torch.equal(load(again).sample(5), load(name).sample(5))


def test_paths_of_this_machine_are_not_published(hub: Hub, run: Run, token: str, tmp_path: Path) -> None:
    (tmp_path / "my images").mkdir()
    for index in range(40):
        Image.new("RGB", (32, 32), (index * 6, 0, 0)).save(tmp_path / "my images" / f"{index}.png")
    images = f"folder:{tmp_path / 'my images'}"
    own = train(tiny_recipe("dcgan-mnist", {"data": images}), out=tmp_path / "run")
    with pytest.raises(
        UserError, match=f"everyone could read that the run's records name {tmp_path}"
    ) as caught:
        push_run(own, "me/own")
    assert str(caught.value).endswith("; allow it by --with-paths, or push with --private")
    assert hub.requests == []
    push_run(own, "me/private", private=True)
    assert hub.repositories["me/private"].private
    push_run(own, "me/own", with_paths=True)


def test_mistakes_are_refused_before_anything_is_packed(
    hub: Hub, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(UserError, match="'figures' is no name of a repository"):
        push_run(run, "figures")
    with pytest.raises(UserError, match=r"'\.\.' is no branch"):
        push_run(run, "me/figures", branch="..")
    with pytest.raises(UserError, match=r"nothing can be pushed to the commit 0{40}; name a branch"):
        push_run(run, "me/figures", branch="0" * 40)
    with pytest.raises(UserError, match="nothing is pushed to me/figures: it needs a token"):
        push_run(run, "me/figures")
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    with pytest.raises(UserError, match="no network E"):
        push_run(run, "me/figures", without=["E"])
    monkeypatch.setattr(hub_client, "find_spec", lambda name: None)
    with pytest.raises(UserError, match=r"pip install 'ganbench\[hub\]'"):
        push_run(run, "me/figures")
    assert hub.requests == []
