"""The best checkpoint: by which score, of which generator, on samples that no report uses; best and last told."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from tests.support.training import tiny_recipe

from ganbench.errors import UserError
from ganbench.evaluation.evaluate import evaluate
from ganbench.evaluation.scoring import score_model
from ganbench.experiment.train import train
from ganbench.inference.load import load
from ganbench.runs.run import Run

SCORED = {
    "schedule.evaluate_every": 4,
    "schedule.evaluate_samples": 300,
    "schedule.keep_last": 1,
    "schedule.sample_every": 0,
    "optimizers.G.lr": 0.01,
}


class Notes:
    """A console that keeps what it is told."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def __getattr__(self, name: str) -> Any:
        from ganbench.utils.console import SilentConsole

        return getattr(SilentConsole(), name)

    def note(self, text: str) -> None:
        self.said.append(text)


@pytest.fixture(scope="module")
def averaged(tmp_path_factory: pytest.TempPathFactory) -> tuple[Run, Notes]:
    """A run that keeps an average of G, scored at steps 4, 8 and 12, and what it told."""
    notes = Notes()
    changes = {**SCORED, "schedule.ema_half_life": 60.0, "schedule.ema_ramp": 1.0, "schedule.keep_last": 9}
    out = tmp_path_factory.mktemp("selection") / "run"
    return train(tiny_recipe("gan-ring8", changes), out=out, seed=1, console=notes), notes  # type: ignore[arg-type]


def test_scores_on_the_way_are_of_the_averaged_generator(averaged: tuple[Run, Notes]) -> None:
    run, _ = averaged
    data, differ = run.recipe().data(), 0
    for event in run.events.read("score"):
        assert event["measured"]["generator"]["weights"] == "averaged"
        if event["step"] in run.checkpoint_steps():
            models = [load(run, event["step"], weights=weights) for weights in ("averaged", "live")]
            again, live = (score_model(m, data, n=300, seed=1, purpose="selection")[0] for m in models)
            assert event["details"] == json.loads(json.dumps(again.details))
            differ += again.details != live.details
    assert differ, "of the live one they would be others"


def test_no_report_has_samples_of_the_selection(averaged: tuple[Run, Notes]) -> None:
    """Whatever the seed: the run's own seed is the report's default here, and the samples are still others."""
    model = load(averaged[0])
    selection = model.latents(300, 1, "selection")
    for seed in range(20):
        for purpose in ("sample", "reference"):
            assert not (model.latents(300, seed, purpose)[:, None] == selection[None]).all(2).any()  # type: ignore[arg-type]
    (report,) = evaluate(averaged[0], n=300, seed=1)
    (event,) = [e for e in averaged[0].events.read("score") if e["step"] == 12]
    assert report.measured["generator"]["samples_for"] == "report"  # type: ignore[index, call-overload]
    assert event["measured"]["generator"]["samples_for"] == "selection"
    assert report.details["counts"] != event["details"]["counts"]


def test_best_and_last_with_one_call(averaged: tuple[Run, Notes]) -> None:
    run, notes = averaged
    best = run.best_step()
    (note,) = [said for said in notes.said if f"best of 3 evaluated steps: {best}, by modes" in said]
    assert "--step both` reports the best and the last" in note
    scores = evaluate(run, n=310, step="both")
    generators: list[Any] = [score.measured["generator"] for score in scores]
    if best == 12:
        assert [g["checkpoint"] for g in generators] == ["best and last"]
        return
    assert [(g["step"], g["checkpoint"]) for g in generators] == [(best, "best"), (12, "last")]
    assert "selected" not in generators[1]


@pytest.mark.parametrize(("values", "told"), [((1, 9, 3), ["best", "last"]), ((1, 2, 3), ["best and last"])])
def test_what_the_best_was_selected_by_is_told(
    tmp_path: Path, values: tuple[int, ...], told: list[str]
) -> None:
    run = train(
        tiny_recipe("gan-ring8", {**SCORED, "schedule.keep_last": 9, "schedule.checkpoint_every": 4}),
        out=tmp_path / "run",
    )
    events = [json.loads(line) for line in run.events.path.read_text().splitlines()]
    for event, value in zip([e for e in events if e["kind"] == "score"], values, strict=True):
        event["value"] = value
    for event in events:
        del event["crc"]
    run.events.path.write_text("".join(json.dumps(event) + "\n" for event in events))
    generators: list[Any] = [score.measured["generator"] for score in evaluate(run, n=300, step="both")]
    assert [g["checkpoint"] for g in generators] == told
    assert generators[0]["selected"] == {
        "step": 4 * (values.index(max(values)) + 1),
        "by": "modes",
        "value": max(values),
        "of_steps": 3,
        "samples": 300,
        "samples_for": "selection",
        "seed": 0,
    }
    assert len(list(run.eval.iterdir())) == len(told)


