"""D's output, scores and weights: the numbers that are drawn, for networks that are known, and the drawing."""

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
    """Score = slope . x + shift, in the networks' units; doubled while it trains."""

    def __init__(self, *slope: float, shift: float = 0.0) -> None:
        super().__init__()
        self.slope, self.shift = nn.Parameter(torch.tensor(slope)), shift
        self.seen = 0

    def forward(self, x: Tensor) -> Tensor:
        self.seen += len(x)
        return (x @ self.slope + self.shift) * (2 if self.training else 1)


def model(
    critic: nn.Module, dims: int, algorithm: Algorithm | None = None, low: float = -3.0, high: float = 3.0
) -> Model:
    info = DataInfo(name="x", kind="points", shape=(dims,), size=9, fingerprint="", low=low, high=high)
    algorithm = algorithm or Adversarial(latent=LATENT, loss=NonSaturating())
    return Model(algorithm, nn.ModuleDict({"D": critic}), LATENT, info, step=7)


def spread(dims: int, n: int = 200, at: float = 0.0) -> Tensor:
    return torch.randn(n, dims, generator=torch.Generator().manual_seed(0)) * 0.2 + at


def opened(png: bytes) -> np.ndarray:
    assert png.startswith(b"\x89PNG")
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGB")).astype(int)


# Scores


def test_scores_are_those_of_points_in_their_own_units_in_eval_mode() -> None:
    critic = Linear(1.0, -2.0, shift=0.5)
    made = model(critic, 2, low=-10, high=30)
    points = torch.tensor([[10.0, 10.0], [30.0, 10.0], [10.0, -10.0]])
    assert critic_scores(made, points).tolist() == [0.5, 1.5, 2.5]
    assert critic.training, "as it was before"
    assert not critic_scores(made, points).requires_grad


def test_many_points_are_scored_in_turns() -> None:
    critic = Linear(1.0)
    points = torch.linspace(-3, 3, 10_001)[:, None]
    assert torch.allclose(critic_scores(model(critic, 1), points), points[:, 0] / 3, atol=1e-6)
    assert critic.seen == 10_001


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
    assert curve.real.sum() == pytest.approx(0.75 / width), "one of four lies outside"


@pytest.mark.parametrize("loss", [Wasserstein(), Hinge(), LeastSquares(), RelativisticPairing()])
def test_scores_that_are_no_logits_are_drawn_as_they_are(loss) -> None:
    curve = critic_curve(model(Linear(6.0), 1, Adversarial(latent=LATENT, loss=loss)), spread(1), spread(1))
    assert not curve.probability
    np.testing.assert_allclose(curve.output, 2 * curve.positions, atol=1e-5)


@pytest.mark.parametrize("loss", [Minimax(), NonSaturating()])
@pytest.mark.parametrize("real_share", [0.1, 0.5, 0.8])
def test_where_scores_are_logits_the_best_one_is_the_logit_of_the_real_share(loss, real_share: float) -> None:
    assert Adversarial(latent=LATENT, loss=loss).logits
    scores = torch.linspace(-4, 4, 8001, dtype=torch.float64)
    nothing = torch.full_like(scores, 0)
    real = loss.discriminator(scores, nothing) - loss.discriminator(nothing, nothing)
    fake = loss.discriminator(nothing, scores)
    best = scores[(real_share * real + (1 - real_share) * fake).argmin()]
    assert torch.sigmoid(best).item() == pytest.approx(real_share, abs=1e-3)


# The plane


def test_the_landscape_of_a_linear_critic_is_a_plane() -> None:
    landscape = critic_landscape(model(Linear(3.0, 30.0, shift=-1.0), 2))
    assert landscape.scores.shape == (64, 64)
    at = landscape.positions
    assert (at[0], at[-1]) == (-3, 3)
    np.testing.assert_allclose(landscape.scores, at[None, :] + 10 * at[:, None] - 1, atol=1e-4)


def test_the_picture_grows_darker_where_the_score_grows() -> None:
    far = torch.full((5, 2), 100.0)  # no points in the picture
    right = opened(critic_picture(model(Linear(1.0, 0.0), 2), far, far))
    up = opened(critic_picture(model(Linear(0.0, 1.0), 2), far, far))
    assert right.shape == (400, 500, 3)
    blue_right, blue_up = right[200:350, 50:380, 2], up[150:350, 50:250, 2]
    assert blue_right[:, :80].mean() > blue_right[:, -80:].mean() + 80
    assert blue_up[-60:].mean() > blue_up[:60].mean() + 50


# Pictures


