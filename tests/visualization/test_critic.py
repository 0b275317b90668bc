"""Plots of D: the plotted numbers for networks with known answers, and the pictures."""

from __future__ import annotations

import io
import math

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor, nn

from ganbench.algorithms import VEEGAN, Adversarial
from ganbench.algorithms.base import Algorithm
from ganbench.data.base import DataInfo
from ganbench.errors import UserError
from ganbench.inference.critic_scores import critic_scores, critic_unavailable_reason
from ganbench.inference.model import Model
from ganbench.latents import Gaussian
from ganbench.layers import apply_spectral_norm
from ganbench.losses import Hinge, LeastSquares, Minimax, NonSaturating, RelativisticPairing, Wasserstein
from ganbench.networks import MLPDiscriminator
from ganbench.visualization.critic import (
    critic_curve,
    critic_landscape,
    critic_picture,
    weight_histogram,
    weights_picture,
)

LATENT = Gaussian(2)


class Linear(nn.Module):
    """Score = slope . x + shift in network units; doubled in training mode."""

    def __init__(self, *slope: float, shift: float = 0.0) -> None:
        super().__init__()
        self.slope, self.shift = nn.Parameter(torch.tensor(slope)), shift
        self.count = 0

    def forward(self, x: Tensor) -> Tensor:
        self.count += len(x)
        return (x @ self.slope + self.shift) * (2 if self.training else 1)


def model(
    critic: nn.Module, dims: int, algorithm: Algorithm | None = None, low: float = -3.0, high: float = 3.0
) -> Model:
    info = DataInfo(name="x", kind="points", shape=(dims,), size=9, fingerprint="", low=low, high=high)
    algorithm = algorithm or Adversarial(latent=LATENT, loss=NonSaturating())
    return Model(algorithm, nn.ModuleDict({"D": critic}), LATENT, info, step=7)


def random_points(dims: int, n: int = 200, at: float = 0.0) -> Tensor:
    return torch.randn(n, dims, generator=torch.Generator().manual_seed(0)) * 0.2 + at


def decode(png: bytes) -> np.ndarray:
    assert png.startswith(b"\x89PNG")
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGB")).astype(int)


# Scores


def test_points_in_data_units_are_scored_in_eval_mode() -> None:
    critic = Linear(1.0, -2.0, shift=0.5)
    scaled = model(critic, 2, low=-10, high=30)
    points = torch.tensor([[10.0, 10.0], [30.0, 10.0], [10.0, -10.0]])
    assert critic_scores(scaled, points).tolist() == [0.5, 1.5, 2.5]
    assert critic.training, "the mode is restored"
    assert not critic_scores(scaled, points).requires_grad


def test_many_points_are_scored_in_batches() -> None:
    critic = Linear(1.0)
    points = torch.linspace(-3, 3, 10_001)[:, None]
    assert torch.allclose(critic_scores(model(critic, 1), points), points[:, 0] / 3, atol=1e-6)
    assert critic.count == 10_001


# A line


def test_the_curve_of_a_linear_critic_is_a_sigmoid_over_the_densities() -> None:
    fake, real = torch.full((50, 1), 1.0), torch.tensor([[-3.0], [-2.9], [0.01], [7.0]])
    curve = critic_curve(model(Linear(6.0, shift=1.0), 1), fake, real)
    assert curve.positions.shape == curve.output.shape == (1000,)
    assert (curve.positions[0], curve.positions[-1]) == (-3, 3)
    assert curve.probability
    np.testing.assert_allclose(curve.output, 1 / (1 + np.exp(-(2 * curve.positions + 1))), atol=1e-6)
    assert len(curve.edges) == 51
    width = 6 / 50
    assert curve.fake[33] == pytest.approx(1 / width)  # the bin with 1.0 in it
    assert curve.fake.sum() == pytest.approx(1 / width)
    np.testing.assert_allclose(curve.real[[0, 25]], [0.5 / width, 0.25 / width])
    assert curve.real.sum() == pytest.approx(0.75 / width), "one of four is outside the range"


