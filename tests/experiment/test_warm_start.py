"""A run that starts from another run's weights: what it takes, what stays frozen, and that it resumes exactly."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from tests.support.training import final_state, tiny_recipe, train_until

from ganbench.errors import UserError
from ganbench.experiment.train import resume, train
from ganbench.inference.pack_run import pack_run
from ganbench.runs.checkpoint import read_checkpoint
from ganbench.runs.run import Run

NAME = "sndcgan-cifar10"


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A finished run with an average that differs from its live weights."""
    return train(tiny_recipe(NAME), seed=1, out=tmp_path_factory.mktemp("source") / "run")


def warm(source: Path, **changes: Any) -> dict[str, Any]:
    start = {f"networks.{name}.weights": str(source) for name in ("G", "D")}
    return {**start, **{key.replace("__", "."): value for key, value in changes.items()}}


def state(run: Run) -> dict[str, Any]:
    return read_checkpoint(run.checkpoints / f"step-{run.checkpoint_steps()[0]:08d}")


def test_g_and_its_average_start_from_the_average_and_d_from_the_live_weights(
    source: Run, tmp_path: Path
) -> None:
    still = {f"optimizers.{name}.lr": 1e-30 for name in ("G", "D")}
    run = train(tiny_recipe(NAME, {**warm(source.path), **still, "schedule.steps": 2}), out=tmp_path / "run")
    before, after = state(source), state(run)
    weights = [key for key in before["average"] if "running" not in key and "num_batches" not in key]
    assert not torch.equal(before["average"]["G.first.weight"], before["networks"]["G.first.weight"])
    for key in weights:
        assert torch.equal(after["networks"][key], before["average"][key]), key
        assert torch.allclose(after["average"][key], before["average"][key], atol=1e-7), key
    assert torch.equal(after["networks"]["D.layers.0.bias"], before["networks"]["D.layers.0.bias"])


def test_frozen_layers_stay_and_the_others_are_trained(source: Run, tmp_path: Path) -> None:
    run = train(tiny_recipe(NAME, warm(source.path, networks__D__frozen=2)), out=tmp_path / "run")
    before, after = state(source)["networks"], state(run)["networks"]
    trained = [key for key in before if key.startswith("D.") and key.endswith(("bias", "original"))]
    same = [key for key in trained if torch.equal(before[key], after[key])]
    assert sorted({key.split(".")[2] for key in same}) == ["0", "2"]
    assert len(same) == 4 < len(trained)


def test_a_warm_start_resumes_exactly(source: Run, tmp_path: Path) -> None:
    recipe = tiny_recipe(NAME, warm(source.path, networks__D__frozen=1))
    whole = train(recipe, out=tmp_path / "whole")
    parts = train_until(recipe, tmp_path / "parts", 7)
    resume(parts)
    assert final_state(parts) == final_state(whole)


def test_a_packed_model_is_a_source_too_and_the_record_says_what_was_taken(
    source: Run, tmp_path: Path
) -> None:
    pack_run(source, tmp_path / "packed")
    run = train(tiny_recipe(NAME, {**warm(tmp_path / "packed"), "schedule.steps": 1}), out=tmp_path / "run")
    g, d = run.meta["warm_start"]
    assert g.startswith(f"G starts from {tmp_path / 'packed'}: ")
    assert d.startswith("D starts from ")
    assert set(run.meta["pretrained"]) == {"G", "D"}


def test_other_sizes_are_refused_before_a_folder_exists(source: Run, tmp_path: Path) -> None:
    recipe = tiny_recipe(NAME, {**warm(source.path), "networks.G.width": 4})
    with pytest.raises(
        UserError, match=rf"^no layer of G in {source.path} fits a SNDCGANGenerator of these sizes"
    ):
        train(recipe, out=tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_a_source_without_the_network_is_named(source: Run, tmp_path: Path) -> None:
    pack_run(source, tmp_path / "packed", without=["D"])
    with pytest.raises(UserError, match=rf"^networks.D.weights: {tmp_path / 'packed'} has no network 'D'$"):
        train(tiny_recipe(NAME, warm(tmp_path / "packed")), out=tmp_path / "run")
