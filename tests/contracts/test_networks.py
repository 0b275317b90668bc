"""Contract of all networks. A new one is covered once the package exports it and EXAMPLES has it."""

from __future__ import annotations

import copy
import inspect
import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn.utils import parametrize
from torch.nn.utils.parametrizations import _SpectralNorm

import ganbench.networks as package
from ganbench.conditioning import (
    ClassifierHead,
    ClassNorm,
    LabelBranch,
    LabelPlane,
    LabelPlanes,
    LateConcat,
    MaxoutBranch,
    OneHot,
    Projection,
    ProxyHead,
)
from ganbench.config.spec import Spec
from ganbench.latents import Codes
from ganbench.layers.attention import SelfAttention
from ganbench.layers.initialisation import stored_weight
from ganbench.networks import (
    BigGANGenerator,
    BranchedDecoder,
    CodeDecoder,
    CodeEncoder,
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
    FixupResNetDiscriminator,
    FixupResNetGenerator,
    ImageToImageGenerator,
    JointMLPDiscriminator,
    MaxoutDiscriminator,
    MLPDiscriminator,
    MLPEncoder,
    MLPGenerator,
    PatchDiscriminator,
    PatchProjector,
    Predictor,
    RepresentationGenerator,
    RepresentationReader,
    ResNetDiscriminator,
    ResNetEncoder,
    ResNetGenerator,
    SimpleCNNDiscriminator,
    SimpleCNNGenerator,
    SNDCGANDiscriminator,
    SNDCGANGenerator,
    StridelessDCGANDiscriminator,
    StridelessDCGANGenerator,
    StyleGAN2Discriminator,
    StyleGAN2Generator,
    UNetGenerator,
    VectorMap,
    ViTDiscriminator,
    ViTGenerator,
)

CLASSES = [
    value
    for name in package.__all__
    if isinstance(value := getattr(package, name), type) and issubclass(value, nn.Module)
]


@dataclass(frozen=True)
class Example:
    """A configuration: arguments from the ``recipe`` and from the ``run``, and the shapes of a row in and out.

    A network with several ``inputs`` gets them from one row, which is split and reshaped. A network with classes gets
    each row's class from its first number.
    """

    cls: Callable[..., nn.Module]
    recipe: dict[str, Any]
    run: dict[str, Any]
    row_in: tuple[int, ...]
    row_out: tuple[int, ...]
    lowest: float = -float("inf")
    highest: float = float("inf")
    inputs: tuple[tuple[int, ...], ...] = ()

    def build(self, seed: int = 0) -> nn.Module:
        torch.manual_seed(seed)
        network: nn.Module = Spec(self.cls, **self.recipe)(**self.run)
        if self.inputs:
            network.register_forward_pre_hook(self._split_inputs)
        if self.run.get("classes"):
            network.register_forward_pre_hook(partial(_add_classes, self.run["classes"]))
        return network

    def _split_inputs(self, network: nn.Module, rows: tuple[Tensor]) -> tuple[Tensor, ...]:
        pieces = rows[0].split([math.prod(shape) for shape in self.inputs], 1)
        return tuple(p.reshape(-1, *shape) for p, shape in zip(pieces, self.inputs, strict=True))

    def input(self, rows: int) -> Tensor:
        return torch.randn(rows, *self.row_in, generator=torch.Generator().manual_seed(1))

    def __str__(self) -> str:
        arguments = [f"{name}={value}" for name, value in {**self.run, **self.recipe}.items()]
        return f"{self.cls.__name__}({', '.join(arguments)})"


def _add_classes(classes: int, network: nn.Module, rows: tuple[Tensor]) -> tuple[Tensor, Tensor]:
    first = rows[0].detach().flatten(1)[:, 0]
    return rows[0], (first.abs() * 997).long() % classes


def generator(cls: type[nn.Module], shape: tuple[int, ...], **recipe: Any) -> Example:
    return Example(cls, recipe, {"latent": 6, "shape": shape}, (6,), shape, -1.0, 1.0)


def discriminator(cls: type[nn.Module], shape: tuple[int, ...], **recipe: Any) -> Example:
    return Example(cls, recipe, {"shape": shape}, shape, ())


