"""A run that is stopped and resumed ends with the same bytes as an uninterrupted one, for every recipe."""

from __future__ import annotations

import copy
import functools
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from tests.support.edit import edit_json
from tests.support.recording import record
from tests.support.training import STEPS, draw_figures, final_state, resume_until, tiny_recipe, train_until

from ganbench.augment import ADA
from ganbench.config.spec import Spec
from ganbench.data.base import Dataset
from ganbench.errors import RunError
from ganbench.experiment.build_trainer import make_trainer
from ganbench.experiment.train import resume, train
from ganbench.recipes.base import Recipe
from ganbench.recipes.registry import recipe_functions
from ganbench.runs.checkpoint import read_checkpoint, save_checkpoint
from ganbench.runs.run import Run
from ganbench.training.engine import Engine
from ganbench.training.trainer import Trainer

# Logs come every 3 steps, samples every 4, checkpoints every 5, so that of each kind one comes after the last cut.
AFTER_THE_FIRST, AFTER_SAMPLES, AT_A_CHECKPOINT, MID_INTERVAL = CUTS = 1, 4, 5, 7
LAST = 9
RICH = {"schedule.ema_half_life": 50.0, "networks.D.spectral_norm": True}

# Tests that concern files rather than the state use one recipe of each algorithm.
FIRST = {
    function("laptop").algorithm.target: name
    for name, function in sorted(recipe_functions().items(), reverse=True)
}


class Crash(Exception):
    pass


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], tuple[Recipe, dict[str, Any]]]:
    """Return a function that returns a recipe and the result of its uninterrupted run."""

    def run_whole(name: str) -> tuple[Recipe, dict[str, Any]]:
        recipe = tiny_recipe(name, {"schedule.steps": LAST})
        run = train(recipe, out=tmp_path_factory.mktemp("whole") / "run", seed=3)
        return recipe, final_state(run, LAST)

    remember = functools.cache(run_whole)  # of those that several tests use
    return lambda name: remember(name) if name in FIRST.values() else run_whole(name)


@pytest.mark.parametrize("name", sorted(recipe_functions()))
def test_a_run_that_is_stopped_four_times_equals_an_uninterrupted_one(
    uninterrupted: Callable[[str], tuple[Recipe, dict[str, Any]]], name: str, tmp_path: Path
) -> None:
    recipe, expected = uninterrupted(name)
    run = train_until(recipe, tmp_path / "run", CUTS[0], seed=3)
    for step in CUTS[1:]:
        assert resume_until(run, step).checkpoint_steps()[0] == step
    assert final_state(resume(run), LAST) == expected
    for step in CUTS:
        record(f"resume of {name} cut after step {step}", differing_bytes=0)


@pytest.fixture(params=FIRST.values())
def whole(
    request: pytest.FixtureRequest, uninterrupted: Callable[[str], tuple[Recipe, dict[str, Any]]]
) -> tuple[Recipe, dict[str, Any]]:
    """A recipe and the result of its uninterrupted run."""
    return uninterrupted(request.param)


def test_a_crashed_run_equals_an_uninterrupted_one(
    whole: tuple[Recipe, dict[str, Any]], tmp_path: Path
) -> None:
    recipe, expected = whole
    run = train_until(recipe, tmp_path / "run", 8, Crash(), seed=3)
    assert run.checkpoint_steps() == [AT_A_CHECKPOINT]
    assert run.events.read("scalars")[-1]["step"] == 6  # logged already, to be deleted
    assert final_state(resume(run), LAST) == expected


def test_the_comparison_includes_layer_statistics(whole: tuple[Recipe, dict[str, Any]]) -> None:
    events = [json.loads(line) for line in whole[1]["events"]]
    assert [e["step"] for e in events if e["kind"] == "layers"] == [4, 8, 9]


def test_another_seed_gives_another_result(whole: tuple[Recipe, dict[str, Any]], tmp_path: Path) -> None:
    recipe, expected = whole
    other = final_state(train(recipe, out=tmp_path / "run", seed=4), LAST)
    assert other.keys() == expected.keys()
    same = {name for name, content in expected.items() if other[name] == content}
    assert same <= {
        "average.safetensors",
        "state.json",
    }  # a recipe may keep no average; the second is structure


