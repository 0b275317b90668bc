"""What a person may ask a model for, and gets: the same samples for the same wish, in every kind of model."""

from __future__ import annotations

import io
import shutil
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as some
from PIL import Image
from tests.dashboard.runs import KINDS, model_of

from ganbench.dashboard.playground import (
    answers,
    directions_of,
    draw,
    judged,
    judges,
    opened,
    real_points,
    representations_of,
)
from ganbench.dashboard.sample_request import SampleRequest, arranged
from ganbench.errors import UserError
from ganbench.inference.critic_scores import scores_of
from ganbench.inference.directions import directions
from ganbench.inference.model import Model
from ganbench.runs.run import Run
from ganbench.utils.files import read_json, write_json

Models = Callable[[str], Model]


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("playground")


@pytest.fixture(scope="module")
def models(root: Path) -> Models:
    return cache(lambda kind: model_of(root, kind))


@pytest.mark.parametrize("kind", KINDS)
def test_a_wish_is_a_picture_and_the_same_samples_as_numbers(models: Models, kind: str) -> None:
    asked = models(kind)
    sources = representations_of(asked)
    wish = SampleRequest(n=12, seed=5, representations=sources[0] if sources else None)
    made = draw(asked, wish)
    assert torch.equal(made.samples, draw(asked, wish).samples)
    picture = Image.open(io.BytesIO(made.png(asked)))
    assert picture.width > 100
    held = np.load(io.BytesIO(made.npz(asked)))
    assert np.array_equal(held["samples"], made.samples.numpy())
    assert ("labels" in held) == bool(asked.classes)
    if not asked.classes:
        assert torch.equal(made.samples, asked.sample(12, seed=5)), "as on the command line"


def test_a_class_is_drawn_alone_or_each_in_a_column(models: Models) -> None:
    asked = models("classes")
    classes = len(asked.classes)
    made = draw(asked, SampleRequest(n=7, label=2))
    assert made.labels is not None
    assert made.labels.tolist() == [2] * 7
    assert torch.equal(made.samples, asked.sample(7, seed=0, labels=2))
    grid = arranged(asked, SampleRequest(n=2 * classes + 1))
    assert (grid.columns, len(grid.latents)) == (classes, 2 * classes)
    assert torch.equal(grid.latents[0], grid.latents[classes - 1]), "a row is one latent in every class"
    few = arranged(asked, SampleRequest(n=1))
    assert len(few.latents) == 1


def test_a_way_begins_and_ends_at_its_seeds(models: Models) -> None:
    asked = models("points")
    way = arranged(asked, SampleRequest(n=3, seed=1, to_seed=2))
    assert way.columns == 10
    rows = way.latents.reshape(3, 10, -1)
    torch.testing.assert_close(rows[:, 0], asked.latents(3, 1))
    torch.testing.assert_close(rows[:, -1], asked.latents(3, 2))
    assert rows[:, 5].std() > 0.5, "what lies between is as likely as a draw"


def test_codes_are_set_and_all_else_stays(models: Models) -> None:
    asked = models("codes")
    codes = asked.latent.codes  # type: ignore[attr-defined]
    before = arranged(asked, SampleRequest(n=4)).latents
    after = arranged(asked, SampleRequest(n=4, categorical=((0, 1),), continuous=((0, -1.5),))).latents
    start = before.shape[1] - codes.size
    assert torch.equal(after[:, :start], before[:, :start])
    assert after[:, start : start + codes.categorical[0]].argmax(1).tolist() == [1] * 4
    assert after[:, start + sum(codes.categorical)].tolist() == [-1.5] * 4
    for wrong in (
        SampleRequest(categorical=((9, 0),)),
        SampleRequest(categorical=((0, 99),)),
        SampleRequest(continuous=((0, float("nan")),)),
    ):
        with pytest.raises(UserError, match="there is no"):
            arranged(asked, wrong)


def test_a_latent_is_moved_along_the_directions_that_g_heeds_most(models: Models) -> None:
    asked = models("codes")
    before = arranged(asked, SampleRequest(n=4)).latents
    known = directions(asked, before[:1])
    after = arranged(asked, SampleRequest(n=4, directions=((0, 2.0), (2, -1.0)))).latents
    torch.testing.assert_close(after - before, (2 * known[0] - known[2]).expand_as(before), atol=1e-5, rtol=0)
    assert directions_of(asked) == 5
    for wrong in (
        SampleRequest(directions=((len(known), 1.0),)),
        SampleRequest(directions=((0, float("nan")),)),
    ):
        with pytest.raises(UserError, match="there is no direction"):
            arranged(asked, wrong)


