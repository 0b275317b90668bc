"""What a description says about a latent agrees with what the latent draws."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor

from ganbench.latents import Gaussian, Latent, NoiseAndCodes, NoiseAndRepresentation, Uniform
from ganbench.latents.description import describe_latent
from ganbench.utils.random_stream import RandomStream

LATENTS = [
    Gaussian(3),
    Uniform(3, -2.0, 0.5),
    NoiseAndRepresentation(2, 3),
    NoiseAndCodes(2, (3, 4), 2),
    NoiseAndCodes(0, (3,), 2, normal=True),
    NoiseAndCodes(4, (), 1),
]


@pytest.mark.parametrize("latent", LATENTS, ids=str)
def test_each_part_is_distributed_as_described(latent: Latent) -> None:
    parts = describe_latent(latent)
    draws = latent.draw(RandomStream("description"), 20_000)
    assert sum(part["size"] for part in parts) == draws.shape[1]
    assert all(part["size"] > 0 for part in parts)
    for part, numbers in zip(parts, draws.split([part["size"] for part in parts], 1), strict=True):
        check(part, numbers)


def check(part: dict[str, Any], numbers: Tensor) -> None:
    if part["distribution"] == "one_hot":
        assert (numbers.sum(1) == 1).all()
        assert set(numbers.unique().tolist()) == {0.0, 1.0}
        assert torch.allclose(numbers.mean(0), torch.tensor(1 / part["size"]), atol=0.02)
    elif part["distribution"] == "uniform":
        assert part["low"] <= numbers.min() < part["low"] + 0.01
        assert part["high"] - 0.01 < numbers.max() <= part["high"]
    else:
        assert part["distribution"] == "normal"
        assert numbers.abs().max() > 2.5
        assert torch.allclose(numbers.std(0), torch.ones(()), atol=0.05)


def test_only_noise_can_be_truncated() -> None:
    assert [p.get("truncatable") for p in describe_latent(NoiseAndCodes(2, (3,), 1, normal=True))] == [
        True,
        None,
        False,
    ]


def test_a_latent_of_the_users_own_is_named() -> None:
    class Sphere:
        size = 5

        def draw(self, stream: RandomStream, rows: int) -> Tensor:
            return torch.nn.functional.normalize(stream.normal(rows, 5))

    assert describe_latent(Sphere()) == [{"name": "Sphere", "size": 5, "distribution": "other"}]
