from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor

from ganbench.errors import UserError
from ganbench.networks import BigGANGenerator


def make_generator(**arguments: Any) -> BigGANGenerator:
    torch.manual_seed(0)
    sizes: dict[str, Any] = {"latent": 10, "shape": (3, 32, 32), "width": 8, "embedding": 4, "classes": 3}
    return BigGANGenerator(**{**sizes, **arguments}).eval()


@torch.no_grad()
def maps(network: BigGANGenerator, z: Tensor, classes: Tensor | None) -> list[Tensor]:
    """Return the first layer's output and each block's output."""
    outputs: list[Tensor] = []
    hooks = [
        network.first.register_forward_hook(lambda *args: outputs.append(args[2])),
        *(block.register_forward_hook(lambda *args: outputs.append(args[2])) for block in network.blocks),
    ]
    network(z, classes)
    for hook in hooks:
        hook.remove()
    return outputs


@pytest.mark.parametrize(("index", "first_changed"), [(0, 0), (2, 0), (3, 1), (5, 1), (6, 2), (8, 3)])
def test_each_block_uses_its_own_chunk_of_the_latent(index: int, first_changed: int) -> None:
    network, z = make_generator(), torch.randn(2, 10)  # chunks of 3, 3, 2 and 2 numbers
    other = z.clone()
    other[:, index] += 1
    classes = torch.tensor([0, 2])
    pairs = zip(maps(network, z, classes), maps(network, other, classes), strict=True)
    assert [torch.equal(a, b) for a, b in pairs] == [i < first_changed for i in range(4)]


def test_all_blocks_share_the_class_embedding() -> None:
    network, z = make_generator(), torch.randn(2, 10)
    before = maps(network, z, torch.tensor([0, 2]))
    assert [n for n, p in network.named_parameters() if p.shape == (3, 4)] == ["embedding.weight"]
    after = maps(network, z, torch.tensor([1, 2]))
    assert torch.equal(before[0], after[0]), "the first layer does not use the class"
    for one, other in zip(before[1:], after[1:], strict=True):
        assert not torch.equal(one[0], other[0])
        assert torch.equal(one[1], other[1])
    rows = torch.eye(3)[[0, 2]]
    torch.testing.assert_close(network(z, rows), network(z, torch.tensor([0, 2])))


def test_refuses_missing_classes_and_a_latent_that_is_too_short() -> None:
    with pytest.raises(UserError, match="BigGANGenerator needs classes"):
        make_generator(classes=0)
    with pytest.raises(UserError, match="a latent of 3 cannot be split into 4 chunks"):
        make_generator(latent=3)
    with pytest.raises(ValueError, match="was given none"):
        make_generator()(torch.randn(2, 10))
    assert make_generator().needs_condition
    assert not make_generator(embedding=0, classes=0).needs_condition
