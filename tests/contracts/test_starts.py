"""The rule by which every parameter of every network and conditioning starts."""

from __future__ import annotations

import math
from collections.abc import Iterator

import pytest
import torch
from tests.contracts.test_networks import CLASSIFYING, EXAMPLES, Example, generator
from torch import Tensor, nn

from ganbench import conditioning
from ganbench.conditioning import VectorNorm
from ganbench.conditioning.norms import NormByClass
from ganbench.config.spec import Spec
from ganbench.layers.attention import SelfAttention
from ganbench.layers.equalized import EqualizedConv2d, EqualizedLinear
from ganbench.layers.initialisation import stored_weight
from ganbench.layers.modulated import ModulatedConv2d, ScaledNoise
from ganbench.layers.spectral import WEIGHT_LAYERS
from ganbench.networks import (
    BigGANGenerator,
    CodeNetwork,
    ContextEncoder,
    ContrastiveGenerator,
    DenseConvDiscriminator,
    DenseConvGenerator,
    DenseDCGANDiscriminator,
    DenseDCGANGenerator,
    DenseSAGANDiscriminator,
    DenseSAGANGenerator,
    DomainGenerator,
    ImageToImageGenerator,
    PatchDiscriminator,
    PatchProjector,
    ResNetDiscriminator,
    SimpleCNNDiscriminator,
    SimpleCNNGenerator,
    SNDCGANDiscriminator,
    SNDCGANGenerator,
    UNetGenerator,
)
from ganbench.networks.fixup_resnet import _FixupBlock
from ganbench.networks.stylegan2 import _StyledConv, _Synthesis, _ToImage

#: Networks whose weights start from N(0, 0.02²) and whose gains of batch norm start from N(1, 0.02²).
NORMAL = (
    CodeNetwork,
    ContextEncoder,
    DenseConvDiscriminator,
    DenseConvGenerator,
    DenseDCGANDiscriminator,
    DenseDCGANGenerator,
    DenseSAGANDiscriminator,
    DenseSAGANGenerator,
    ImageToImageGenerator,
    PatchDiscriminator,
    SimpleCNNDiscriminator,
    SimpleCNNGenerator,
    SNDCGANGenerator,
    UNetGenerator,
    ContrastiveGenerator,
    PatchProjector,
    DomainGenerator,
)
#: Networks whose weights start orthogonal. All others start with torch's default initialisation.
ORTHOGONAL = (BigGANGenerator, SNDCGANDiscriminator)
ALL = [
    *EXAMPLES,
    *CLASSIFYING,
    generator(SNDCGANGenerator, (3, 16, 16), width=4, conditioning=Spec(VectorNorm, size=5)),
]


def weight_rule(module: nn.Module, recipe: dict[str, object], above: str) -> str:
    """Return the rule of this module's weights; ``above`` is that of the module that contains it."""
    if isinstance(module, NORMAL):
        return "normal"
    if isinstance(module, ORTHOGONAL):
        return "orthogonal"
    if isinstance(module, ResNetDiscriminator) and recipe.get("orthogonal"):
        return "orthogonal"
    return "own" if isinstance(module, _FixupBlock) else above


def modules_with_rules(
    module: nn.Module, recipe: dict[str, object], path: str = "", above: str = "default"
) -> Iterator[tuple[str, nn.Module, nn.Module | None, str]]:
    """Yield the path of each module in a network, the module, its next sibling and the rule of its weights."""
    rule = weight_rule(module, recipe, above)
    children = list(module.named_children())
    for index, (name, child) in enumerate(children):
        inner = f"{path}.{name}".strip(".")
        following = children[index + 1][1] if index + 1 < len(children) else None
        yield inner, child, following, weight_rule(child, recipe, rule)
        yield from modules_with_rules(child, recipe, inner, rule)


def assert_normal(weights: Tensor, mean: float, std: float, repeats: int = 1) -> None:
    """Check mean and standard deviation within five standard errors; each number occurs ``repeats`` times."""
    n = weights.numel() / repeats
    assert weights.mean().item() == pytest.approx(mean, abs=5 * std / n**0.5)
    assert weights.std().item() == pytest.approx(std, rel=5 / (2 * n) ** 0.5)


def assert_default(weights: Tensor) -> None:
    """Check U(-b, b) with b = 1 / sqrt(inputs), torch's default for linear layers and convolutions."""
    bound = weights[0, 0].numel() ** -0.5
    assert weights.abs().max() <= bound
    assert weights.mean().item() == pytest.approx(0, abs=5 * bound / (3 * weights.numel()) ** 0.5)
    assert weights.std().item() == pytest.approx(bound / 3**0.5, rel=3 / weights.numel() ** 0.5)


def assert_orthogonal(weights: Tensor) -> None:
    singular = torch.linalg.svdvals(weights.flatten(2))
    torch.testing.assert_close(singular, torch.ones_like(singular))


