"""Each conditioning compared with its formula, and every conditioning of G with every one of D."""

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
GENERATOR_CONDITIONINGS = [None, OneHot(), LabelPlane(5), ClassNorm(), LabelBranch(8, 4)]
DISCRIMINATOR_CONDITIONINGS = [
    None,
    LabelPlanes(),
    LateConcat(4, 6),
    Projection(),
    MaxoutBranch(3, 5),
    ClassifierHead(),
    ProxyHead(4),
]


@pytest.mark.parametrize("weight", [1.0, 0.25])
def test_projection_matches_its_formula(weight: float) -> None:
    d = SimpleCNNDiscriminator(
        shape=(3, 16, 16), width=4, pool="sum", conditioning=Projection(weight), classes=3
    ).eval()
    x, head = torch.randn(4, 3, 16, 16), d.head
    h = d.layers(x).sum((2, 3))
    formula = weight * (head.embedding.weight[Y] * h).sum(1) + h @ head.score.weight[0] + head.score.bias
    torch.testing.assert_close(d(x, Y), formula)
    assert not torch.equal(d(x, Y), d(x, (Y + 1) % 3))


@pytest.mark.parametrize("weight", [0.0, -1.0, float("nan"), float("inf")])
def test_projection_refuses_a_weight_that_is_not_above_0(weight: float) -> None:
    with pytest.raises(UserError, match="Projection: weight must be a finite number above 0"):
        Projection(weight)


@pytest.mark.parametrize("training", [True, False])
def test_class_norm_is_batch_norm_if_all_classes_share_gain_and_bias(training: bool) -> None:
    torch.manual_seed(0)
    class_norm: Any = ClassNorm().make_norm(lambda affine: nn.BatchNorm2d(5, affine=affine), 5, 3)
    batch_norm = nn.BatchNorm2d(5)
    with torch.no_grad():
        for table, row in ((class_norm.gain, batch_norm.weight), (class_norm.bias, batch_norm.bias)):
            row.copy_(torch.randn(5))
            table.copy_(row.expand(3, 5))
    x = torch.randn(4, 5, 2, 3)
    class_norm.train(training), batch_norm.train(training)
    torch.testing.assert_close(class_norm(x, Y), batch_norm(x))
    torch.testing.assert_close(class_norm.norm.running_var, batch_norm.running_var)
    with torch.no_grad():
        class_norm.gain[2] += 1
    changed = (class_norm(x, Y) != batch_norm(x)).flatten(1).any(1)
    assert changed[[1, 3]].all()
    torch.testing.assert_close(class_norm(x, Y)[[0, 2]], batch_norm(x)[[0, 2]])


def test_vector_norm_is_linear_in_the_vector() -> None:
    layer: Any = VectorNorm(6).make_norm(lambda affine: nn.BatchNorm1d(5, affine=affine), 5, 0)
    x, c = torch.randn(4, 5), torch.randn(4, 6)
    torch.testing.assert_close(layer(x, torch.zeros(4, 6)), layer.norm(x))
    expected = layer.norm(x) * (1 + c @ layer.gain.weight.T) + c @ layer.shift.weight.T
    torch.testing.assert_close(layer(x, c), expected)
    g = SimpleCNNGenerator(latent=4, shape=(1, 8, 8), width=4, conditioning=VectorNorm(6)).eval()
    assert not torch.equal(g(torch.zeros(2, 4), c[:2])[0], g(torch.zeros(2, 4), c[:2])[1])


def test_label_planes_are_one_hot() -> None:
    planes: Any = LabelPlanes().make_sample_input((1, 2, 3), 3)
    assert planes.shape == (4, 2, 3)
    out = planes(torch.zeros(4, 1, 2, 3), Y)
    assert torch.equal(out[:, 1:], functional.one_hot(Y, 3).float()[:, :, None, None].expand(-1, -1, 2, 3))
    flat: Any = LabelPlanes().make_sample_input((6,), 3)
    assert torch.equal(flat(torch.zeros(4, 6), Y)[:, 6:], functional.one_hot(Y, 3).float())


def generators(conditioning: Any) -> list[nn.Module]:
    arguments: dict[str, Any] = {"latent": 4, "width": 4, "conditioning": conditioning, "classes": 3}
    networks: list[nn.Module] = [
        SimpleCNNGenerator(shape=(1, 8, 8), **arguments),
        ResNetGenerator(shape=(1, 8, 8), **arguments),
    ]
    if not isinstance(conditioning, LabelPlane):
        networks.append(MLPGenerator(shape=(1, 8, 8), norm="batch", **arguments))
    return networks


def discriminators(conditioning: Any) -> list[nn.Module]:
    arguments: dict[str, Any] = {"shape": (1, 8, 8), "width": 4, "conditioning": conditioning, "classes": 3}
    return [
        SimpleCNNDiscriminator(**arguments),
        ResNetDiscriminator(**arguments),
        MLPDiscriminator(**arguments),
    ]


