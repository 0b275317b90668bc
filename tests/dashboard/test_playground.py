"""Samples from every kind of model: the same request gives the same samples."""

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
    can_score_images,
    count_directions,
    generate_samples,
    load_checkpoint,
    real_points,
    representation_sources,
    score_image,
    transform_image,
)
from ganbench.dashboard.sample_request import SampleRequest, build_sample_grid
from ganbench.errors import UserError
from ganbench.inference.critic_scores import critic_scores
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
def test_samples_as_png_and_npz(models: Models, kind: str) -> None:
    model = models(kind)
    sources = representation_sources(model)
    request = SampleRequest(n=12, seed=5, representations=sources[0] if sources else None)
    samples = generate_samples(model, request)
    assert torch.equal(samples.samples, generate_samples(model, request).samples)
    picture = Image.open(io.BytesIO(samples.png(model)))
    assert picture.width > 100
    arrays = np.load(io.BytesIO(samples.npz(model)))
    assert np.array_equal(arrays["samples"], samples.samples.numpy())
    assert ("labels" in arrays) == bool(model.classes)
    if not model.classes:
        assert torch.equal(samples.samples, model.sample(12, seed=5)), "as from the command line"


def test_one_class_or_a_column_per_class(models: Models) -> None:
    model = models("classes")
    classes = len(model.classes)
    samples = generate_samples(model, SampleRequest(n=7, label=2))
    assert samples.labels is not None
    assert samples.labels.tolist() == [2] * 7
    assert torch.equal(samples.samples, model.sample(7, seed=0, labels=2))
    grid = build_sample_grid(model, SampleRequest(n=2 * classes + 1))
    assert (grid.columns, len(grid.latents)) == (classes, 2 * classes)
    assert torch.equal(grid.latents[0], grid.latents[classes - 1]), "one latent per row"
    few = build_sample_grid(model, SampleRequest(n=1))
    assert len(few.latents) == 1


def test_an_interpolation_starts_and_ends_at_its_seeds(models: Models) -> None:
    model = models("points")
    grid = build_sample_grid(model, SampleRequest(n=3, seed=1, to_seed=2))
    assert grid.columns == 10
    rows = grid.latents.reshape(3, 10, -1)
    torch.testing.assert_close(rows[:, 0], model.latents(3, 1))
    torch.testing.assert_close(rows[:, -1], model.latents(3, 2))
    assert rows[:, 5].std() > 0.5, "latents in between have the usual length"


def test_setting_codes_leaves_the_rest_unchanged(models: Models) -> None:
    model = models("codes")
    codes = model.latent.codes  # type: ignore[attr-defined]
    before = build_sample_grid(model, SampleRequest(n=4)).latents
    after = build_sample_grid(
        model, SampleRequest(n=4, categorical=((0, 1),), continuous=((0, -1.5),))
    ).latents
    start = before.shape[1] - codes.size
    assert torch.equal(after[:, :start], before[:, :start])
    assert after[:, start : start + codes.categorical[0]].argmax(1).tolist() == [1] * 4
    assert after[:, start + sum(codes.categorical)].tolist() == [-1.5] * 4
    for invalid in (
        SampleRequest(categorical=((9, 0),)),
        SampleRequest(categorical=((0, 99),)),
        SampleRequest(continuous=((0, float("nan")),)),
    ):
        with pytest.raises(UserError, match="there is no"):
            build_sample_grid(model, invalid)


def test_latents_move_along_directions(models: Models) -> None:
    model = models("codes")
    before = build_sample_grid(model, SampleRequest(n=4)).latents
    available = directions(model, before[:1])
    after = build_sample_grid(model, SampleRequest(n=4, directions=((0, 2.0), (2, -1.0)))).latents
    torch.testing.assert_close(
        after - before, (2 * available[0] - available[2]).expand_as(before), atol=1e-5, rtol=0
    )
    assert count_directions(model) == 5
    for invalid in (
        SampleRequest(directions=((len(available), 1.0),)),
        SampleRequest(directions=((0, float("nan")),)),
    ):
        with pytest.raises(UserError, match="there is no direction"):
            build_sample_grid(model, invalid)