def encoder(cls: type[nn.Module], shape: tuple[int, ...], **recipe: Any) -> Example:
    return Example(cls, recipe, {"latent": 6, "shape": shape}, shape, (6,))


def joint_discriminator(cls: type[nn.Module], shape: tuple[int, ...], **recipe: Any) -> Example:
    run = {"latent": 6, "shape": shape}
    return Example(cls, recipe, run, (math.prod(shape) + 6,), (), inputs=(shape, (6,)))


def translator(
    shape: tuple[int, ...], cls: type[nn.Module] = ImageToImageGenerator, **recipe: Any
) -> Example:
    return Example(cls, recipe, {"shape": shape}, shape, shape, -1.0, 1.0)


def conditional(example: Example, conditioning: type, /, classes: int = 5, **arguments: Any) -> Example:
    """Return the same network with this conditioning."""
    return replace(
        example,
        recipe={**example.recipe, "conditioning": Spec(conditioning, **arguments)},
        run={**example.run, "classes": classes},
    )


EXAMPLES = [
    generator(MLPGenerator, (2,), width=16),
    generator(MLPGenerator, (1, 4, 6), width=16, depth=1, norm="batch"),
    generator(MLPGenerator, (3,), width=8, depth=4, norm="layer", slope=0.0),
    discriminator(MLPDiscriminator, (2,), width=16),
    discriminator(MLPDiscriminator, (1, 4, 6), width=16, depth=2, norm="batch"),
    discriminator(MLPDiscriminator, (3,), width=8, depth=1, norm="layer", slope=0.01),
    discriminator(MLPDiscriminator, (2,), width=16, spectral_norm=True),
    encoder(MLPEncoder, (2,), width=16),
    encoder(MLPEncoder, (1, 4, 6), width=16, depth=1, norm="batch"),
    encoder(MLPEncoder, (1, 4, 6), width=16, depth=2, norm=("none", "batch"), affine=False),
    generator(MLPGenerator, (1, 4, 6), width=16, depth=2, norm=("none", "layer"), affine=False),
    joint_discriminator(JointMLPDiscriminator, (2,), width=16, norm="batch"),
    joint_discriminator(JointMLPDiscriminator, (1, 4, 6), width=16, depth=2, norm="layer"),
    joint_discriminator(JointMLPDiscriminator, (3,), width=8, depth=1, spectral_norm=True),
    generator(SimpleCNNGenerator, (3, 32, 32), width=4),
    generator(SimpleCNNGenerator, (1, 28, 28), width=4, norm="none"),
    generator(SimpleCNNGenerator, (2, 8, 16), width=4, norm="instance"),
    generator(SimpleCNNGenerator, (1, 16, 24), width=4, norm="layer", spectral_norm=True),
    discriminator(SimpleCNNDiscriminator, (3, 32, 32), width=4),
    discriminator(SimpleCNNDiscriminator, (1, 28, 28), width=4, norm="none", spectral_norm=True),
    discriminator(SimpleCNNDiscriminator, (2, 8, 16), width=4, norm="instance"),
    discriminator(SimpleCNNDiscriminator, (1, 16, 24), width=4, norm="layer"),
    generator(ResNetGenerator, (3, 32, 32), width=4),
    generator(ResNetGenerator, (1, 28, 28), width=4, norm="none"),
    generator(ResNetGenerator, (2, 8, 16), width=4, norm="layer", spectral_norm=True),
    discriminator(ResNetDiscriminator, (3, 32, 32), width=4),
    discriminator(ResNetDiscriminator, (1, 28, 28), width=4, norm="layer", pool="sum"),
    discriminator(ResNetDiscriminator, (2, 8, 16), width=4, norm="batch", spectral_norm=True),
    generator(DenseDCGANGenerator, (3, 32, 32), width=4),
    generator(DenseDCGANGenerator, (1, 24, 24), width=4, norm="none"),
    discriminator(DenseDCGANDiscriminator, (3, 32, 32), width=4),
    discriminator(DenseDCGANDiscriminator, (1, 24, 24), width=4, norm="layer", spectral_norm=True),
    generator(DenseSAGANGenerator, (3, 16, 16), width=4, attention=8),
    generator(DenseSAGANGenerator, (1, 8, 12), width=4, norm="layer", attention=0),
    discriminator(DenseSAGANDiscriminator, (3, 16, 16), width=4, attention=8),
    discriminator(DenseSAGANDiscriminator, (1, 8, 12), width=4, norm="layer", attention=0),
    conditional(generator(DenseSAGANGenerator, (3, 16, 16), width=4, attention=8), LabelPlane, size=6),
    conditional(discriminator(DenseSAGANDiscriminator, (3, 16, 16), width=4, attention=8), LateConcat),
    generator(MLPGenerator, (1, 4, 6), width=(16, 8), dropout=0.3),
    discriminator(MLPDiscriminator, (1, 4, 6), width=(16, 8), dropout=0.3),
    discriminator(MaxoutDiscriminator, (1, 4, 6), width=(8, 6), pieces=3, input_noise=0.1, noise=0.2),
    discriminator(MaxoutDiscriminator, (2,), width=8, pieces=2, spectral_norm=True),
    generator(SimpleCNNGenerator, (3, 32, 32), width=8, attention=16, spectral_norm=True),
    discriminator(SimpleCNNDiscriminator, (3, 32, 32), width=8, attention=16, norm="none", pool="sum"),
    generator(ResNetGenerator, (3, 16, 16), width=8, attention=8),
    discriminator(ResNetDiscriminator, (3, 16, 16), width=8, attention=8, pool="none"),
    generator(StridelessDCGANGenerator, (1, 12, 16), width=2),
    discriminator(StridelessDCGANDiscriminator, (1, 12, 14), width=2),
    generator(DenseConvGenerator, (1, 12, 16), width=2),
    discriminator(DenseConvDiscriminator, (1, 12, 16), width=2),
    generator(DenseConvGenerator, (3, 8, 8), width=2, norm="layer"),
    discriminator(DenseConvDiscriminator, (3, 8, 8), width=2, norm="none", spectral_norm=True),
    Example(
        CodeNetwork, {"width": 8, "norm": "layer"}, {"features": 6, "codes": Codes((3, 2), 2)}, (6,), (9,)
    ),
    Example(CodeNetwork, {"width": 0, "norm": "none"}, {"features": 6, "codes": Codes((3,), 1)}, (6,), (5,)),
    Example(ResNetEncoder, {"width": 4, "blocks": 1, "size": 5}, {"shape": (3, 16, 16)}, (3, 16, 16), (5,)),
    Example(
        StyleGAN2Generator,
        {"width": 4, "style": 5},
        {"latent": 6, "shape": (3, 16, 16)},
        (6,),
        (3, 16, 16),
    ),
    Example(
        StyleGAN2Generator,
        {"width": 4, "max_width": 6, "style": 5, "mapping_depth": 3},
        {"latent": 6, "shape": (1, 8, 12)},
        (6,),
        (1, 8, 12),
    ),
    discriminator(StyleGAN2Discriminator, (3, 16, 16), width=4, group=1),
    discriminator(StyleGAN2Discriminator, (1, 8, 12), width=4, max_width=6, group=1),
    conditional(discriminator(StyleGAN2Discriminator, (3, 16, 16), width=4, group=1), Projection),
    generator(SNDCGANGenerator, (3, 16, 16), width=4),
    generator(SNDCGANGenerator, (1, 16, 24), width=4, norm="layer", spectral_norm=True),
    generator(SNDCGANGenerator, (3, 16, 16), width=4, patch_size=2),
    generator(SNDCGANGenerator, (3, 16, 16), width=4, depth=2),
    discriminator(SNDCGANDiscriminator, (3, 32, 32), width=4, spectral_norm=False),
    discriminator(SNDCGANDiscriminator, (3, 16, 16), width=4, depth=3),
    discriminator(SNDCGANDiscriminator, (3, 16, 16), width=4, patch_size=2),
    discriminator(SNDCGANDiscriminator, (1, 16, 24), width=4, spectral_norm=True, pool="sum"),
    generator(BigGANGenerator, (3, 16, 16), width=8, embedding=0, attention=8),
    generator(BigGANGenerator, (1, 12, 16), width=4, embedding=0, spectral_norm=False),
    replace(
        generator(BigGANGenerator, (3, 16, 16), width=4, embedding=5),
        run={"latent": 6, "shape": (3, 16, 16), "classes": 5},
    ),
    discriminator(ResNetDiscriminator, (3, 16, 16), width=4, orthogonal=True, spectral_norm=True),
    generator(FixupResNetGenerator, (3, 16, 16), width=4),
    generator(FixupResNetGenerator, (1, 8, 12), width=4),
    discriminator(FixupResNetDiscriminator, (3, 16, 16), width=4),
    discriminator(FixupResNetDiscriminator, (1, 8, 12), width=4),
    conditional(generator(FixupResNetGenerator, (3, 16, 16), width=4), OneHot),
    conditional(discriminator(FixupResNetDiscriminator, (3, 16, 16), width=4), Projection),
    generator(BranchedDecoder, (3, 16, 16), width=4, context=2, branch=4),
    generator(BranchedDecoder, (1, 8, 12), width=4, context=2, branch=4, norm="layer"),
    Example(ContextEncoder, {"size": 5, "width": 4}, {"shape": (3, 16, 16)}, (3, 16, 16), (5,), 0.0, 1.0),
    Example(CodeEncoder, {"width": 4}, {"shape": (3, 8, 12), "latent": 12}, (3, 8, 12), (12,)),
    Example(CodeDecoder, {"width": 4}, {"shape": (3, 8, 12), "latent": 12}, (12,), (3, 8, 12), -1.0, 1.0),
    Example(
        ViTGenerator,
        {"width": 8, "depth": 2, "heads": 2},
        {"latent": 6, "shape": (4, 4, 6)},
        (6,),
        (4, 4, 6),
    ),
    discriminator(ViTDiscriminator, (4, 4, 6), width=8, depth=2, heads=2),
    discriminator(ViTDiscriminator, (3, 8, 8), width=12, depth=1, heads=3, patch_size=4),
    Example(VectorMap, {"inputs": 6, "outputs": 5}, {}, (6,), (5,)),
    Example(RepresentationReader, {"size": 5, "width": 4}, {"features": 6}, (6,), (5,)),
    Example(
        RepresentationGenerator,
        {"size": 5, "width": 8, "norm": "layer"},
        {"latent": 6},
        (6,),
        (5,),
        -1.0001,
        1.0001,
    ),
    Example(Predictor, {"size": 6, "width": 4}, {}, (6,), (6,)),
    translator((3, 8, 12), width=4, blocks=1),
    translator((1, 8, 8), width=4, blocks=2, norm="batch"),
    translator((1, 8, 8), width=4, blocks=1, norm="none"),
    translator((3, 8, 12), ContrastiveGenerator, width=4, blocks=2),
    Example(
        PatchProjector,
        {"size": 6},
        {"shape": (3, 8, 8), "features": 8},
        (4 * (3 + 4 + 8 + 8 + 8),),
        (5, 4, 6),
        inputs=((4, 3), (4, 4), (4, 8), (4, 8), (4, 8)),
    ),
    replace(
        translator((3, 8, 12), DomainGenerator, width=4, blocks=1), run={"shape": (3, 8, 12), "classes": 5}
    ),
    translator((3, 16, 24), UNetGenerator, width=4),
    translator((1, 8, 8), UNetGenerator, width=4, norm="none", dropout=0.0),
    translator((1, 12, 28), UNetGenerator, width=4),
    discriminator(PatchDiscriminator, (3, 28, 28), width=4, average=True),
    discriminator(PatchDiscriminator, (1, 24, 24), width=4, average=True, norm="none", spectral_norm=True),
    Example(PatchDiscriminator, {"width": 4}, {"shape": (1, 32, 40)}, (1, 32, 40), (2, 3)),
    conditional(generator(MLPGenerator, (1, 4, 6), width=16), OneHot),
    conditional(generator(MLPGenerator, (1, 4, 6), width=16, norm="layer"), ClassNorm),
    conditional(
        generator(MLPGenerator, (1, 4, 6), width=16), LabelBranch, latent_width=8, class_width=4, norm="layer"
    ),
    conditional(generator(SimpleCNNGenerator, (1, 16, 24), width=4), ClassNorm),
    conditional(generator(SimpleCNNGenerator, (3, 16, 16), width=4, spectral_norm=True), LabelPlane, size=6),
    conditional(generator(ResNetGenerator, (3, 16, 16), width=4), ClassNorm),
    conditional(generator(ResNetGenerator, (3, 16, 16), width=4), LabelPlane),
    conditional(generator(SNDCGANGenerator, (3, 16, 16), width=4), ClassNorm),
    conditional(generator(SNDCGANGenerator, (3, 16, 16), width=4), LabelPlane),
    conditional(discriminator(SNDCGANDiscriminator, (3, 16, 16), width=4, spectral_norm=True), Projection),
    conditional(discriminator(MLPDiscriminator, (1, 4, 6), width=16), LabelPlanes),
    conditional(discriminator(MLPDiscriminator, (1, 4, 6), width=16, spectral_norm=True), Projection),
    conditional(
        discriminator(MaxoutDiscriminator, (1, 4, 6), width=8), MaxoutBranch, size=4, joint=6, noise=0.1
    ),
    conditional(discriminator(SimpleCNNDiscriminator, (1, 16, 24), width=4), LabelPlanes),
    conditional(
        discriminator(SimpleCNNDiscriminator, (1, 16, 24), width=4, norm="none"), LateConcat, noise=0.1
    ),
    conditional(discriminator(SimpleCNNDiscriminator, (3, 16, 16), width=4, spectral_norm=True), Projection),
    conditional(discriminator(ResNetDiscriminator, (3, 16, 16), width=4, pool="sum"), Projection),
    conditional(discriminator(ResNetDiscriminator, (3, 16, 16), width=4), LabelPlanes),
    conditional(generator(DenseConvGenerator, (1, 12, 16), width=2), ClassNorm),
    conditional(generator(DenseConvGenerator, (1, 12, 16), width=2), LabelPlane, size=6),
    conditional(discriminator(DenseConvDiscriminator, (1, 12, 16), width=2, norm="layer"), Projection),
]
# Networks with a head whose extra outputs do not change the score.
CLASSIFYING = [
    conditional(discriminator(SimpleCNNDiscriminator, (1, 16, 24), width=4), ClassifierHead),
    conditional(discriminator(ResNetDiscriminator, (3, 16, 16), width=4), ProxyHead, size=6),
]
ALWAYS_WITH_BATCH_NORM = (
    BigGANGenerator,
    CodeDecoder,
    CodeEncoder,
    Predictor,
    ResNetEncoder,
    StridelessDCGANDiscriminator,
    StridelessDCGANGenerator,
)
each_example = pytest.mark.parametrize("example", EXAMPLES, ids=str)


