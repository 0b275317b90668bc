"""Test which records count for a recipe, and how scores over seeds are written."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from ganbench.recipes.registry import find_recipe

RESULTS = Path(__file__).parents[2] / "results"


@pytest.fixture(scope="module")
def records() -> Iterator[ModuleType]:
    """The module that reads the records."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(RESULTS))
        yield importlib.import_module("records")


@pytest.mark.parametrize(
    ("changes", "keys"),
    [
        ({}, []),
        ({"optimizers.G.lr": 0.5}, ["optimizers.G.lr"]),
        ({"algorithm.loss": "Hinge"}, ["algorithm.loss"]),
        ({"schedule.sample_every": 7, "schedule.evaluate_every": 7, "machine.threads": 1}, []),
        ({"machine.precision": "bf16"}, ["machine.precision"]),
        ({"networks.G.slope": 0.2}, []),  # its default
    ],
)
def test_settings_that_affect_training_are_named(
    changes: dict[str, object], keys: list[str], records: ModuleType
) -> None:
    recipe = find_recipe("gan-ring8", "laptop")
    assert list(records.changed_settings(recipe, recipe.override(changes))) == keys


def test_a_run_counts_only_with_the_present_settings(
    monkeypatch: pytest.MonkeyPatch, records: ModuleType
) -> None:
    recipe = find_recipe("gan-ring8", "laptop")
    facts = {"recipe": "gan-ring8", "budget": "laptop", "label": "gan-ring8"}
    old = {**facts, "seed": 0, "settings": recipe.override({"networks.G.width": 7}).to_dict()}
    new = [{**facts, "seed": seed, "settings": recipe.to_dict()} for seed in (2, 1)]
    monkeypatch.setattr(records, "read_studies", lambda: {})
    monkeypatch.setattr(records, "read_runs", lambda: (old, *new))
    evidence = records.find_evidence("gan-ring8")
    assert [record["seed"] for record in evidence.records] == [1, 2]
    assert evidence.older == ()
    monkeypatch.setattr(records, "read_runs", lambda: (old,))
    evidence = records.find_evidence("gan-ring8")
    assert (evidence.records, evidence.older) == ((old,), ("networks.G.width",))


def test_scores_over_seeds_are_written_with_their_range(records: ModuleType) -> None:
    values = [
        {"scores": [{"name": "fd[x]", "value": v}, {"name": "accuracy[y]", "value": 0.5}]}
        for v in (3, 1, 200)
    ]
    assert records.describe_scores(values) == "fd 3 (1 to 200), accuracy 50 %; 3 seeds"
    assert records.describe_scores(values[:1], limit=1) == "fd 3; one seed"
    assert records.describe_scores([]) == ""
