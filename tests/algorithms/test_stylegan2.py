"""StyleGAN2: mixed styles, the path length penalty in closed form, and styles as the latents of a trained model."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch
from tests.support.context import context as make_context
from tests.support.training import tiny_recipe
from torch import Tensor, nn

from ganbench.algorithms import StyleGAN2
from ganbench.algorithms.capabilities import PreparesLatents, TruncatesLatents
from ganbench.data.base import Batch
from ganbench.errors import UserError
from ganbench.experiment.train import train
from ganbench.inference.inversion import InversionSettings, invert
from ganbench.inference.load import load
from ganbench.latents import Gaussian
from ganbench.losses import NonSaturating


class LinearStyles(nn.Module):
    """Styles are latents; images are the sum of the layers' styles times a number for each."""

    style_layers = 4

    def __init__(self) -> None:
        super().__init__()
        self.one = nn.Parameter(torch.ones(()))
        self.numbers = nn.Parameter(torch.tensor([1.0, 10.0, 100.0, 1000.0]))

    def map_latents(self, z: Tensor, condition: Tensor | None = None) -> Tensor:
        return z * self.one

    def synthesize(self, styles: Tensor) -> Tensor:
        if styles.dim() == 2:
            styles = styles.unsqueeze(1).expand(-1, 4, -1)
        return (styles * self.numbers[:, None]).sum(1)[:, :, None, None]


def algorithm(**options: Any) -> StyleGAN2:
    return StyleGAN2(latent=Gaussian(1), loss=NonSaturating(), **options)


def networks() -> nn.ModuleDict:
    return nn.ModuleDict({"G": LinearStyles()})


@pytest.mark.parametrize("mixing", [0.0, 0.9, 1.0])
def test_layers_from_a_random_one_on_have_the_second_style(mixing: float) -> None:
    gan, context = algorithm(mixing=mixing), make_context(rows=4000)
    latents = gan.draw_latents(networks(), None, context)
    assert latents.shape == (4000, 3)
    latents[:, 0], latents[:, 1] = 1.0, 2.0
    images = gan.generate(networks(), latents, None).flatten()
    values, counts = images.detach().unique(return_counts=True)
    shares = dict(zip(values.tolist(), (counts / 4000).tolist(), strict=True))
    mixed = {2221.0: mixing / 3, 2211.0: mixing / 3, 2111.0: mixing / 3, 1111.0: 1 - mixing}
    assert shares == pytest.approx({key: share for key, share in mixed.items() if share}, abs=0.03)


def test_the_penalty_is_the_squared_distance_to_the_mean_length() -> None:
    gan, context = algorithm(path_weight=3.0, path_every=2), make_context(rows=5)
    latents = gan.draw_latents(networks(), None, context)
    penalty = gan.extra_generator_losses(networks(), Batch(latents), None, latents, context)["path_length"]  # type: ignore[arg-type]
    gan.after_step(networks(), 0)
    assert penalty.shape == (5,)
    # The gradient of image times direction y with respect to layer i's style is number_i y.
    rms = math.sqrt((1 + 1e2 + 1e4 + 1e6) / 4)
    lengths = (penalty.detach() / 6).sqrt()  # the mean is 0 at first
    torch.testing.assert_close(gan.mean_length, 0.01 * lengths.mean(), rtol=1e-3, atol=1e-3)
    assert (lengths / rms).square().mean() < 20  # |y|² of a normal number
    assert gan.extra_generator_losses(networks(), Batch(latents), None, latents, make_context(step=1)) == {}  # type: ignore[arg-type]


def test_microbatches_move_the_mean_length_as_one_batch_does() -> None:
    whole, parts = (algorithm(path_every=1) for _ in range(2))
    latents = whole.draw_latents(networks(), None, make_context(rows=6))

    def add(gan: StyleGAN2, rows: slice, sums: list[float]) -> None:
        part, context = latents[rows], make_context(rows=rows.stop - rows.start)
        gan.extra_generator_losses(networks(), Batch(part), None, part, context)  # type: ignore[arg-type]
        sums.append(float(gan.length_sum))

    sums: list[float] = []
    add(parts, slice(0, 3), sums)
    add(parts, slice(3, 6), sums)
    parts.after_step(networks(), 0)
    assert float(parts.mean_length) == pytest.approx(0.01 * sums[1] / 6)
    assert (float(parts.length_sum), float(parts.length_count)) == (0, 0)
    add(whole, slice(0, 6), sums)
    whole.after_step(networks(), 0)
    assert float(whole.mean_length) == pytest.approx(0.01 * sums[2] / 6)
    before = float(whole.mean_length)
    whole.after_step(networks(), 1)
    assert float(whole.mean_length) == before, "a step without a penalty leaves it"


def test_options_are_checked() -> None:
    with pytest.raises(UserError, match=r"algorithm.mixing is a probability from 0 to 1, not 1\.5"):
        algorithm(mixing=1.5)
    with pytest.raises(UserError, match="every must be a number of steps of at least 1"):
        algorithm(path_every=0)
    with pytest.raises(UserError, match=r"a Linear has no styles; use StyleGAN2Generator"):
        algorithm().check_networks(nn.ModuleDict({"G": nn.Linear(1, 1), "D": nn.Linear(1, 1)}))


def test_a_trained_models_latents_are_styles_that_can_be_truncated(tmp_path: Any) -> None:
    run = train(tiny_recipe("stylegan2-cifar10", {"schedule.steps": 2}), out=tmp_path / "run")
    model = load(run)
    assert isinstance(model.algorithm, PreparesLatents)
    assert isinstance(model.algorithm, TruncatesLatents)
    styles = model.latents(3, seed=1)
    assert styles.shape == (3, 64)
    assert torch.equal(model.latents(3, seed=1, truncation=1.0), styles)
    mean = model.latents(3, seed=1, truncation=0.0)
    torch.testing.assert_close(mean[0], mean[2])
    half = model.latents(3, seed=1, truncation=0.5)
    torch.testing.assert_close(half, (styles + mean) / 2)
    assert model.decode(half).shape == (3, *model.info.shape)
    with pytest.raises(UserError, match=r"from 0 to 1, not 2\.0"):
        model.latents(3, truncation=2.0)


def test_the_lower_half_of_the_layers_has_the_coarse_style() -> None:
    gan, nets = algorithm(), networks()
    mixed = gan.mix_styles(nets, torch.tensor([[1.0]]), torch.tensor([[2.0]]))
    assert mixed.flatten().tolist() == [1.0, 1.0, 2.0, 2.0]
    assert gan.sample(nets, mixed).item() == 2211.0


def test_images_are_inverted_to_styles(tmp_path: Any) -> None:
    run = train(tiny_recipe("stylegan2-cifar10", {"schedule.steps": 2}), out=tmp_path / "run")
    model = load(run)
    styles = model.latents(2, seed=5)
    images = model.decode(styles)
    inversion = invert(model, images, InversionSettings(steps=30, starts=2))
    assert inversion.latents.shape == styles.shape
    assert torch.equal(model.decode(inversion.latents), inversion.images)
    nearest = model.decode(model.latents(2, seed=6)).float()
    assert inversion.l1.mean() < (images.float() - nearest).abs().mean() / 255
