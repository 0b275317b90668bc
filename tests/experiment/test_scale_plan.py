"""Plans of runs on other machines: the counts of a step, the ring's closed form, and what the numbers add up to."""

from __future__ import annotations

import math

import pytest
from tests.support.training import tiny_recipe

from ganbench.errors import UserError
from ganbench.experiment.hardware import STATED, Hardware
from ganbench.experiment.scale_plan import Work, count_work, measure_this_machine, predict, ring_seconds
from ganbench.inference.build import make_dataset
from ganbench.training.engine import Engine

SIMPLE = Hardware(
    name="simple", flops=1e6, update_seconds=0.5, devices=2, bandwidth=1e3, latency=0.0, source="a test"
)
WORK = Work(
    flop_per_image=2e5, updates=2, reduced_bytes=400, images_read=3, item_bytes=10, checkpoint_bytes=7
)


def test_a_step_is_counted() -> None:
    recipe = tiny_recipe("gan-ring8", {"networks.G.width": 8, "networks.D.width": 8})
    work = count_work(recipe, make_dataset(recipe), Engine(recipe.machine))
    latent, updates = recipe.latent.kwargs["size"], recipe.algorithm.kwargs["critic_steps"]
    hidden = 2 * 8 * 8
    g, d = latent * 8 + hidden + 8 * 2, 2 * 8 + hidden + 8
    per_image = updates * (g + 2 * (3 * d - 2 * 8)) + (3 * g - latent * 8) + 2 * d
    assert work.flop_per_image == 2 * per_image
    weights = {"G": g + 8 * 3 + 2, "D": d + 8 * 3 + 1}
    assert work.reduced_bytes == 4 * (updates * weights["D"] + weights["G"])
    assert work.checkpoint_bytes == 4 * 3 * sum(weights.values())
    assert (work.updates, work.images_read, work.item_bytes) == (updates + 1, updates, 8)


@pytest.mark.parametrize(
    ("settings", "period"),
    [
        ({"algorithm.regularizers.0.every": 1}, 1),
        ({"algorithm.regularizers.0.every": 4}, 4),
        ({"schedule.microbatches": 4}, 1),
    ],
)
def test_penalties_are_counted_as_often_as_they_are_due(settings: dict[str, int], period: int) -> None:
    recipe = tiny_recipe("gan-r1-ring8", {"networks.G.width": 8, "networks.D.width": 8, **settings})
    dataset, engine = make_dataset(recipe), Engine(recipe.machine)
    work = count_work(recipe, dataset, engine)
    without = recipe.override({"algorithm.regularizers": []})
    plain = count_work(without, dataset, engine).flop_per_image
    always = count_work(recipe.override({"algorithm.regularizers.0.every": 1}), dataset, engine)
    assert work.period == period
    assert always.flop_per_image > plain
    assert work.flop_per_image - plain == pytest.approx((always.flop_per_image - plain) / period)


def test_a_ring_sends_each_part_twice_around() -> None:
    assert ring_seconds(1000.0, 1, SIMPLE) == 0
    assert ring_seconds(1000.0, 2, SIMPLE) == pytest.approx(2 * 500 / 1e3)
    assert ring_seconds(1000.0, 4, SIMPLE) == pytest.approx(6 * 250 / 1e3)


def test_the_plan_adds_up() -> None:
    recipe = tiny_recipe("gan-ring8", {"schedule.batch": 40, "schedule.keep_last": 2})
    plan = predict(recipe, WORK, SIMPLE, machines=2, images=1e4, stored_bytes=5e3, price=3.0)
    assert plan.processes == 4
    assert plan.compute_seconds == pytest.approx(2e5 * 10 / 1e6 + 2 * 0.5)
    assert plan.reduce_seconds == pytest.approx(2 * 6 * 50 / 1e3)
    assert plan.step_seconds == pytest.approx(plan.compute_seconds + plan.reduce_seconds)
    assert (plan.steps, plan.total_seconds) == (250, pytest.approx(250 * plan.step_seconds))
    assert plan.read_bytes_per_second == pytest.approx(3 * 40 * 10 / plan.step_seconds)
    assert plan.storage_bytes == 5e3 + 3 * 7
    assert plan.price == pytest.approx(3 * 2 * plan.total_seconds / 3600)
    alone = predict(recipe, WORK, SIMPLE, machines=1, devices=1)
    assert (alone.reduce_seconds, alone.reduced_bytes_per_step) == (0, 0)


def test_a_batch_that_cannot_be_divided_is_refused_with_one_that_can() -> None:
    recipe = tiny_recipe("gan-ring8", {"schedule.batch": 40})
    with pytest.raises(
        UserError, match=r"batch=40 cannot be divided among 512 processes; set schedule\.batch=512"
    ):
        predict(recipe, WORK, STATED["h100"], machines=64)


@pytest.mark.parametrize("images", [math.inf, math.nan])
def test_a_number_that_is_not_finite_is_refused(images: float) -> None:
    with pytest.raises(UserError, match="a plan needs a finite number for images, not"):
        predict(tiny_recipe("gan-ring8"), WORK, SIMPLE, images=images)


def test_this_machine_is_measured() -> None:
    recipe = tiny_recipe("gan-ring8", {"schedule.batch": 64})
    dataset, engine = make_dataset(recipe), Engine(recipe.machine)
    work = count_work(recipe, dataset, engine)
    here = measure_this_machine(recipe, dataset, engine, work)
    assert here.flops > 0
    parts = recipe.override({"schedule.batch": 12, "schedule.microbatches": 4})
    assert "batches of 4 and 12" in measure_this_machine(parts, dataset, engine, work).source
    with pytest.raises(UserError, match=r"needs schedule\.batch=24 or more"):
        measure_this_machine(parts.override({"schedule.microbatches": 12}), dataset, engine, work)
    assert here.update_seconds >= 0
    with pytest.raises(UserError, match=r"needs schedule\.batch=2 or more"):
        measure_this_machine(recipe.override({"schedule.batch": 1}), dataset, engine, work)