@pytest.mark.parametrize("loss", [Wasserstein(), Hinge(), LeastSquares(), RelativisticPairing()])
def test_scores_that_are_not_logits_are_drawn_unchanged(loss) -> None:
    curve = critic_curve(
        model(Linear(6.0), 1, Adversarial(latent=LATENT, loss=loss)), random_points(1), random_points(1)
    )
    assert not curve.probability
    np.testing.assert_allclose(curve.output, 2 * curve.positions, atol=1e-5)


@pytest.mark.parametrize("loss", [Minimax(), NonSaturating()])
@pytest.mark.parametrize("real_fraction", [0.1, 0.5, 0.8])
def test_the_optimal_score_is_the_logit_of_the_fraction_of_real_samples(loss, real_fraction: float) -> None:
    assert Adversarial(latent=LATENT, loss=loss).logits
    scores = torch.linspace(-4, 4, 8001, dtype=torch.float64)
    nothing = torch.full_like(scores, 0)
    real = loss.discriminator(scores, nothing) - loss.discriminator(nothing, nothing)
    fake = loss.discriminator(nothing, scores)
    best = scores[(real_fraction * real + (1 - real_fraction) * fake).argmin()]
    assert torch.sigmoid(best).item() == pytest.approx(real_fraction, abs=1e-3)


# The plane


def test_the_landscape_of_a_linear_critic_is_a_plane() -> None:
    landscape = critic_landscape(model(Linear(3.0, 30.0, shift=-1.0), 2))
    assert landscape.scores.shape == (64, 64)
    at = landscape.positions
    assert (at[0], at[-1]) == (-3, 3)
    np.testing.assert_allclose(landscape.scores, at[None, :] + 10 * at[:, None] - 1, atol=1e-4)


def test_higher_scores_are_darker() -> None:
    far = torch.full((5, 2), 100.0)  # outside the picture
    right = decode(critic_picture(model(Linear(1.0, 0.0), 2), far, far))
    up = decode(critic_picture(model(Linear(0.0, 1.0), 2), far, far))
    assert right.shape == (400, 500, 3)
    blue_right, blue_up = right[200:350, 50:380, 2], up[150:350, 50:250, 2]
    assert blue_right[:, :80].mean() > blue_right[:, -80:].mean() + 80
    assert blue_up[-60:].mean() > blue_up[:60].mean() + 50


# Pictures


@pytest.mark.parametrize("dims", [1, 2])
def test_the_same_model_and_points_give_the_same_bytes(dims: int) -> None:
    critic = Linear(*[1.0] * dims)
    fake, real = random_points(dims), random_points(dims, at=1.0)
    png = critic_picture(model(critic, dims), fake, real, "step 7")
    assert png == critic_picture(model(critic, dims), fake.clone(), real, "step 7")
    assert png != critic_picture(model(critic, dims), fake + 0.5, real, "step 7")
    assert png != critic_picture(model(critic, dims), fake, real, "step 8")
    assert png != critic_picture(model(Linear(*[-1.0] * dims), dims), fake, real, "step 7")
    decode(png)


@pytest.mark.parametrize("dims", [1, 2])
@pytest.mark.parametrize("slope", [0.0, 1e30])
@pytest.mark.filterwarnings("error")
def test_constant_and_steep_critics_can_be_drawn(dims: int, slope: float) -> None:
    far = torch.full((20, dims), slope)
    decode(critic_picture(model(Linear(*[slope] * dims), dims), far, random_points(dims)))


@pytest.mark.parametrize("dims", [1, 2])
def test_a_critic_whose_scores_are_nan_is_refused(dims: int) -> None:
    with pytest.raises(UserError, match=r"scores of D of the model at step 7 are not finite.* in D\.slope"):
        critic_picture(model(Linear(*[math.nan] * dims), dims), random_points(dims), random_points(dims))


def test_models_that_cannot_be_drawn_have_a_reason() -> None:
    plane = Linear(1.0, 1.0)
    assert critic_unavailable_reason(model(plane, 2)) is None
    assert critic_unavailable_reason(model(Linear(1.0), 1)) is None
    packed = model(plane, 2, Adversarial(latent=LATENT, loss=Hinge(), packing=3))
    assert critic_unavailable_reason(packed) == "D scores packs of 3 samples, not single samples"
    pairs = model(plane, 2, VEEGAN(latent=LATENT))
    assert critic_unavailable_reason(pairs) == "VEEGAN has no network that scores single samples"
    cube = model(Linear(1.0, 1.0, 1.0), 3)
    assert "not over samples of shape [3]" in str(critic_unavailable_reason(cube))
    for unsupported in (packed, pairs, cube):
        with pytest.raises(UserError, match=r"packs of 3|no network|not over"):
            critic_picture(unsupported, random_points(2), random_points(2))


