"""Tasks: their rows are the model's latents, and results do not depend on the other rows of a batch."""

from __future__ import annotations

import pytest
import torch
from benchmarks.serve_exact import tasks_of, worst_difference
from tests.serve.conftest import RECIPES

from ganbench.errors import UserError
from ganbench.inference.model import Model
from ganbench.serve.schemas import InterpolateQuery, SampleQuery
from ganbench.serve.tasks import Tasks


@pytest.mark.parametrize("kind", RECIPES)
def test_results_do_not_depend_on_other_rows(models: dict[str, Model], kind: str) -> None:
    tasks = tasks_of(models[kind], 32)
    assert tasks
    for name, task in tasks.items():
        assert worst_difference(task, 32) == 0, name


def test_the_rows_of_samples(models: dict[str, Model]) -> None:
    model = models["classes"]
    labels = Tasks(model).labels(["3", "1"], 2)
    rows = Tasks(model).sample(SampleQuery(n=2, seed=5, truncation=0.5), labels).draw()
    assert torch.equal(rows["latents"], model.latents(2, 5, truncation=0.5))
    assert rows["labels"].tolist() == [3, 1]


def test_the_rows_of_interpolations_begin_and_end_at_the_seeds(models: dict[str, Model]) -> None:
    for kind in ("points", "representations"):
        model = models[kind]
        query = InterpolateQuery(
            seed=[3, 8, 4], steps=5, representations="normal" if kind == "representations" else None
        )
        task = Tasks(model).interpolate(query, None)
        latents = task.draw()["latents"]
        assert task.count == len(latents) == 10
        single = [
            Tasks(model)
            .sample(SampleQuery(n=1, seed=seed, representations=query.representations), None)
            .draw()
            for seed in query.seeds
        ]
        ends = torch.cat([rows["latents"] for rows in single])
        torch.testing.assert_close(latents[[0, 4, 5, 9]], ends[[0, 1, 1, 2]])


def test_the_source_of_representations_is_restored(models: dict[str, Model]) -> None:
    model = models["representations"]
    assert model.needs_real_inputs
    Tasks(model).sample(SampleQuery(representations="uniform"), None).draw()
    assert model.needs_real_inputs
    with pytest.raises(UserError, match="give representations: learned, normal, uniform"):
        Tasks(model).sample(SampleQuery(representations="lerp"), None).draw()
    with pytest.raises(UserError, match="unknown sampling 'narmal'"):
        Tasks(model).sample(SampleQuery(representations="narmal"), None).draw()
    assert model.algorithm.sampling == "real"


def test_labels(models: dict[str, Model]) -> None:
    model = models["classes"]
    assert Tasks(model).labels([], 12).tolist() == [*range(10), 0, 1]  # type: ignore[union-attr]
    assert Tasks(model).labels(["7"], 3).tolist() == [7, 7, 7]  # type: ignore[union-attr]
    assert Tasks(models["points"]).labels([], 3) is None
    with pytest.raises(UserError, match="give class once, or 3 times, not 2 times"):
        Tasks(model).labels(["1", "2"], 3)
    with pytest.raises(UserError, match="trained without classes"):
        Tasks(models["points"]).labels(["1"], 3)