def mixes_samples(network: nn.Module) -> bool:
    return any(isinstance(layer, nn.modules.batchnorm._BatchNorm) for layer in network.modules())


@pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__name__)
def test_every_exported_network_has_an_example(cls: type) -> None:
    assert any(example.cls is cls for example in EXAMPLES), (
        f"{cls.__name__} is exported by ganbench.networks but has no line in EXAMPLES of {__file__}"
    )


@each_example
def test_a_recipe_can_store_it(example: Example) -> None:
    spec = Spec(example.cls, **example.recipe)
    assert all(spec.accepts(name) for name in example.run)
    restored = Spec.from_dict(spec.to_dict())
    torch.manual_seed(0)
    network = restored(**example.run)
    expected = example.build().state_dict()
    assert all(torch.equal(value, expected[name]) for name, value in network.state_dict().items())


@each_example
@pytest.mark.parametrize("rows", [1, 5])
def test_output_has_the_expected_shape_and_range(example: Example, rows: int) -> None:
    network = example.build()
    # Batch norm cannot train on one row of features; in evaluation every network takes one row.
    out = network.train(rows > 1)(example.input(rows))
    assert out.shape == (rows, *example.row_out)
    assert out.isfinite().all()
    assert out.min() >= example.lowest
    assert out.max() <= example.highest
    assert out.numel() == 1 or out.std() > 0


