"""A folder with exported weights loads like a run, and damage or a wrong request is refused in one sentence."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
import torch
from tests.support.training import tiny_recipe

from ganbench.errors import UserError
from ganbench.experiment.train import train
from ganbench.export.export_run import export_run
from ganbench.inference.load import load
from ganbench.inference.model_folder import ModelFolder, open_model_source
from ganbench.runs.run import Run


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    recipe = tiny_recipe("gan-r1-ring8", {"schedule.ema_half_life": 20.0})
    return train(recipe, out=tmp_path_factory.mktemp("run") / "run")


@pytest.fixture(scope="module")
def exported(run: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("exported") / "model"
    export_run(run, out)
    return out


@pytest.fixture
def folder(exported: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(exported, tmp_path / "model"))


def edit(folder: Path, **changes: object) -> None:
    config = json.loads((folder / "config.json").read_text())
    config.pop("sha256")
    (folder / "config.json").write_text(json.dumps({**config, **changes}))


def test_all_networks_are_there(exported: Path, run: Run) -> None:
    model, original = load(exported), load(run)
    assert (model.weights, model.has_average) == ("averaged", True)
    state = original.networks.state_dict()
    assert model.networks.state_dict().keys() == state.keys()
    assert all(torch.equal(model.networks.state_dict()[name], value) for name, value in state.items())


def test_live_weights_are_other_weights(run: Run, exported: Path, tmp_path: Path) -> None:
    export_run(run, tmp_path / "live", weights="live")
    live = load(tmp_path / "live")
    assert (live.weights, live.has_average) == ("live", False)
    assert torch.equal(live.sample(5), load(run, weights="live").sample(5))
    assert not torch.equal(live.sample(5), load(exported).sample(5))
    with pytest.raises(
        UserError, match="holds only averaged weights; export the run with --live for live ones"
    ):
        load(exported, weights="live")


def test_a_run_and_a_model_are_told_apart(exported: Path, run: Run, tmp_path: Path) -> None:
    assert isinstance(open_model_source(exported), ModelFolder)
    assert isinstance(open_model_source(run.path), Run)
    with pytest.raises(UserError, match="nothing does not exist"):
        load(tmp_path / "nothing")


def test_only_its_own_step_is_there(exported: Path) -> None:
    assert load(exported, 12).step == 12
    with pytest.raises(UserError, match="holds the model of step 12 only, not of step best"):
        load(exported, "best")


def test_changed_weights_are_refused(folder: Path) -> None:
    content = bytearray((folder / "model.safetensors").read_bytes())
    content[-1] ^= 1
    (folder / "model.safetensors").write_bytes(content)
    with pytest.raises(UserError, match=r"is damaged: .*model.safetensors has changed since it was written"):
        load(folder)
    (folder / "model.safetensors").unlink()
    with pytest.raises(
        UserError, match=r"holds no model.safetensors: ganbench loads runs, and models exported as"
    ):
        load(folder)


def test_a_changed_record_is_refused(folder: Path) -> None:
    text = (folder / "config.json").read_text()
    (folder / "config.json").write_text(text.replace('"step": 12', '"step": 13'))
    with pytest.raises(UserError, match=r"config\.json"):
        load(folder)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"format": "other"}, "is not of ganbench"),
        ({"recipe": None}, "config.json is damaged: it has no recipe"),
        ({"data": {}}, "config.json is damaged: it describes no data set"),
        ({"files": {}}, "is damaged"),
        ({"without": ["E"]}, "is damaged: it was packed without networks that its recipe lacks"),
        ({"without": 5}, "is damaged: it was packed without networks"),
    ],
)
def test_a_record_of_something_else_is_refused(
    folder: Path, changes: dict[str, object], message: str
) -> None:
    edit(folder, **changes)
    with pytest.raises(UserError, match=message):
        load(folder)


def test_weights_of_another_recipe_are_refused(folder: Path) -> None:
    recipe = json.loads((folder / "config.json").read_text())["recipe"]
    recipe["networks"]["G"]["width"] = 16
    edit(folder, recipe=recipe)
    with pytest.raises(UserError, match=r"the weights in .* do not fit its recipe"):
        load(folder)


def test_a_link_in_the_folder_is_refused(folder: Path, tmp_path: Path) -> None:
    (folder / "link").symlink_to(tmp_path)
    with pytest.raises(UserError, match="is not used: link"):
        load(folder)