def test_representations_are_random_or_learned_but_never_from_files(models: Models) -> None:
    model = models("representations")
    assert representation_sources(model) == ("learned", "normal", "uniform")
    assert representation_sources(models("points")) == ()
    learned, random = (
        generate_samples(model, SampleRequest(n=4, representations=source)).samples
        for source in ("learned", "normal")
    )
    assert learned.shape == random.shape == (4, *model.info.shape)
    assert not torch.equal(learned, random)
    with pytest.raises(UserError, match="generates from real images"):
        generate_samples(model, SampleRequest(n=4, representations="real"))
    with pytest.raises(UserError, match="no choice of representations"):
        generate_samples(models("points"), SampleRequest(representations="normal"))


def test_truncation_bounds_the_latents(models: Models) -> None:
    model = models("points")
    assert build_sample_grid(model, SampleRequest(n=50, truncation=0.3)).latents.abs().max() <= 0.3


def test_real_points_are_shown_only_for_synthetic_data(root: Path, models: Models) -> None:
    model = models("points")
    real = real_points(Run(root / "points-seed0").recipe())
    assert real is not None
    samples = generate_samples(model, SampleRequest(n=50))
    assert samples.png(model, real) != samples.png(model)
    recipe = Run(root / "points-seed0").recipe()
    assert real_points(recipe.override({"data": f"folder:{root}"})) is None
    assert real_points(recipe.override({"data.points": 10**9})) is None


def test_a_recipe_that_would_read_files_is_not_loaded(root: Path, models: Models, tmp_path: Path) -> None:
    models("classes")
    copy = Run(shutil.copytree(root / "classes-seed0", tmp_path / "copy"))
    assert load_checkpoint(copy, 8).step == 8
    recipe = read_json(copy.path / "recipe.json")
    assert recipe["data"]["target"].startswith("ganbench.data."), "the run's own data set is allowed"
    recipe["networks"]["D"]["conditioning"] = {"target": "ganbench.data.folder:folder", "path": str(tmp_path)}
    write_json(copy.path / "recipe.json", recipe)
    with pytest.raises(UserError, match="where no data set belongs"):
        load_checkpoint(copy, 8)


def test_an_image_is_ranked_among_generated_samples(models: Models) -> None:
    model = models("codes")
    assert can_score_images(model)
    generated = model.sample(256, seed=0)
    scores = critic_scores(model, generated)
    assert score_image(model, generated[scores.argmax()][None])[1] >= 255 / 256 - 1e-6
    assert score_image(model, generated[scores.argmin()][None])[1] <= 1e-6
    assert not can_score_images(models("classes"))


REQUESTS = some.builds(
    SampleRequest,
    n=some.integers(-10, 10**9),
    seed=some.integers(-10, 10**30),
    to_seed=some.none() | some.integers(-10, 10**30),
    label=some.none() | some.integers(-10, 10**6),
    truncation=some.none() | some.floats(),
    categorical=some.lists(some.tuples(some.integers(-3, 5), some.integers(-3, 20)), max_size=2).map(tuple),
)


@settings(max_examples=60)
@given(REQUESTS, some.sampled_from(["points", "codes"]))
def test_any_request_succeeds_or_raises_a_user_error(
    models: Models, sample_request: SampleRequest, kind: str
) -> None:
    with suppress(UserError):
        grid = build_sample_grid(models(kind), sample_request)
        assert 1 <= len(grid.latents) <= 50_000
        assert torch.isfinite(grid.latents).all()


def test_an_image_is_transformed_as_far_as_the_model_supports(models: Models) -> None:
    model = models("codes")
    image = model.sample(1)
    assert transform_image(model, image) == {}

    class Encoder:
        domains = ("b", "red")

        @property
        def algorithm(self) -> Encoder:
            return self

        def reconstruct(self, items: torch.Tensor) -> torch.Tensor:
            return 255 - items

        def translate(self, items: torch.Tensor, *, target: str) -> torch.Tensor:
            assert target in self.domains
            return items // 2

    results = transform_image(Encoder(), image)  # type: ignore[arg-type]
    assert list(results) == ["reconstruction", "translated to b", "translated to red"]
    assert torch.equal(results["reconstruction"], 255 - image)