@each_example
def test_the_range_holds_for_any_weights(example: Example) -> None:
    network = example.build()
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.mul_(100)
    out = network(example.input(3))
    assert out.isfinite().all()
    assert example.lowest <= out.min()
    assert out.max() <= example.highest
    if example.highest == 1.0:
        assert out.abs().max() > 0.9, "the range is not used"


@each_example
def test_rows_do_not_influence_each_other_in_evaluation(example: Example) -> None:
    network, x = example.build().eval(), example.input(4)
    parts = torch.cat([network(row) for row in x.split(1)])
    torch.testing.assert_close(network(x), parts, rtol=1e-4, atol=1e-6)


@each_example
def test_does_not_change_its_input(example: Example) -> None:
    x = example.input(3)
    example.build()(x)
    assert torch.equal(x, example.input(3))


@each_example
def test_gradients_reach_every_parameter_and_the_input(example: Example) -> None:
    # In evaluation, since in training batch norm cancels the biases before it.
    network, x = example.build().eval(), example.input(4).requires_grad_(True)
    _activate_branches(network)
    cancels_biases = any(isinstance(layer, nn.InstanceNorm2d) for layer in network.modules())
    (network(x) * torch.randn(4, *example.row_out)).sum().backward()
    assert x.grad is not None
    assert x.grad.abs().max() > 0
    for name, parameter in network.named_parameters():
        assert parameter.grad is not None, f"no gradient for {name}"
        assert parameter.grad.isfinite().all(), name
        if not (cancels_biases and name.endswith("bias")):
            assert parameter.grad.abs().max() > 0, f"zero gradient for {name}"


