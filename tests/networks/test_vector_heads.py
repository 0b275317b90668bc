"""Options of the small networks on vectors."""

from __future__ import annotations

import pytest
import torch

from ganbench.errors import UserError
from ganbench.networks import RepresentationGenerator, RepresentationReader


def test_a_reader_of_slope_1_is_a_linear_map_of_the_rank_of_its_width() -> None:
    torch.manual_seed(0)
    x = torch.randn(40, 6)
    linear, bent = (RepresentationReader(features=6, size=8, width=3, slope=slope) for slope in (1.0, 0.2))
    assert torch.linalg.matrix_rank(linear(x).detach()) == 3
    torch.testing.assert_close(linear(x) + linear(-x), torch.zeros(40, 8))  # biases start at 0
    assert not torch.allclose(bent(x) + bent(-x), torch.zeros(40, 8), atol=1e-3)
    with pytest.raises(UserError, match=r"slope must be in \[0, 1\], but is 2"):
        RepresentationReader(features=6, slope=2.0)


def test_a_normalized_output_has_the_same_spread_in_every_number() -> None:
    torch.manual_seed(0)
    generator = RepresentationGenerator(latent=4, size=3, width=8, depth=6, normalize_output=True)
    assert sum(isinstance(layer, torch.nn.Linear) for layer in generator.layers) == 7
    z = torch.randn(500, 4)
    before_length = generator.layers(z)
    torch.testing.assert_close(before_length.var(0, correction=0), torch.ones(3), rtol=0, atol=1e-2)
    torch.testing.assert_close(generator(z).norm(dim=1), torch.ones(500))
