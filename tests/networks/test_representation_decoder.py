"""The branched decoder and the context encoder against their definitions."""

from __future__ import annotations

import pytest
import torch

from ganbench.errors import UserError
from ganbench.networks import BranchedDecoder, ContextEncoder


def test_each_branch_passes_its_part_of_the_latent_through_a_sigmoid() -> None:
    decoder = BranchedDecoder(latent=7, shape=(3, 16, 16), context=3, branch=4, width=2).eval()
    z = torch.randn(5, 7)
    codes = [
        torch.sigmoid(branch(part))
        for branch, part in zip(decoder.branches, (z[:, :4], z[:, 4:]), strict=True)
    ]
    torch.testing.assert_close(decoder(z), decoder.trunk(torch.cat(codes, 1)))


def test_the_networks_for_64_pixels_have_the_works_layers() -> None:
    sizes = [
        tuple(p.shape)
        for n, p in BranchedDecoder(latent=2304, shape=(3, 64, 64)).named_parameters()
        if p.dim() > 1
    ]
    assert sizes == [(256, 2048), (256, 256), (512, 512, 4, 4), (512, 256, 4, 4), (256, 128, 4, 4), (128, 64, 4, 4),
                     (64, 3, 4, 4)]  # fmt: skip
    sizes = [tuple(p.shape) for p in ContextEncoder(shape=(3, 64, 64)).parameters() if p.dim() > 1]
    assert sizes == [(64, 3, 4, 4), (128, 64, 4, 4), (256, 128, 4, 4), (512, 256, 4, 4), (256, 512, 4, 4)]


def test_a_latent_without_room_for_a_representation_is_refused() -> None:
    with pytest.raises(
        UserError, match="a latent of 256 numbers, 256 of them the context, has no representation"
    ):
        BranchedDecoder(latent=256, shape=(3, 32, 32))
    with pytest.raises(UserError, match="context"):
        BranchedDecoder(latent=256, shape=(3, 32, 32), context=0)