def _activate_branches(network: nn.Module) -> None:
    """Give weight to attention and residual branches, which start as the identity."""
    for layer in network.modules():
        if isinstance(layer, SelfAttention):
            nn.init.constant_(layer.gamma, 0.5)
        elif isinstance(layer, nn.Conv2d) and not stored_weight(layer).any():
            nn.init.normal_(stored_weight(layer))


@pytest.mark.parametrize("example", CLASSIFYING, ids=str)
def test_a_classifying_head_returns_classes_and_its_gradients_reach_every_parameter(example: Example) -> None:
    network: Any = example.build().eval()
    output = network.discriminate(example.input(4))
    assert output.scores.shape == (4,)
    assert output.classes.shape == (4, 5)
    assert torch.equal(output.scores, network(example.input(4)))
    (output.scores.sum() + (output.classes * torch.randn(4, 5)).sum()).backward()
    assert all(p.grad is not None and p.grad.abs().max() > 0 for p in network.parameters())
    if output.embedding is not None:
        torch.testing.assert_close(output.embedding.norm(dim=1), torch.ones(4))
        assert output.classes.abs().max() <= 1 + 1e-6


@each_example
def test_double_backward_matches_finite_differences(example: Example) -> None:
    # In evaluation and float64: the derivative of the squared gradient norm along a random direction of parameters.
    network, x = example.build().double().eval(), example.input(3).double().requires_grad_(True)

    def squared_gradient_norm() -> Tensor:
        (gradient,) = torch.autograd.grad(network(x).sum(), x, create_graph=True)
        return gradient.square().sum()

    parameters = [p for p in network.parameters() if p.requires_grad]
    torch.manual_seed(2)
    if squared_gradient_norm() < 1e-3:  # small weights in a deep network, smaller than the steps below
        for p in parameters:
            if p.dim() > 1:
                nn.init.kaiming_normal_(p)
    directions = [torch.randn_like(p) * p.abs().mean().clamp(min=1e-3) for p in parameters]
    gradients = torch.autograd.grad(squared_gradient_norm(), parameters, allow_unused=True)
    derivative = sum(
        ((g * d).sum() for g, d in zip(gradients, directions, strict=True) if g is not None), torch.zeros(())
    )
    assert derivative.abs() > 0
    values = []
    for step in (1e-6, -2e-6):
        with torch.no_grad():
            for p, d in zip(parameters, directions, strict=True):
                p.add_(d, alpha=step)
        values.append(squared_gradient_norm().item())
    assert derivative.item() == pytest.approx((values[0] - values[1]) / 2e-6, rel=1e-2)


