"""Each transformation against its definition, and p against the signs of the scores."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch
from tests.support.training import tiny_recipe

from ganbench.augment import ADA
from ganbench.augment.ada_colour import colour_matrices
from ganbench.augment.ada_geometry import sampling_matrices
from ganbench.config.spec import Spec
from ganbench.errors import UserError
from ganbench.experiment.build_trainer import make_trainer
from ganbench.inference.build import make_dataset
from ganbench.training.engine import Engine
from ganbench.training.phase import Context
from ganbench.utils.random_stream import RandomStream


class FixedStream(RandomStream):
    """A stream of given numbers, with which only one transformation happens."""

    def __init__(
        self, open_gate: int, uniform: dict[int, float] | None = None, normal: dict[int, float] | None = None
    ) -> None:
        super().__init__("fixed")
        self.open_gate, self.uniform_values, self.normal_values, self.calls = (
            open_gate,
            uniform or {},
            normal or {},
            0,
        )

    def uniform(self, rows: int, *shape: int, low: float = 0.0, high: float = 1.0) -> torch.Tensor:
        self.calls += 1
        values = torch.full((rows, *shape), 0.9)
        for place, value in ({self.open_gate: 0.0} if self.calls == 1 else self.uniform_values).items():
            values[:, place] = value
        return values

    def normal(self, rows: int, *shape: int) -> torch.Tensor:
        values = torch.full((rows, *shape), 3.0)
        for place, value in self.normal_values.items():
            values[:, place] = value
        return values


def random_images(n: int, channels: int = 3, height: int = 8, width: int = 8) -> torch.Tensor:
    return torch.rand(n, channels, height, width, generator=torch.Generator().manual_seed(0)) * 2 - 1


def transform(x: torch.Tensor, stream: RandomStream) -> torch.Tensor:
    """Apply ADA with a probability at which only the transformation of the stream's open gate happens."""
    return ADA(p=0.5, colour=False)(x, stream)


def test_p_0_changes_nothing() -> None:
    x = random_images(8, height=6)
    torch.testing.assert_close(ADA()(x, RandomStream("a")), x, atol=1e-5, rtol=0)


@pytest.mark.parametrize(
    ("stream", "expected"),
    [
        (FixedStream(0, {0: 0.1}), lambda x: x.flip(3)),
        (FixedStream(0, {0: 0.6}), lambda x: x),
        (FixedStream(1, {1: 0.3}), lambda x: torch.rot90(x, 1, (2, 3))),
        (FixedStream(1, {1: 0.6}), lambda x: x.flip(2, 3)),
        (
            FixedStream(2, {2: 1.0, 3: 0.5}),
            lambda x: torch.cat([x[..., 1:], x[..., -1:]], 3),
        ),  # the edge is reflected
        (FixedStream(4, {4: 0.75}), lambda x: torch.rot90(x, 1, (2, 3))),
        (FixedStream(6, {5: 1.0}), lambda x: x.flip(2, 3)),
        (FixedStream(7, normal={2: 0.0, 3: 1.0}), lambda x: torch.cat([x[:, :, 1:], x[:, :, -1:]], 2)),
    ],
    ids=["mirror", "no mirror", "quarter", "half", "pixels", "turn", "second turn", "fraction"],
)
def test_transformations_onto_the_pixel_grid_are_exact(stream: FixedStream, expected: Any) -> None:
    x = random_images(2)
    torch.testing.assert_close(transform(x, stream), expected(x), atol=1e-5, rtol=0)


@pytest.mark.parametrize(
    ("stream", "factors"),
    [(FixedStream(3, normal={0: 5.0}), (0.5, 0.5)), (FixedStream(5, normal={1: 5.0}), (2.0, 0.5))],
    ids=["scale", "stretch"],
)
def test_scales_are_powers_of_2(stream: FixedStream, factors: tuple[float, float]) -> None:
    matrix = sampling_matrices(stream, torch.full((1,), 0.5), (8, 8), blit=True, geometry=True)[0]
    torch.testing.assert_close(matrix, torch.tensor([[factors[0], 0, 0], [0, factors[1], 0]]))


def test_a_rotation_of_a_non_square_image_preserves_angles() -> None:
    matrix = sampling_matrices(
        FixedStream(4, {4: 0.6}), torch.full((1,), 0.5), (4, 8), blit=True, geometry=True
    )[0]
    in_pixels = torch.diag(torch.tensor([4.0, 2.0])) @ matrix[:, :2] @ torch.diag(torch.tensor([0.25, 0.5]))
    torch.testing.assert_close(in_pixels @ in_pixels.T, torch.eye(2))
    assert math.acos(float(in_pixels[0, 0])) == pytest.approx(0.2 * math.pi, abs=1e-5)


def test_colour_matrices_equal_the_papers_transformations_in_order() -> None:
    stream = RandomStream("a")
    matrices = colour_matrices(stream, torch.ones(64))
    again = RandomStream("a")
    again.uniform(64, 5)
    uniform, normal = again.uniform(64, 2), again.normal(64, 3)
    for colour_matrix, (mirror, hue), (brightness, contrast, saturation) in zip(
        matrices, uniform, normal, strict=True
    ):
        x = torch.tensor([0.3, -0.2, 0.5])
        axis = torch.full((3,), 3**-0.5)
        y = (x + 0.2 * brightness) * 2 ** (0.5 * contrast)
        if mirror < 0.5:
            y = y - 2 * axis * (axis @ y)
        angle = (hue - 0.5) * 2 * math.pi
        along = axis * (axis @ y)
        y = along + torch.cos(angle) * (y - along) + torch.sin(angle) * torch.linalg.cross(axis, y)
        y = along + 2**saturation * (y - along)
        torch.testing.assert_close(colour_matrix[:, :3] @ x + colour_matrix[:, 3], y, atol=1e-5, rtol=1e-5)


