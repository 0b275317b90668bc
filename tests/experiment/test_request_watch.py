from __future__ import annotations

from pathlib import Path

import pytest
from tests.support.training import tiny_recipe

from ganbench.augment.ada import ADA
from ganbench.config.spec import Spec
from ganbench.data.base import DataInfo
from ganbench.errors import UserError
from ganbench.experiment.request_watch import LOOK_SECONDS, RequestWatch, require_changeable
from ganbench.inference.build import make_dataset
from ganbench.recipes.base import Recipe
from ganbench.runs.requests import Request, list_requests, write_request
from ganbench.runs.run import Run
from ganbench.utils.console import SilentConsole


@pytest.fixture(scope="module")
def recipe() -> Recipe:
    return tiny_recipe("dcgan-r1-cifar10", {"algorithm.augmentation": Spec(ADA, p=0.1)})


@pytest.fixture(scope="module")
def info(recipe: Recipe) -> DataInfo:
    return make_dataset(recipe).info


def test_a_setting_that_only_saved_state_began_with_is_refused(recipe: Recipe, info: DataInfo) -> None:
    with pytest.raises(UserError, match=r"no effect: it is where algorithm\.augmentation\.probability began"):
        require_changeable(recipe, recipe.override({"algorithm.augmentation.p": 0.5}), info, 3)
    require_changeable(recipe, recipe.override({"algorithm.augmentation.target": 0.5}), info, 3)


def test_a_part_refuses_its_new_value(recipe: Recipe, info: DataInfo) -> None:
    with pytest.raises(UserError, match=r"target in \[-1, 1\]"):
        require_changeable(recipe, recipe.override({"algorithm.augmentation.target": 1.5}), info, 3)


def test_it_looks_once_a_second_and_only_removes_what_is_done(
    tmp_path: Path, recipe: Recipe, info: DataInfo
) -> None:
    meta = {"seed": 0, "machine": {}, "data": info.to_dict()}
    run, now = Run.create(tmp_path / "run", recipe, meta), [0.0]
    watch = RequestWatch(run, SilentConsole(), clock=lambda: now[0])
    assert watch.look(recipe, 1) == {}
    path = write_request(run.path, Request("change", {"optimizers.G.lr": 0.25}))
    now[0] += LOOK_SECONDS - 0.01
    assert watch.look(recipe, 1) == {}
    now[0] += 0.01
    assert watch.look(recipe, 1) == {"optimizers.G.lr": 0.25}
    assert list_requests(run.path) == [path]
    watch.finish()
    assert list_requests(run.path) == []
    assert not watch.stops
