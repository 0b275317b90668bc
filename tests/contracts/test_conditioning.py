"""Each way of being told a class against its formula, and every way of G beside every way of D."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
import torch
from torch import nn
from torch.nn import functional

from ganbench.conditioning import (
    ClassifierHead,
    ClassNorm,
    CrossEntropy,
    DataToData,
    DiscriminatorOutput,
    LabelBranch,
    LabelPlane,
    LabelPlanes,
    LateConcat,
    MaxoutBranch,
    OneHot,
    Projection,
    ProxyHead,
    VectorNorm,
)
from ganbench.errors import UserError
from ganbench.networks import (
    MLPDiscriminator,
    MLPGenerator,
    ResNetDiscriminator,
    ResNetGenerator,
    SimpleCNNDiscriminator,
    SimpleCNNGenerator,
)

Y = torch.tensor([0, 2, 1, 2])
OF_G = [None, OneHot(), LabelPlane(5), ClassNorm(), LabelBranch(8, 4)]
OF_D = [
    None,
    LabelPlanes(),
    LateConcat(4, 6),
    Projection(),
    MaxoutBranch(3, 5),
    ClassifierHead(),
    ProxyHead(4),
]


@pytest.mark.parametrize("weight", [1.0, 0.25])
def test_projection_is_its_formula(weight: float) -> None:
    d = SimpleCNNDiscriminator(
        shape=(3, 16, 16), width=4, pool="sum", conditioning=Projection(weight), classes=3
    ).eval()
    x, head = torch.randn(4, 3, 16, 16), d.head
    h = d.layers(x).sum((2, 3))
    formula = weight * (head.embedding.weight[Y] * h).sum(1) + h @ head.score.weight[0] + head.score.bias
    torch.testing.assert_close(d(x, Y), formula)
    assert not torch.equal(d(x, Y), d(x, (Y + 1) % 3))


@pytest.mark.parametrize("weight", [0.0, -1.0, float("nan"), float("inf")])
def test_a_projection_without_weight_is_refused(weight: float) -> None:
    with pytest.raises(UserError, match="Projection: weight must be a finite number above 0"):
        Projection(weight)


@pytest.mark.parametrize("training", [True, False])
def test_norms_by_class_are_batch_norm_where_all_classes_share_gain_and_bias(training: bool) -> None:
    torch.manual_seed(0)
    ours: Any = ClassNorm().conditional_norm(lambda affine: nn.BatchNorm2d(5, affine=affine), 5, 3)
    theirs = nn.BatchNorm2d(5)
    with torch.no_grad():
        for mine, plain in ((ours.gain, theirs.weight), (ours.bias, theirs.bias)):
            plain.copy_(torch.randn(5))
            mine.copy_(plain.expand(3, 5))
    x = torch.randn(4, 5, 2, 3)
    ours.train(training), theirs.train(training)
    torch.testing.assert_close(ours(x, Y), theirs(x))
    torch.testing.assert_close(ours.norm.running_var, theirs.running_var)
    with torch.no_grad():
        ours.gain[2] += 1
    changed = (ours(x, Y) != theirs(x)).flatten(1).any(1)
    assert changed[[1, 3]].all()
    torch.testing.assert_close(ours(x, Y)[[0, 2]], theirs(x)[[0, 2]])


def test_norms_by_vector_start_near_the_plain_norm_and_are_linear_in_the_vector() -> None:
    layer: Any = VectorNorm(6).conditional_norm(lambda affine: nn.BatchNorm1d(5, affine=affine), 5, 0)
    x, c = torch.randn(4, 5), torch.randn(4, 6)
    torch.testing.assert_close(layer(x, torch.zeros(4, 6)), layer.norm(x))
    wanted = layer.norm(x) * (1 + c @ layer.gain.weight.T) + c @ layer.shift.weight.T
    torch.testing.assert_close(layer(x, c), wanted)
    g = SimpleCNNGenerator(latent=4, shape=(1, 8, 8), width=4, conditioning=VectorNorm(6)).eval()
    assert not torch.equal(g(torch.zeros(2, 4), c[:2])[0], g(torch.zeros(2, 4), c[:2])[1])


def test_planes_tell_the_class() -> None:
    planes: Any = LabelPlanes().input((1, 2, 3), 3)
    assert planes.shape == (4, 2, 3)
    out = planes(torch.zeros(4, 1, 2, 3), Y)
    assert torch.equal(out[:, 1:], functional.one_hot(Y, 3).float()[:, :, None, None].expand(-1, -1, 2, 3))
    flat: Any = LabelPlanes().input((6,), 3)
    assert torch.equal(flat(torch.zeros(4, 6), Y)[:, 6:], functional.one_hot(Y, 3).float())


def generators(conditioning: Any) -> list[nn.Module]:
    known: dict[str, Any] = {"latent": 4, "width": 4, "conditioning": conditioning, "classes": 3}
    made: list[nn.Module] = [
        SimpleCNNGenerator(shape=(1, 8, 8), **known),
        ResNetGenerator(shape=(1, 8, 8), **known),
    ]
    if not isinstance(conditioning, LabelPlane):
        made.append(MLPGenerator(shape=(1, 8, 8), norm="batch", **known))
    return made


def discriminators(conditioning: Any) -> list[nn.Module]:
    known: dict[str, Any] = {"shape": (1, 8, 8), "width": 4, "conditioning": conditioning, "classes": 3}
    return [SimpleCNNDiscriminator(**known), ResNetDiscriminator(**known), MLPDiscriminator(**known)]


@pytest.mark.parametrize("of_g", OF_G, ids=str)
def test_the_same_label_and_latent_make_the_same_sample_in_every_network(of_g: Any) -> None:
    z = torch.randn(1, 4).expand(4, -1)
    for g in generators(of_g):
        x = g.eval()(z, Y)
        torch.testing.assert_close(x[1], x[3])
        assert torch.equal(x, g(z, Y))
        assert torch.allclose(x[0], x[1], rtol=0, atol=1e-9) == (of_g is None or _starts_alike(of_g))
        one_hot = functional.one_hot(Y, 3).float()
        torch.testing.assert_close(g(z, one_hot), x)


def _starts_alike(of_g: Any) -> bool:
    return isinstance(of_g, ClassNorm)  # gains of 1 and biases of 0 for all


@pytest.mark.parametrize(("of_g", "of_d"), itertools.product(OF_G, OF_D), ids=str)
def test_any_way_of_g_goes_with_any_way_of_d(of_g: Any, of_d: Any) -> None:
    z = torch.randn(4, 4)
    for g, d in zip(generators(of_g)[:2], discriminators(of_d)[:2], strict=True):
        scores = d(g(z, Y), Y)
        assert scores.shape == (4,)
        scores.sum().backward()
        assert all(p.grad is not None for p in g.parameters())


@pytest.mark.parametrize("wrong", [torch.tensor([0, 1, 2, 3]), torch.tensor([0, 0, 0, -1])])
@pytest.mark.parametrize("of_g", OF_G[1:], ids=str)
def test_a_label_out_of_range_is_refused(of_g: Any, wrong: torch.Tensor) -> None:
    for g in generators(of_g):
        with pytest.raises(IndexError):
            g(torch.randn(4, 4), wrong)


@pytest.mark.parametrize("part", [p for p in (*OF_G, *OF_D) if p is not None], ids=str)
def test_no_classes_or_no_condition(part: Any) -> None:
    make: Any = SimpleCNNGenerator if part in OF_G else SimpleCNNDiscriminator
    sizes: dict[str, Any] = {"shape": (1, 8, 8), "width": 4, **({"latent": 4} if part in OF_G else {})}
    with pytest.raises(UserError, match=f"{type(part).__name__} tells classes apart"):
        make(**sizes, conditioning=part)
    network = make(**sizes, conditioning=part, classes=3)
    if part.needs_condition:
        with pytest.raises(ValueError, match="given none"):
            network(torch.randn(2, 4) if part in OF_G else torch.randn(2, 1, 8, 8))


def test_norms_by_class_need_norms() -> None:
    with pytest.raises(UserError, match=r"set networks\.G\.norm=batch"):
        SimpleCNNGenerator(
            latent=4, shape=(1, 8, 8), width=4, norm="none", conditioning=ClassNorm(), classes=3
        )


def test_the_data_to_data_cross_entropy_is_its_formula() -> None:
    torch.manual_seed(0)
    embedding = functional.normalize(torch.randn(4, 6))
    proxies = functional.normalize(torch.randn(3, 6))
    loss, cosines = DataToData(temperature=0.5, margin=0.98), embedding @ proxies.T
    found = loss(DiscriminatorOutput(torch.zeros(4), None, cosines, embedding), Y)
    for i in range(4):
        near = torch.exp(torch.clamp(cosines[i, Y[i]] - 0.98, max=0) / 0.5)
        far = [embedding[i] @ embedding[j] for j in range(4) if Y[j] != Y[i]]
        others = torch.stack([torch.exp(torch.clamp(b - 0.02, min=0) / 0.5) for b in far]).sum()
        torch.testing.assert_close(found[i], -torch.log(near / (near + others)))
    alike = loss(
        DiscriminatorOutput(torch.zeros(4), None, cosines, embedding), torch.zeros(4, dtype=torch.int64)
    )
    torch.testing.assert_close(alike, torch.zeros(4))


def test_the_cross_entropy_falls_as_the_class_is_seen() -> None:
    sure = torch.tensor([[3.0, 0.0, 0.0]])
    right, wrong = (
        CrossEntropy()(DiscriminatorOutput(torch.zeros(1), None, sure), torch.tensor([k])) for k in (0, 1)
    )
    assert right < wrong