@pytest.mark.parametrize("dims", [1, 2])
def test_the_same_model_and_points_give_the_same_bytes(dims: int) -> None:
    critic = Linear(*[1.0] * dims)
    fake, real = spread(dims), spread(dims, at=1.0)
    png = critic_picture(model(critic, dims), fake, real, "step 7")
    assert png == critic_picture(model(critic, dims), fake.clone(), real, "step 7")
    assert png != critic_picture(model(critic, dims), fake + 0.5, real, "step 7")
    assert png != critic_picture(model(critic, dims), fake, real, "step 8")
    assert png != critic_picture(model(Linear(*[-1.0] * dims), dims), fake, real, "step 7")
    opened(png)


@pytest.mark.parametrize("dims", [1, 2])
@pytest.mark.parametrize("slope", [0.0, 1e30, math.nan])
@pytest.mark.filterwarnings("error")
def test_a_flat_a_steep_and_a_broken_critic_can_be_drawn(dims: int, slope: float) -> None:
    broken = torch.full((20, dims), slope)
    opened(critic_picture(model(Linear(*[slope] * dims), dims), broken, spread(dims)))


def test_what_cannot_be_drawn_is_left_out_with_a_reason() -> None:
    plane = Linear(1.0, 1.0)
    assert critic_unavailable_reason(model(plane, 2)) is None
    assert critic_unavailable_reason(model(Linear(1.0), 1)) is None
    packed = model(plane, 2, Adversarial(latent=LATENT, loss=Hinge(), packing=3))
    assert (
        critic_unavailable_reason(packed)
        == "D judges packs of 3 samples, so no sample has a score of its own"
    )
    pairs = model(plane, 2, VEEGAN(latent=LATENT))
    assert critic_unavailable_reason(pairs) == "VEEGAN has no network that judges a sample by itself"
    cube = model(Linear(1.0, 1.0, 1.0), 3)
    assert "not over samples of shape [3]" in str(critic_unavailable_reason(cube))
    for undrawn in (packed, pairs, cube):
        with pytest.raises(UserError, match=r"no sample|no network|not over"):
            critic_picture(undrawn, spread(2), spread(2))


# Weights


def test_the_shares_of_weights_without_biases_and_gains() -> None:
    network = nn.Sequential(nn.Linear(2, 2), nn.LayerNorm(2), nn.Linear(2, 1))
    with torch.no_grad():
        network[0].weight.copy_(torch.tensor([[-1.0, 0.0], [0.0, 1.0]]))
        network[0].bias.fill_(50)
        network[2].weight.copy_(torch.tensor([[1.0, 0.5]]))
    found = weight_histogram(network, bins=5)
    assert found.count == 6
    np.testing.assert_allclose(found.edges, 1.05 * np.array([-1, -0.6, -0.2, 0.2, 0.6, 1]))
    np.testing.assert_allclose(found.shares, np.array([1, 0, 2, 1, 2]) / 6)
    assert network.training


def test_under_spectral_norm_they_are_what_the_layers_compute_with() -> None:
    layer = nn.Linear(3, 3, bias=False)
    with torch.no_grad():
        layer.weight.copy_(5 * torch.eye(3))
    network = nn.Sequential(layer)
    apply_spectral_norm(network)
    before = {k: v.clone() for k, v in network.state_dict().items()}
    assert weight_histogram(network).edges[-1] == pytest.approx(1.05, abs=1e-5)
    assert all(torch.equal(v, before[k]) for k, v in network.state_dict().items())


def test_a_few_large_weights_do_not_squeeze_the_others() -> None:
    network = nn.Linear(100, 100)
    with torch.no_grad():
        network.weight.copy_(torch.linspace(-1, 1, 10_000).reshape(100, 100))
        network.weight[0, :5] = 500.0
    found = weight_histogram(network)
    assert found.edges[-1] == pytest.approx(1.05, abs=0.01)
    assert found.outside == pytest.approx(0.0005)
    assert found.shares.sum() == pytest.approx(0.9995)


def test_weights_that_are_all_zero_are_one_bar_in_the_middle() -> None:
    network = nn.Linear(2, 2)
    nn.init.zeros_(network.weight)
    found = weight_histogram(network, bins=3)
    assert found.shares.tolist() == [0, 1, 0]


def test_clipped_weights_stand_at_the_limits_in_the_picture() -> None:
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
    assert opened(two).shape[1] > opened(one).shape[1]
    purple = (opened(one)[:, :, 2] - opened(one)[:, :, 1] > 50).any(0)  # columns with a bar in them
    bars = np.flatnonzero(purple)
    assert len(bars) < 30
    assert bars[-1] - bars[0] > 200


def test_a_network_without_weights_or_with_broken_ones_is_refused() -> None:
    broken = nn.Linear(2, 2)
    nn.init.constant_(broken.weight, math.nan)
    for network in (nn.Flatten(), nn.LayerNorm(3), broken):
        with pytest.raises(UserError, match="needs a network with weights, all of them finite"):
            weight_histogram(network)
