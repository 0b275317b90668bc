"""The playground trains what ``ganbench train`` trains, bit for bit, however it is looked at."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch

import ganbench
from ganbench.errors import RunError, UserError
from ganbench.playground.catalogue import Catalogue
from ganbench.playground.messages import Start
from ganbench.playground.training import GRADIENT, SCORE_EVERY, Training

STEPS = 6


def build(catalogue: Catalogue, recipe: str, seed: int = 5, **settings: Any) -> Training:
    return Training(catalogue.build_recipe(Start(type="start", recipe=recipe, **settings)), seed)


def saved_recipe(training: Training, folder: Path) -> Path:
    saved = training.save()
    path = folder / str(saved["name"])
    path.write_text(str(saved["text"]))
    return path


def assert_equals(training: Training, run: ganbench.Run) -> None:
    """The state of a training is that of a run's last checkpoint."""
    expected, state = run.read_checkpoint(), training.trainer.state_dict()
    assert expected is not None
    assert expected["step"] == state["step"] == STEPS
    for part in ("networks", "average"):
        assert expected[part].keys() == state[part].keys()
        for name, tensor in expected[part].items():
            assert torch.equal(tensor, state[part][name]), name
    for name, optimizer in expected["optimizers"].items():
        moments = state["optimizers"][name]["state"]
        assert all(torch.equal(v, moments[i][k]) for i, s in optimizer["state"].items() for k, v in s.items())


@pytest.mark.parametrize(
    ("recipe", "settings"),
    [
        ("gan-ring8", {"critic_steps": 2, "rates": {"G": 0.002}}),
        ("r3gan-grid25", {"data": "ring8"}),  # with a schedule of rates and a moving average
        ("sngan-ring8", {"points": [(0.03 * i, 0.5 - 0.03 * i) for i in range(30)]}),  # with state in D
    ],
)
def test_it_equals_the_run_of_the_saved_recipe(
    catalogue: Catalogue, tmp_path: Path, recipe: str, settings: dict[str, Any]
) -> None:
    training = build(catalogue, recipe, steps=STEPS, batch=32, **settings)
    path = saved_recipe(training, tmp_path)
    assert training.save()["command"] == f"ganbench train {path.name} --seed 5"
    run = ganbench.train(str(path), seed=5, out=tmp_path / "run")
    training.frame()
    training.advance(steps=1)
    training.advance_by_updates()
    training.frame()
    training.view.shows_average = True
    training.advance(seconds=1e-9)
    training.frame()
    while not training.finished:
        training.advance_by_updates()
    training.frame()
    assert training.save()["exact"]
    assert_equals(training, run)


def test_updates_of_a_step_are_shown_one_by_one(catalogue: Catalogue) -> None:
    training = build(catalogue, "gan-ring8", batch=16, critic_steps=2)
    before = training.frame()
    frames = training.advance_by_updates()
    after = training.frame()
    labels = ["D has learned: update 1 of 2", "D has learned: update 2 of 2", GRADIENT]
    assert [frame.phase for frame in frames] == labels
    assert [frame.step for frame in frames] == [0, 0, 0]
    assert [bool(frame.arrows) for frame in frames] == [False, False, True]
    assert {tuple(frame.fakes) for frame in frames} == {tuple(before.fakes)}, "only D has learned"
    critics = [frame.critic.values for frame in (before, *frames) if frame.critic]
    assert critics[0] != critics[1] != critics[2] == critics[3]
    assert after.step == 1
    assert after.fakes != before.fakes
    assert after.critic == frames[-1].critic, "G has learned, and D has not"
    assert set(after.losses) == {"D/adversarial", "G/adversarial"}


def test_every_hundredth_step_is_scored_once(catalogue: Catalogue) -> None:
    training = build(catalogue, "r3gan-ring8", batch=2)
    training.advance(steps=SCORE_EVERY - 1)
    assert training.frame().scores == []
    training.advance(steps=1)
    (score,) = training.frame().scores
    assert (score.step, score.name) == (SCORE_EVERY, "modes covered")
    assert training.frame().scores == []


def test_rates_change_at_the_next_step(catalogue: Catalogue) -> None:
    training = build(catalogue, "r3gan-ring8", batch=2, steps=4)  # its rates fall linearly
    training.change_rates({"G": 0.1})
    assert training.save()["exact"], "nothing is trained yet"
    training.advance(steps=2)
    training.change_rates({"G": 0.1})
    assert training.save()["exact"], "the same rate as before"
    training.change_rates({"G": 0.5, "D": 0.0})
    weights = {k: v.clone() for k, v in training.trainer.networks["D"].state_dict().items()}
    training.advance(steps=1)
    (group,) = training.trainer.optimizers["G"].param_groups
    assert group["lr"] == pytest.approx(0.5 * 2 / 4)
    assert all(torch.equal(weights[k], v) for k, v in training.trainer.networks["D"].state_dict().items())
    saved = training.save()
    assert not saved["exact"]
    assert json.loads(saved["text"])["optimizers"]["G"]["lr"] == 0.5
    with pytest.raises(UserError, match="no optimizer trains a network 'Q'"):
        training.change_rates({"Q": 0.1})


def test_a_training_that_diverges_says_so(catalogue: Catalogue) -> None:
    training = build(catalogue, "wgan-gp-ring8", batch=8)
    with torch.no_grad():
        next(training.trainer.networks["D"].parameters()).fill_(float("nan"))
    with pytest.raises(RunError, match="not finite"):
        training.frame()
    training.advance(steps=1)
    with pytest.raises(RunError, match=r"'D/adversarial' became nan by step 1: the run diverged"):
        training.frame()


def test_the_torch_of_the_process_is_as_before(catalogue: Catalogue) -> None:
    state, threads = torch.get_rng_state(), torch.get_num_threads()
    training = build(catalogue, "gan-ring8", batch=4)
    training.advance_by_updates()
    training.frame()
    assert torch.equal(torch.get_rng_state(), state)
    assert torch.get_num_threads() == threads
    assert float(torch.tensor(1e-40) * 1) > 0, "denormals are flushed in training only"