def test_one_grey_channel_is_changed_like_three_equal_ones() -> None:
    x = random_images(16, channels=1)
    ada = ADA(p=0.8)
    torch.testing.assert_close(
        ada(x.expand(-1, 3, -1, -1), RandomStream("a"))[:, :1], ada(x, RandomStream("a")), atol=1e-5, rtol=0
    )


@pytest.mark.parametrize("p", [0.0, 0.3, 1.0])
def test_each_transformation_happens_with_probability_p(p: float) -> None:
    matrix = sampling_matrices(RandomStream("a"), torch.full((4000,), p), (8, 8), blit=False, geometry=True)
    rotated = matrix[:, 0, 1].abs() > 1e-6
    assert float(rotated.float().mean()) == pytest.approx(p, abs=0.03), "by at least one of the two rotations"
    colour_matrix = colour_matrices(RandomStream("b"), torch.full((4000,), p))
    assert float((colour_matrix[:, 0, 3] != 0).float().mean()) == pytest.approx(p, abs=0.03)


def test_autocast_does_not_shift_images() -> None:
    x, ada = random_images(8, height=32, width=32), ADA(p=1.0)
    with torch.autocast("cpu", torch.bfloat16):
        augmented, short = ada(x, RandomStream("a")), ada(x.bfloat16(), RandomStream("a"))
    torch.testing.assert_close(augmented, ada(x, RandomStream("a")))
    assert short.dtype == torch.bfloat16
    torch.testing.assert_close(short.float(), augmented, atol=0.05, rtol=0.02)


def context(update: int, rows: int, part: int = 0, parts: int = 1) -> Context:
    return Context(update, 100, update, rows, RandomStream("a", shard=part, shards=parts))


@pytest.mark.parametrize(("share", "moves"), [(1.0, 1), (0.81, 1), (0.8, 0), (0.79, -1), (0.0, -1)])
def test_p_follows_the_mean_sign_at_the_given_speed(share: float, moves: int) -> None:
    ada = ADA(p=0.5, speed=1000, every=4)
    scores = torch.where(torch.arange(100) < round(100 * share), 3.0, -0.1)
    for step in range(4):
        assert float(ada.probability) == 0.5
        ada.observe_scores(scores[25 * step : 25 * step + 25], context(step, 25))
        ada.adapt(step)
    assert float(ada.extra_scalars()["overfitting"]) == pytest.approx(2 * share - 1)
    assert float(ada.extra_scalars()["p"]) == pytest.approx(0.5 + moves * 0.1)


def test_p_stays_in_0_to_1() -> None:
    for score, end in ((1.0, 1.0), (-1.0, 0.0)):
        ada = ADA(p=0.5, speed=10, every=1)
        ada.observe_scores(torch.full((100,), score), context(0, 100))
        ada.adapt(0)
        assert float(ada.probability) == end


def test_microbatches_count_as_one_batch() -> None:
    whole, parts = ADA(p=0.5, speed=1000, every=1), ADA(p=0.5, speed=1000, every=1)
    scores = torch.linspace(-0.1, 1, 60)
    whole.observe_scores(scores, context(0, 60))
    for part in range(3):
        parts.observe_scores(scores.chunk(3)[part], context(0, 20, part, 3))
    for ada in (whole, parts):
        ada.adapt(0)
    assert whole.extra_scalars() == parts.extra_scalars()
    assert float(whole.probability) == pytest.approx(0.5 + 0.06)


def make_ada_trainer() -> Any:
    changes = {
        "algorithm.augmentation": Spec(ADA, p=0.5, speed=100.0, every=2),
        "schedule.steps": 8,
    }
    recipe = tiny_recipe("dcgan-shapes", changes)
    return make_trainer(recipe, make_dataset(recipe), Engine(recipe.machine), 0)


def test_a_resumed_run_continues_exactly_and_logs_p() -> None:
    whole, first, second = make_ada_trainer(), make_ada_trainer(), make_ada_trainer()
    probabilities = []
    for _ in range(7):
        whole.train_step()
        probabilities.append(float(whole.algorithm.augmentation.probability))
    for _ in range(3):
        first.train_step()
    second.load_state_dict(first.state_dict())
    for _ in range(4):
        second.train_step()
    assert probabilities[0] == 0.5 != probabilities[1] != probabilities[3], "p moves every other step"
    for name, value in whole.state_dict()["algorithm"].items():
        assert torch.equal(value, second.state_dict()["algorithm"][name]), name
    for name, value in whole.state_dict()["networks"].items():
        assert torch.equal(value, second.state_dict()["networks"][name]), name
    assert (
        whole.read_log()["augmentation/p"]
        == pytest.approx(sum(probabilities) / 7)
        == second.read_log()["augmentation/p"]
    )


@pytest.mark.parametrize(
    "arguments",
    [{"p": 1.1}, {"p": math.nan}, {"target": 2.0}, {"speed": 0.0}, {"every": 0}],
    ids=str,
)
def test_an_argument_out_of_range_is_refused(arguments: dict[str, Any]) -> None:
    with pytest.raises(UserError, match="ADA: "):
        ADA(**arguments)


def test_all_groups_off_and_two_channels_are_refused() -> None:
    with pytest.raises(UserError, match="all transformations are off"):
        ADA(blit=False, geometry=False, colour=False)
    with pytest.raises(UserError, match="1 or 3 channels"):
        ADA()(random_images(2, channels=2), RandomStream("a"))