@pytest.mark.parametrize("g_conditioning", GENERATOR_CONDITIONINGS, ids=str)
def test_the_same_label_and_latent_give_the_same_sample_in_every_network(g_conditioning: Any) -> None:
    z = torch.randn(1, 4).expand(4, -1)
    for g in generators(g_conditioning):
        x = g.eval()(z, Y)
        torch.testing.assert_close(x[1], x[3])
        assert torch.equal(x, g(z, Y))
        assert torch.allclose(x[0], x[1], rtol=0, atol=1e-9) == (
            g_conditioning is None or _starts_equal_for_all_classes(g_conditioning)
        )
        one_hot = functional.one_hot(Y, 3).float()
        torch.testing.assert_close(g(z, one_hot), x)


def _starts_equal_for_all_classes(g_conditioning: Any) -> bool:
    return isinstance(g_conditioning, ClassNorm)  # all gains start at 1 and all biases at 0


@pytest.mark.parametrize(
    ("g_conditioning", "d_conditioning"),
    itertools.product(GENERATOR_CONDITIONINGS, DISCRIMINATOR_CONDITIONINGS),
    ids=str,
)
def test_any_conditioning_of_g_works_with_any_of_d(g_conditioning: Any, d_conditioning: Any) -> None:
    z = torch.randn(4, 4)
    for g, d in zip(generators(g_conditioning)[:2], discriminators(d_conditioning)[:2], strict=True):
        scores = d(g(z, Y), Y)
        assert scores.shape == (4,)
        scores.sum().backward()
        assert all(p.grad is not None for p in g.parameters())


@pytest.mark.parametrize("labels", [torch.tensor([0, 1, 2, 3]), torch.tensor([0, 0, 0, -1])])
@pytest.mark.parametrize("g_conditioning", GENERATOR_CONDITIONINGS[1:], ids=str)
def test_refuses_labels_out_of_range(g_conditioning: Any, labels: torch.Tensor) -> None:
    for g in generators(g_conditioning):
        with pytest.raises(IndexError):
            g(torch.randn(4, 4), labels)


@pytest.mark.parametrize(
    "part", [p for p in (*GENERATOR_CONDITIONINGS, *DISCRIMINATOR_CONDITIONINGS) if p is not None], ids=str
)
def test_refuses_a_missing_condition_or_data_without_classes(part: Any) -> None:
    make: Any = SimpleCNNGenerator if part in GENERATOR_CONDITIONINGS else SimpleCNNDiscriminator
    sizes: dict[str, Any] = {
        "shape": (1, 8, 8),
        "width": 4,
        **({"latent": 4} if part in GENERATOR_CONDITIONINGS else {}),
    }
    with pytest.raises(UserError, match=f"{type(part).__name__} needs classes"):
        make(**sizes, conditioning=part)
    network = make(**sizes, conditioning=part, classes=3)
    if part.needs_condition:
        with pytest.raises(ValueError, match="given none"):
            network(torch.randn(2, 4) if part in GENERATOR_CONDITIONINGS else torch.randn(2, 1, 8, 8))


def test_class_norm_needs_norms() -> None:
    with pytest.raises(UserError, match=r"set networks\.G\.norm to batch"):
        SimpleCNNGenerator(
            latent=4, shape=(1, 8, 8), width=4, norm="none", conditioning=ClassNorm(), classes=3
        )


def test_data_to_data_matches_its_formula() -> None:
    torch.manual_seed(0)
    embedding = functional.normalize(torch.randn(4, 6))
    proxies = functional.normalize(torch.randn(3, 6))
    loss, cosines = DataToData(temperature=0.5, margin=0.98), embedding @ proxies.T
    losses = loss(DiscriminatorOutput(torch.zeros(4), None, cosines, embedding), Y)
    for i in range(4):
        near = torch.exp(torch.clamp(cosines[i, Y[i]] - 0.98, max=0) / 0.5)
        far = [embedding[i] @ embedding[j] for j in range(4) if Y[j] != Y[i]]
        others = torch.stack([torch.exp(torch.clamp(b - 0.02, min=0) / 0.5) for b in far]).sum()
        torch.testing.assert_close(losses[i], -torch.log(near / (near + others)))
    one_class = loss(
        DiscriminatorOutput(torch.zeros(4), None, cosines, embedding), torch.zeros(4, dtype=torch.int64)
    )
    torch.testing.assert_close(one_class, torch.zeros(4))


def test_cross_entropy_is_lower_for_the_predicted_class() -> None:
    logits = torch.tensor([[3.0, 0.0, 0.0]])
    right, wrong = (
        CrossEntropy()(DiscriminatorOutput(torch.zeros(1), None, logits), torch.tensor([k])) for k in (0, 1)
    )
    assert right < wrong