def test_a_best_of_an_earlier_version_is_refused_on_its_own_samples(tmp_path: Path) -> None:
    run = train(tiny_recipe("gan-ring8", SCORED), out=tmp_path / "run", seed=3)
    events = [json.loads(line) for line in run.events.path.read_text().splitlines()]
    for event in events:
        del event["crc"]  # earlier versions wrote none
        if event["kind"] == "score":
            del event["measured"]["generator"]["samples_for"]
    run.events.path.write_text("".join(json.dumps(event) + "\n" for event in events))
    with pytest.raises(UserError, match="selected on samples of seed 3, so its score on them is no report"):
        evaluate(run, n=300, step="best", seed=3)
    assert evaluate(run, n=300, step="best", seed=4)


def test_both_needs_scores_on_the_way(tmp_path: Path) -> None:
    run = train(tiny_recipe("gan-ring8", {"schedule.sample_every": 0}), out=tmp_path / "run")
    with pytest.raises(UserError, match=r"has no best checkpoint: schedule\.evaluate_every"):
        evaluate(run, n=300, step="both")


def test_the_best_is_kept_by_the_score_that_is_chosen(tmp_path: Path) -> None:
    changes = {**SCORED, "schedule.evaluate_metrics": ["w1", "ks"]}
    run = train(tiny_recipe("gan1d-minimax", {**changes, "schedule.best_by": "ks"}), out=tmp_path / "run")
    events = run.events.read("score")
    assert [event["name"] for event in events] == ["ks", "w1"] * 3
    selection = run.best_score()
    assert selection is not None
    assert selection["by"] == "ks"
    values = {event["step"]: event["value"] for event in events if event["name"] == "ks"}
    assert selection["value"] == min(values.values())
    assert selection["step"] in run.checkpoint_steps()
    assert Run(run.path).recipe().schedule.evaluate_metrics == ("w1", "ks")
    for wrong, message in {
        "w2": r"best_by is 'w2', which is not measured; schedule.evaluate_metrics are w1, ks",
        "fd": "best_by is 'fd', which is not measured",
    }.items():
        with pytest.raises(UserError, match=message):
            train(tiny_recipe("gan1d-minimax", {**SCORED, "schedule.best_by": wrong}), out=tmp_path / "none")
    with pytest.raises(UserError, match="there is no metric 'w3'"):
        train(
            tiny_recipe("gan1d-minimax", {**SCORED, "schedule.evaluate_metrics": ["w3"]}),
            out=tmp_path / "none",
        )
    assert not (tmp_path / "none").exists()


def test_other_features_on_the_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GANBENCH_CACHE", str(tmp_path / "cache"))
    changes = {
        "schedule.evaluate_metrics": ["kd"],
        "schedule.evaluate_features": "pixels@4",
        "data.size": 120,
    }
    recipe = tiny_recipe(
        "dcgan-shapes", {**SCORED, **changes, "schedule.evaluate_samples": 100, "schedule.steps": 4}
    )
    (event,) = train(recipe, out=tmp_path / "run").events.read("score")
    assert event["name"] == "kd[pixels@4]"


def test_live_weights_in_spite_of_an_average_are_another_measurement(averaged: tuple[Run, Notes]) -> None:
    run, _ = averaged
    own, live = (evaluate(run, n=320, weights=w)[0] for w in ("averaged", "live"))
    assert own.differences(live) == ("sampling.weights",)
    assert [s.measured["generator"]["weights"] for s in (own, live)] == ["averaged", "live"]  # type: ignore[index, call-overload]
    assert len(list(run.eval.glob("*n320*"))) == 2
    state = run.read_checkpoint(12)
    assert state is not None
    assert torch.equal(
        load(run, weights="live").networks.state_dict()["G.layers.0.weight"],
        state["networks"]["G.layers.0.weight"],
    )