@each_example
def test_two_passes_before_one_backward(example: Example) -> None:
    # D scores real samples, then fakes; in-place layers and the buffers of spectral norm must allow it.
    network = example.build()
    (network(example.input(4)) - network(example.input(4) + 1)).sum().backward()
    assert all(p.grad is not None for p in network.parameters())


@each_example
def test_the_state_dict_restores_the_network(example: Example) -> None:
    network, other = example.build(0), example.build(1)
    network(example.input(4))  # so that running statistics differ from their initial values
    x = example.input(2)
    assert not torch.equal(network.eval()(x), other.eval()(x))
    other.load_state_dict(network.state_dict(), strict=True)
    assert torch.equal(network(x), other(x))


@each_example
def test_a_copy_is_equal_and_independent(example: Example) -> None:
    network = example.build().eval()
    twin, x = copy.deepcopy(network), example.input(2)
    before = network(x)
    assert torch.equal(before, twin(x))
    with torch.no_grad():
        for parameter in twin.parameters():
            parameter.add_(0.1)
    assert torch.equal(before, network(x))


@each_example
def test_the_seed_decides_the_weights(example: Example) -> None:
    one, same, other = example.build(3), example.build(3), example.build(4)
    assert all(torch.equal(a, b) for a, b in zip(one.parameters(), same.parameters(), strict=True))
    assert not all(torch.equal(a, b) for a, b in zip(one.parameters(), other.parameters(), strict=True))