def test_representations_are_drawn_or_learned_and_never_of_files(models: Models) -> None:
    asked = models("representations")
    assert representations_of(asked) == ("learned", "normal", "uniform")
    assert representations_of(models("points")) == ()
    learned, random = (
        draw(asked, SampleRequest(n=4, representations=way)).samples for way in ("learned", "normal")
    )
    assert learned.shape == random.shape == (4, *asked.info.shape)
    assert not torch.equal(learned, random)
    with pytest.raises(UserError, match="start from pictures"):
        draw(asked, SampleRequest(n=4, representations="real"))
    with pytest.raises(UserError, match="no choice of representations"):
        draw(models("points"), SampleRequest(representations="normal"))


def test_truncation_brings_latents_nearer_to_the_middle(models: Models) -> None:
    asked = models("points")
    assert arranged(asked, SampleRequest(n=50, truncation=0.3)).latents.abs().max() <= 0.3


def test_points_of_the_data_stand_behind_only_where_the_recipe_draws_them(root: Path, models: Models) -> None:
    asked = models("points")
    real = real_points(Run(root / "points-seed0").recipe())
    assert real is not None
    assert draw(asked, SampleRequest(n=50)).png(asked, real) != draw(asked, SampleRequest(n=50)).png(asked)
    recipe = Run(root / "points-seed0").recipe()
    assert real_points(recipe.override({"data": f"folder:{root}"})) is None
    assert real_points(recipe.override({"data.points": 10**9})) is None


def test_a_recipe_that_would_read_files_is_not_loaded(root: Path, models: Models, tmp_path: Path) -> None:
    models("classes")
    copy = Run(shutil.copytree(root / "classes-seed0", tmp_path / "copy"))
    assert opened(copy, 8).step == 8
    recipe = read_json(copy.path / "recipe.json")
    assert recipe["data"]["target"].startswith("ganbench.data."), "the run's own data may be any"
    recipe["networks"]["D"]["conditioning"] = {"target": "ganbench.data.folder:folder", "path": str(tmp_path)}
    write_json(copy.path / "recipe.json", recipe)
    with pytest.raises(UserError, match="where no data belong"):
        opened(copy, 8)


def test_d_ranks_a_picture_among_the_models_own(models: Models) -> None:
    asked = models("codes")
    assert judges(asked)
    own = asked.sample(256, seed=0)
    scores = scores_of(asked, own)
    assert judged(asked, own[scores.argmax()][None])[1] >= 255 / 256 - 1e-6
    assert judged(asked, own[scores.argmin()][None])[1] <= 1e-6
    assert not judges(models("classes"))


WISHES = some.builds(
    SampleRequest,
    n=some.integers(-10, 10**9),
    seed=some.integers(-10, 10**30),
    to_seed=some.none() | some.integers(-10, 10**30),
    label=some.none() | some.integers(-10, 10**6),
    truncation=some.none() | some.floats(),
    categorical=some.lists(some.tuples(some.integers(-3, 5), some.integers(-3, 20)), max_size=2).map(tuple),
)


@settings(max_examples=60)
@given(WISHES, some.sampled_from(["points", "codes"]))
def test_any_wish_is_fulfilled_or_refused(models: Models, wish: SampleRequest, kind: str) -> None:
    with suppress(UserError):
        asked = arranged(models(kind), wish)
        assert 1 <= len(asked.latents) <= 50_000
        assert torch.isfinite(asked.latents).all()


def test_what_the_model_makes_of_a_picture_is_what_it_can(models: Models) -> None:
    asked = models("codes")
    picture = asked.sample(1)
    assert answers(asked, picture) == {}

    class Encoder:
        def reconstruct(self, items: torch.Tensor) -> torch.Tensor:
            return 255 - items

        def translate(self, items: torch.Tensor, *, back: bool = False) -> torch.Tensor:
            if back:
                raise UserError("it translates one way only")
            return items // 2

    made = answers(Encoder(), picture)  # type: ignore[arg-type]
    assert list(made) == ["made again", "translated"]
    assert torch.equal(made["made again"], 255 - picture)
