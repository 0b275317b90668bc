"""SimSiam: its loss in closed form, the stop-gradient, views, the measure of collapse, and a run."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
import torch
from tests.support.context import context
from tests.support.training import tiny_recipe
from torch import nn

from ganbench.algorithms import SimSiam
from ganbench.algorithms.simsiam import channel_std
from ganbench.algorithms.views import Views
from ganbench.data.base import Batch
from ganbench.errors import UserError
from ganbench.experiment.train import train
from ganbench.inference.load import load
from ganbench.networks import Predictor, ResNetEncoder
from ganbench.recipes.base import Recipe
from ganbench.report.page import write_report
from ganbench.utils.random_stream import RandomStream
from ganbench.visualization.export import write_samples


def networks() -> nn.ModuleDict:
    torch.manual_seed(0)
    f = ResNetEncoder(shape=(3, 8, 8), width=4, blocks=1, size=6)
    return nn.ModuleDict({"f": f, "h": Predictor(size=6, width=4)})


def images(rows: int = 8) -> torch.Tensor:
    return torch.rand(rows, 3, 8, 8, generator=torch.Generator().manual_seed(1)) * 2 - 1


def test_the_loss_is_the_negative_cosine_of_the_prediction_and_the_other_view() -> None:
    outputs = iter([torch.tensor([[1.0, 0.0]]), torch.tensor([[1.0, 1.0]])] * 2)

    class FixedOutputs(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return next(outputs)

    nets = nn.ModuleDict({"f": FixedOutputs(), "h": nn.Identity()})
    terms = SimSiam(views=lambda x, stream: x).losses(nets, Batch(images(1)), context())
    assert terms["similarity"].tolist() == pytest.approx([-1 / math.sqrt(2)])


def test_no_gradient_passes_through_the_target() -> None:
    nets = networks()
    nets["h"] = nn.Linear(6, 6)  # a constant prediction: f can get gradients through h only
    nn.init.zeros_(nets["h"].weight)
    terms = SimSiam().losses(nets, Batch(images()), context())
    assert set(terms) == {"similarity", "spread"}
    terms["similarity"].mean().backward()
    assert nets["h"].bias.grad is not None
    assert nets["h"].bias.grad.abs().max() > 0
    assert all(p.grad is None or p.grad.abs().max() < 1e-6 for p in nets["f"].parameters())
    assert not terms["spread"].requires_grad


def test_channel_std_is_one_for_outputs_in_all_directions_and_zero_if_all_are_equal() -> None:
    many = torch.randn(4000, 32, generator=torch.Generator().manual_seed(0))
    assert float(channel_std(many)) == pytest.approx(1.0, abs=0.02)
    assert float(channel_std(many[:1].expand(100, -1))) == pytest.approx(0.0, abs=1e-6)


def test_views_stay_in_range_differ_and_depend_on_the_stream_alone() -> None:
    x, views = images(64), Views()
    one, same, other = (views(x, RandomStream("view", key)) for key in (0, 0, 1))
    assert torch.equal(one, same)
    assert not torch.equal(one, other)
    assert one.shape == x.shape
    assert -1 <= one.min() < one.max() <= 1
    halves = [views(h, RandomStream("view", 0, shard=p, shards=2)) for p, h in enumerate(x.chunk(2))]
    torch.testing.assert_close(torch.cat(halves), one)


def test_views_without_changes_are_the_image_or_its_mirror_image() -> None:
    x = images(64)
    views = Views(smallest=1.0, jitter=0.0, grey=0.0)(x, RandomStream("view"))
    straight = (views - x).abs().flatten(1).amax(1) < 0.3  # the ratio of sides cannot change without cutting
    grey = Views(smallest=1.0, jitter=0.0, grey=1.0)(x, RandomStream("view"))
    assert torch.allclose(grey[:, 0], grey[:, 1], atol=1e-5)
    no_change = Views(smallest=1.0, jitter=0.0, grey=0.0)
    level = torch.full((64, 3, 8, 8), 0.25)
    assert torch.allclose(no_change(level, RandomStream("view")), level, atol=1e-5)
    assert not straight.all()
    with pytest.raises(UserError, match="Views: smallest must be"):
        Views(smallest=0.0)


def test_hue_and_blur_draw_random_numbers_only_if_they_are_on() -> None:
    x = images(64)
    hue_stream, plain_stream = RandomStream("view"), RandomStream("view")
    old = Views()(x, plain_stream)
    rotated = Views(hue=0.1)(x, hue_stream)
    changed = (rotated - old).abs().flatten(1).amax(1) > 1e-4
    u = RandomStream("view").uniform(64, 10)
    assert torch.equal(changed, (u[:, 8] < 0.8) & (u[:, 9] >= 0.2)), "with probability 0.8, except grey ones"
    assert torch.equal(plain_stream.uniform(1), _after(RandomStream("view"), 10).uniform(1))
    assert torch.equal(hue_stream.uniform(1), _after(RandomStream("view"), 11).uniform(1))
    blurred = Views(blur=0.5)(x, RandomStream("view"))
    share = 1 - float((blurred == old).flatten(1).all(1).float().mean())
    assert 0.3 < share < 0.7
    grey = x.mean(1, keepdim=True)
    assert torch.equal(Views(hue=0.5)(grey, RandomStream("view")), Views()(grey, RandomStream("view")))
    with pytest.raises(UserError, match=r"hue must be from 0 to 0\.5, not 0\.6"):
        Views(hue=0.6)


def _after(stream: RandomStream, numbers: int) -> RandomStream:
    """Advance a stream by ``numbers`` random numbers for each of 64 images."""
    stream.uniform(64, 10)
    if numbers > 10:
        stream.uniform(64, *(() if numbers == 11 else (numbers - 10,)))
    return stream


def test_the_recipe_rotates_hues_and_one_without_views_does_not() -> None:
    recipe = tiny_recipe("simsiam-cifar10")
    assert recipe.algorithm().views == Views(hue=0.1)
    old = Recipe.from_dict({**recipe.to_dict(), "algorithm": {"target": "ganbench.algorithms:SimSiam"}})
    assert old.algorithm().views == Views()


def test_a_run_is_scored_during_training_and_generates_no_samples(tmp_path: Path) -> None:
    run = train(tiny_recipe("simsiam-cifar10", {"schedule.evaluate_every": 6}), out=tmp_path / "run")
    scores = run.events.read("score")
    assert [(e["step"], e["name"]) for e in scores] == [(6, "own-knn"), (12, "own-knn")]
    assert set(scores[0]["details"]["table"]) == {"f", "f projected", "pixels"}
    assert not list(run.samples.glob("*"))
    model = load(run)
    with pytest.raises(UserError, match="generates no samples"):
        write_samples(model, tmp_path / "s.npz", 4, 0)
    codes = model.encode(model.real_data.items(torch.arange(3)))
    torch.testing.assert_close(codes.norm(dim=1), torch.ones(3))
    assert write_report(run).is_file()