@pytest.mark.parametrize("name", ["gan-ring8", "dcgan-shapes"])
def test_figures_are_the_same_after_a_stop(name: str, tmp_path: Path) -> None:
    recipe = tiny_recipe(name, {"schedule.sample_every": 6})
    with draw_figures():
        run = train(recipe, out=tmp_path / "whole")
        assert all(p.read_bytes().startswith(b"\x89PNG") for p in run.samples.iterdir())
        assert final_state(resume(train_until(recipe, tmp_path / "run", MID_INTERVAL))) == final_state(run)


def test_a_run_stopped_at_every_step_ends_the_same(tmp_path: Path) -> None:
    recipe = tiny_recipe("dcgan-shapes", RICH)
    expected = final_state(train(recipe, out=tmp_path / "whole"))
    run = train_until(recipe, tmp_path / "run", 1)
    for step in range(2, STEPS):
        resume_until(run, step)
    assert final_state(resume(run)) == expected


def test_an_augmentation_resumes_with_its_probability(tmp_path: Path) -> None:
    recipe = tiny_recipe("gan-mnist", {"algorithm.augmentation": Spec(ADA, p=0.3, speed=100.0, every=3)})
    whole = train(recipe, out=tmp_path / "whole")
    seen = [event["augmentation/p"] for event in whole.events.read("scalars")]
    assert len(set(seen)) > 2, "p changes"
    run = train_until(recipe, tmp_path / "run", AFTER_THE_FIRST)
    resume_until(run, MID_INTERVAL)
    assert final_state(resume(run)) == final_state(whole)


def test_scores_and_the_best_checkpoint_are_the_same_after_a_stop(tmp_path: Path) -> None:
    changes = {"schedule.evaluate_every": 3, "schedule.evaluate_samples": 250, "schedule.keep_last": 1}
    recipe = tiny_recipe("gan-ring8", {**changes, "optimizers.G.lr": 0.01})
    expected = train(recipe, out=tmp_path / "whole")
    scores = expected.events.read("score")
    assert [e["step"] for e in scores] == [3, 6, 9, 12]
    assert len({e["details"]["high_quality"] for e in scores}) > 1  # so that steps differ
    best = expected.best_step()
    assert best is not None
    assert best in expected.checkpoint_steps()
    for step in (3, 4, 8, 11):
        run = resume(train_until(recipe, tmp_path / f"run-{step}", step))
        assert final_state(run) == final_state(expected)
        assert run.best_step() == best
        assert run.checkpoint_steps() == expected.checkpoint_steps()


def test_more_steps_than_planned(tmp_path: Path) -> None:
    steady = {**RICH, "schedule.learning_rate": "Constant"}  # a falling rate would depend on the planned end
    long = train(tiny_recipe("dcgan-shapes", steady), out=tmp_path / "long")
    short = train(tiny_recipe("dcgan-shapes", {**steady, "schedule.steps": 7}), out=tmp_path / "short")
    assert short.checkpoint_steps()[0] == 7
    resume(short, steps=STEPS)
    assert short.recipe() == long.recipe()
    ours, theirs = final_state(short), final_state(long)
    for name in ("networks.safetensors", "average.safetensors", "state.safetensors", f"step-{STEPS:08d}.png"):
        assert ours[name] == theirs[name]


def test_resuming_a_finished_run_changes_nothing(tmp_path: Path) -> None:
    run = train(tiny_recipe("gan-ring8"), out=tmp_path / "run")
    before = final_state(run)
    assert final_state(resume(run)) == before


# --- every item of the state matters ---------------------------------------------------------------------------------

CUT, END = 8, 9


@functools.cache
def _dataset(spec: Spec) -> Dataset:
    dataset: Dataset = spec()
    return dataset


def _build_trainer(recipe: Recipe) -> Trainer:
    return make_trainer(recipe, _dataset(recipe.data), Engine(recipe.machine), 0)


def _finish(recipe: Recipe, state: dict[str, Any]) -> Any:
    """Resume from a state; return the final state and the means logged until then, or the error."""
    trainer = _build_trainer(recipe)
    try:
        trainer.load_state_dict(copy.deepcopy(state))
        logged = []
        while trainer.step < END:
            trainer.train_step()
            if trainer.step == 9:
                logged.append(trainer.read_log())
    except (RunError, KeyError, RuntimeError, ValueError, TypeError, IndexError, AttributeError) as error:
        return error
    return trainer.state_dict(), logged


def _same(a: Any, b: Any) -> bool:
    if isinstance(a, torch.Tensor):
        return isinstance(b, torch.Tensor) and a.dtype == b.dtype and torch.equal(a, b)
    if isinstance(a, dict):
        return isinstance(b, dict) and a.keys() == b.keys() and all(_same(a[k], b[k]) for k in a)
    if isinstance(a, list | tuple):
        return type(a) is type(b) and len(a) == len(b) and all(map(_same, a, b))
    return type(a) is type(b) and a == b


