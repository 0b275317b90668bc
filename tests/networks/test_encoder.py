"""Options of the residual encoder."""

from __future__ import annotations

import pytest
import torch

from ganbench.errors import UserError
from ganbench.layers.resampling import resize
from ganbench.networks import ResNetEncoder


def test_an_encoder_resizes_images_to_its_resolution() -> None:
    torch.manual_seed(0)
    plain = ResNetEncoder(shape=(3, 16, 16), width=4, blocks=1, size=5).eval()
    resizing = ResNetEncoder(shape=(3, 32, 32), width=4, blocks=1, size=5, resolution=16).eval()
    resizing.load_state_dict(plain.state_dict())
    x = torch.rand(3, 3, 32, 32) * 2 - 1
    torch.testing.assert_close(resizing(x), plain(resize(x, 16)))
    assert not torch.allclose(resizing(x), plain(x))


@pytest.mark.parametrize("resolution", [-1, 7])
def test_a_resolution_below_8_is_refused(resolution: int) -> None:
    with pytest.raises(UserError, match=f"resolution must be 0 or at least 8, but is {resolution}"):
        ResNetEncoder(shape=(3, 32, 32), resolution=resolution)