@each_example
def test_can_be_built_without_memory(example: Example, monkeypatch: pytest.MonkeyPatch) -> None:
    power_method = _SpectralNorm._power_method  # one iteration shows all that many do, without numbers
    monkeypatch.setattr(_SpectralNorm, "_power_method", lambda norm, weight, _: power_method(norm, weight, 1))
    monkeypatch.setattr("ganbench.layers.spectral.START_ITERATIONS", 1)
    with torch.device("meta"):
        network = example.build()
        out = network(torch.empty(3, *example.row_in))
    assert all(p.is_meta for p in network.parameters())
    assert out.shape == (3, *example.row_out)


@each_example
def test_memory_format_does_not_change_the_output(example: Example) -> None:
    network, x = example.build().eval(), example.input(3)
    expected = network(x)
    network = network.to(memory_format=torch.channels_last)
    if x.dim() == 4:
        x = x.contiguous(memory_format=torch.channels_last)
    torch.testing.assert_close(network(x), expected, rtol=1e-4, atol=1e-6)


@each_example
def test_biases_start_at_zero(example: Example) -> None:
    biases = {name: p for name, p in example.build().named_parameters() if name.endswith("bias")}
    assert biases
    assert all(p.abs().max() == 0 for p in biases.values())


@pytest.mark.parametrize("example", [e for e in EXAMPLES if e.recipe.get("spectral_norm")], ids=str)
def test_spectral_norm_divides_by_the_largest_singular_value(example: Example) -> None:
    network = example.build()
    for _ in range(100):
        network(example.input(4))
    network.eval()
    layers = [
        layer for layer in network.modules() if isinstance(layer, nn.Linear | nn.Conv2d | nn.ConvTranspose2d)
    ]
    assert layers
    for layer in layers:
        assert parametrize.is_parametrized(layer, "weight")
        out_axis = 1 if isinstance(layer, nn.ConvTranspose2d) else 0
        matrix = stored_weight(layer).detach().movedim(out_axis, 0).flatten(1)
        top = torch.linalg.svdvals(matrix)[0]
        torch.testing.assert_close(layer.weight, stored_weight(layer) / top, rtol=2e-3, atol=1e-6)


def test_only_batch_norm_mixes_samples() -> None:
    for example in EXAMPLES:
        norm = inspect.signature(example.cls).parameters.get("norm")
        if issubclass(example.cls, ALWAYS_WITH_BATCH_NORM):  # type: ignore[arg-type]
            continue  # always with batch norm
        kinds = example.recipe.get("norm", norm and norm.default)
        expected = "batch" in (kinds if isinstance(kinds, tuple) else (kinds,))
        assert mixes_samples(example.build()) == expected, str(example)