# torch stores these, but they do not change results; the learning rate is set before every step.
NOT_STATE = {
    "lr", "params", "amsgrad", "maximize", "foreach", "capturable", "differentiable", "fused", "decoupled_weight_decay",
}  # fmt: skip


def _paths(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    children = (
        value.items()
        if isinstance(value, dict)
        else enumerate(value)
        if isinstance(value, list | tuple)
        else ()
    )
    for key, child in children:
        if key in NOT_STATE:
            continue
        if not isinstance(child, dict | list | tuple):
            yield (*path, key)
        yield from _paths(child, (*path, key))


def _copy_containers(value: Any) -> Any:
    """Return copies of the containers with the same tensors."""
    if isinstance(value, dict):
        return {key: _copy_containers(child) for key, child in value.items()}
    return [_copy_containers(child) for child in value] if isinstance(value, list) else value


def _change(state: dict[str, Any], path: tuple[Any, ...], how: str) -> dict[str, Any]:
    state = _copy_containers(state)
    holder = state
    for i, key in enumerate(path[:-1]):
        if isinstance(holder[key], tuple):
            holder[key] = list(holder[key])
        holder = holder[key]
        assert i < 20
    key = path[-1]
    if how == "lost":
        del holder[key]
    elif isinstance(holder[key], torch.Tensor):
        flat = holder[key] = holder[key].clone()
        flat.view(-1)[0] += 1 if not flat.is_floating_point() else 0.125
    elif holder[key] is None or isinstance(holder[key], bool):
        holder[key] = not holder[key]
    else:
        holder[key] = holder[key] + type(holder[key])(1) / (1 if isinstance(holder[key], int) else 2)
    return state


def _is_overwritten(path: tuple[Any, ...], state: dict[str, Any]) -> bool:
    """Whether the next step overwrites the item.

    Spectral norm computes u from v (and both, if there is one output); an average copies its network's counter.
    """
    part, name = path[0], str(path[-1])
    if part == "average":
        return name.endswith("num_batches_tracked")
    only_output = name.endswith("._v") and state[part][name[:-1] + "u"].numel() == 1
    return part == "networks" and (name.endswith("._u") or only_output)


@pytest.mark.parametrize("name", ["dcgan-shapes", "gan-r1-ring8"])
def test_every_item_of_the_state_matters(name: str, tmp_path: Path) -> None:
    widths = {"networks.G.width": 2, "networks.D.width": 2, "schedule.batch": 4}
    momentum = {f"optimizers.{network}.betas": (0.5, 0.9) for network in "GD"}
    recipe = tiny_recipe(name, {**RICH, **widths, **momentum})
    trainer = _build_trainer(recipe)
    for _ in range(CUT):
        trainer.train_step()
        if trainer.step == 6:
            trainer.read_log()
    state = read_checkpoint(save_checkpoint(tmp_path, trainer.state_dict()))
    expected = _finish(recipe, state)
    assert not isinstance(expected, Exception)
    assert _same(_finish(recipe, state), expected)
    paths = list(_paths(state))
    kinds = {path[0] for path in paths}
    assert kinds == {"step", "networks", "average", "optimizers", "log"}
    assert {p[-1] for p in paths} >= {"exp_avg", "exp_avg_sq", "step", "eps"}
    survived = [
        (how, path)
        for path in paths
        for how in ("lost", "altered")
        if _same(_finish(recipe, _change(state, path, how)), expected)
    ]
    record(f"state of {name}, each item lost and altered", items=len(paths))
    assert {path for _, path in survived} == {path for path in paths if _is_overwritten(path, state)}


def test_a_resumed_run_warns_of_another_machine(tmp_path: Path) -> None:
    from ganbench.utils.console import SilentConsole

    run = train_until(tiny_recipe("gan-ring8"), tmp_path / "run", 2)
    edit_json(run.path / "meta.json", lambda meta: meta["machine"].update(threads=64))
    warnings: list[str] = []

    class RecordingConsole(SilentConsole):
        def warn(self, text: str) -> None:
            warnings.append(text)

    resume(Run(run.path), console=RecordingConsole())
    assert (
        warnings[0]
        == "threads was 64, is 1: the run continues correctly, but not bit for bit as it would have"
    )