def check_weights(weights: Tensor, following: nn.Module | None, rule: str) -> None:
    if rule == "orthogonal":
        assert_orthogonal(weights)
    elif rule == "default":
        assert_default(weights)
    elif rule == "normal" and isinstance(following, nn.PixelShuffle):
        assert torch.equal(weights, weights[:, ::4].repeat_interleave(4, 1)), "the pixels of a patch differ"
        assert_normal(weights, 0, 0.02, repeats=4)
    elif rule == "normal":
        assert_normal(weights, 0, 0.02)
    else:
        raise AssertionError(f"no rule '{rule}'")


def check_embeddings(owner: nn.Module, weights: Tensor, rule: str) -> None:
    if isinstance(owner, BigGANGenerator):
        assert_normal(weights, 0, 1)
    elif rule == "orthogonal":
        assert_orthogonal(weights)
    else:
        assert_normal(weights, 0, 0.02 if type(owner).__name__ == "_ProjectionHead" else 1.0)


def check_fixup(blocks: list[_FixupBlock], count: int) -> None:
    first, second, last = (
        torch.stack([stored_weight(block.inner[i]).detach() for block in blocks]) for i in (0, 2, 4)
    )
    assert not last.any()
    for weights in (first, second):
        gain = math.sqrt(2 / (1 + 0.2**2))
        assert_normal(weights, 0, gain / math.sqrt(weights[0, 0].numel()) / count**0.25)


def is_zero(parameter: Tensor | None) -> bool:
    return parameter is None or not parameter.any()


@pytest.mark.parametrize("example", ALL, ids=str)
def test_every_parameter_starts_by_its_rule(example: Example) -> None:
    networks = [example.build(seed) for seed in range(4)]
    network, checked = networks[0], set[int]()
    for path, layer, following, rule in modules_with_rules(network, example.recipe):
        own = {id(p) for p in layer.parameters(recurse=False)}
        if isinstance(layer, (*WEIGHT_LAYERS, nn.Embedding)):
            weights = torch.stack([stored_weight(n.get_submodule(path)).detach() for n in networks])
            own.add(id(stored_weight(layer)))
            if isinstance(layer, nn.Embedding):
                check_embeddings(network.get_submodule(path.rpartition(".")[0]), weights, rule)
            else:
                assert is_zero(layer.bias), path
                if rule != "own":
                    check_weights(weights, following, rule)
        elif isinstance(layer, nn.modules.batchnorm._BatchNorm):
            if layer.affine and rule == "normal":
                gains = [n.get_submodule(path).get_parameter("weight").detach() for n in networks]
                assert_normal(torch.stack(gains), 1, 0.02)
            else:
                assert not layer.affine or bool((layer.weight == 1).all()), path
            assert is_zero(layer.bias), path
        elif isinstance(layer, nn.GroupNorm | nn.LayerNorm | nn.InstanceNorm2d):
            assert layer.weight is None or bool((layer.weight == 1).all()), path
            assert is_zero(layer.bias), path
        elif isinstance(layer, SelfAttention):
            assert is_zero(layer.gamma), path
        elif isinstance(layer, NormByClass):
            assert bool((layer.gain == 1).all()), path
            assert is_zero(layer.bias), path
        elif isinstance(layer, _FixupBlock):
            blocks = [n.get_submodule(path) for n in networks]
            count = sum(isinstance(module, _FixupBlock) for module in network.modules())
            check_fixup([block for block in blocks if isinstance(block, _FixupBlock)], count)
        elif isinstance(layer, EqualizedLinear | EqualizedConv2d | ModulatedConv2d):
            starts = torch.stack([n.get_submodule(path).get_parameter("weight").detach() for n in networks])
            assert_normal(starts, 0, 1 / getattr(layer, "speed", 1.0))
            assert is_zero(getattr(layer, "bias", None)), path
        elif isinstance(layer, ScaledNoise):
            assert is_zero(layer.strength), path
        elif isinstance(layer, _Synthesis):
            assert_normal(
                torch.stack([n.get_submodule(path).get_parameter("start").detach() for n in networks]), 0, 1
            )
        elif isinstance(layer, _StyledConv | _ToImage):
            assert is_zero(layer.bias), path
        else:
            assert "parametrizations" in path or not own, f"no rule for {path}"
        checked |= own
    assert {id(p) for p in network.parameters()} == checked


@pytest.mark.parametrize("name", sorted(conditioning.__all__))
def test_every_conditioning_is_in_an_example(name: str) -> None:
    part = getattr(conditioning, name)
    bases = (conditioning.GeneratorConditioning, conditioning.DiscriminatorConditioning)
    if isinstance(part, type) and issubclass(part, bases) and part not in bases:
        used = {example.recipe["conditioning"].target for example in ALL if "conditioning" in example.recipe}
        assert part in used, f"{name} is in no example"