# Weights


def test_the_histogram_excludes_biases_and_gains() -> None:
    network = nn.Sequential(nn.Linear(2, 2), nn.LayerNorm(2), nn.Linear(2, 1))
    with torch.no_grad():
        network[0].weight.copy_(torch.tensor([[-1.0, 0.0], [0.0, 1.0]]))
        network[0].bias.fill_(50)
        network[2].weight.copy_(torch.tensor([[1.0, 0.5]]))
    histogram = weight_histogram(network, bins=5)
    assert histogram.count == 6
    np.testing.assert_allclose(histogram.edges, 1.05 * np.array([-1, -0.6, -0.2, 0.2, 0.6, 1]))
    np.testing.assert_allclose(histogram.shares, np.array([1, 0, 2, 1, 2]) / 6)
    assert network.training


def test_with_spectral_norm_the_normalised_weights_count() -> None:
    layer = nn.Linear(3, 3, bias=False)
    with torch.no_grad():
        layer.weight.copy_(5 * torch.eye(3))
    network = nn.Sequential(layer)
    apply_spectral_norm(network)
    before = {k: v.clone() for k, v in network.state_dict().items()}
    assert weight_histogram(network).edges[-1] == pytest.approx(1.05, abs=1e-5)
    assert all(torch.equal(v, before[k]) for k, v in network.state_dict().items())


def test_a_few_large_weights_do_not_widen_the_range() -> None:
    network = nn.Linear(100, 100)
    with torch.no_grad():
        network.weight.copy_(torch.linspace(-1, 1, 10_000).reshape(100, 100))
        network.weight[0, :5] = 500.0
    histogram = weight_histogram(network)
    assert histogram.edges[-1] == pytest.approx(1.05, abs=0.01)
    assert histogram.outside == pytest.approx(0.0005)
    assert histogram.shares.sum() == pytest.approx(0.9995)


def test_zero_weights_are_one_bar_in_the_middle() -> None:
    network = nn.Linear(2, 2)
    nn.init.zeros_(network.weight)
    histogram = weight_histogram(network, bins=3)
    assert histogram.shares.tolist() == [0, 1, 0]


def test_clipped_weights_are_two_bars_at_the_limits() -> None:
    clipped, bell = (MLPDiscriminator(shape=(2,), width=32) for _ in range(2))
    with torch.no_grad():
        for weight in clipped.parameters():
            weight.copy_(weight.sign() * 0.01)
        for weight in bell.parameters():
            weight.copy_(torch.randn(weight.shape, generator=torch.Generator().manual_seed(0)))
    spikes, round_ = weight_histogram(clipped), weight_histogram(bell)
    assert spikes.shares[[2, -3]].sum() == pytest.approx(1)  # the bins around the limits
    assert min(spikes.shares[[2, -3]]) > 0.4
    assert round_.shares[50] > 5 * (round_.shares[2] + round_.shares[-3])
    one, two = weights_picture({"clip": clipped}), weights_picture({"clip": clipped, "penalty": bell})
    assert two == weights_picture({"clip": clipped, "penalty": bell})
    assert decode(two).shape[1] > decode(one).shape[1]
    purple = (decode(one)[:, :, 2] - decode(one)[:, :, 1] > 50).any(0)  # columns with a bar in them
    bars = np.flatnonzero(purple)
    assert len(bars) < 30
    assert bars[-1] - bars[0] > 200


def test_missing_or_nan_weights_are_rejected() -> None:
    broken = nn.Linear(2, 2)
    nn.init.constant_(broken.weight, math.nan)
    for network in (nn.Flatten(), nn.LayerNorm(3), broken):
        with pytest.raises(UserError, match="needs a network with weights, all of them finite"):
            weight_histogram(network)
