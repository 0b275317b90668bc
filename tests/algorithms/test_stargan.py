"""StarGAN: losses in closed form, random targets, which networks each phase updates, and translation by name."""

from __future__ import annotations

import math

import pytest
import torch
from tests.support.context import context
from torch import Tensor, nn

from ganbench.algorithms import StarGAN
from ganbench.conditioning import ClassifierHead
from ganbench.conditioning.discriminator_output import DiscriminatorOutput
from ganbench.data.base import Batch
from ganbench.errors import UserError
from ganbench.losses import RelativisticPairing, Wasserstein
from ganbench.networks import DomainGenerator, SimpleCNNDiscriminator
from ganbench.regularizers import GradientPenalty

SHAPE, NAMES = (1, 2, 3), ("red", "green", "blue")


class Paint(nn.Module):
    """Makes an image of 0, 1 or 2, the number of the domain, plus a hundredth of the source."""

    needs_condition = True

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(()))

    def forward(self, x: Tensor, condition: Tensor) -> Tensor:
        number = condition @ torch.arange(3.0) if condition.is_floating_point() else condition
        return self.weight * (0.01 * x + number[:, None, None, None])


class Judge(nn.Module):
    """Scores an image by twice its mean, and takes 0.1 * its mean for the logit of each class but the first, 0."""

    conditioning, needs_condition = ClassifierHead(), False

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(()))

    def discriminate(self, x: Tensor, condition: Tensor | None = None) -> DiscriminatorOutput:
        mean = self.weight * x.mean((1, 2, 3))
        return DiscriminatorOutput(2 * mean, None, torch.stack([0 * mean, 0.1 * mean, 0.1 * mean], 1))

    def forward(self, x: Tensor) -> Tensor:
        return self.discriminate(x).scores


def networks() -> nn.ModuleDict:
    return nn.ModuleDict({"G": Paint(), "D": Judge()})


def batch() -> Batch:
    return Batch(torch.full((4, *SHAPE), 0.5), torch.tensor([0, 1, 2, 2]))


def stargan(**options: float) -> StarGAN:
    return StarGAN(loss=Wasserstein(), class_names=NAMES, **options)  # type: ignore[arg-type]


def targets() -> list[int]:
    """The random targets of the context that the tests use."""
    found: list[int] = context().stream.integers(4, 3).tolist()
    return found


def entropy(mean: float, label: int) -> float:
    logits = [0.0, 0.1 * mean, 0.1 * mean]
    return math.log(sum(map(math.exp, logits))) - logits[label]


def test_the_losses_of_the_generator_in_closed_form() -> None:
    losses = stargan(class_weight=2.0, reconstruction_weight=3.0).generator_losses(
        networks(), batch(), context()
    )
    fakes, labels = [0.005 + t for t in targets()], batch().y
    assert labels is not None
    assert losses["adversarial"].tolist() == pytest.approx([-2 * mean for mean in fakes])
    assert losses["class"].tolist() == pytest.approx(
        [2 * entropy(mean, t) for mean, t in zip(fakes, targets(), strict=True)]
    )
    back = [0.01 * mean + y for mean, y in zip(fakes, labels.tolist(), strict=True)]
    assert losses["reconstruction"].tolist() == pytest.approx([3 * abs(mean - 0.5) for mean in back])


def test_the_losses_of_the_discriminator_in_closed_form() -> None:
    losses = stargan(class_weight=2.0).discriminator_losses(networks(), batch(), context())
    assert set(losses) == {"adversarial", "class"}
    assert losses["adversarial"].tolist() == pytest.approx([2 * (0.005 + t) - 2 * 0.5 for t in targets()])
    assert losses["class"].tolist() == pytest.approx([2 * entropy(0.5, y) for y in (0, 1, 2, 2)])


def test_a_regularizer_sees_the_scores_at_its_updates() -> None:
    algorithm = StarGAN(
        loss=Wasserstein(), class_names=NAMES, regularizers=(GradientPenalty(weight=10.0, every=2),)
    )
    losses = algorithm.discriminator_losses(networks(), batch(), context())
    slope = 2 / 6 * math.sqrt(6)  # twice the mean of six pixels
    assert losses["gradient_penalty"].tolist() == pytest.approx([2 * 10 * (slope - 1) ** 2] * 4, rel=1e-4)
    assert "gradient_penalty" not in algorithm.discriminator_losses(networks(), batch(), context(step=1))


def test_which_networks_learn_from_which_phase() -> None:
    nets, phases = networks(), stargan(critic_steps=3).phases()
    assert [(phase.name, phase.updates, phase.repeats) for phase in phases] == [
        ("D", ("D",), 3),
        ("G", ("G",), 1),
    ]
    for phase, reached in zip(phases, ({"D"}, {"G", "D"}), strict=True):  # the trainer freezes D in G's phase
        nets.zero_grad()
        torch.stack([t.mean() for t in phase.loss(nets, batch(), context()).values()]).sum().backward()
        assert {name for name, network in nets.items() if network.weight.grad is not None} == reached


def test_every_class_is_a_domain() -> None:
    algorithm, nets, x = stargan(), networks(), torch.zeros(2, *SHAPE)
    assert algorithm.domains == NAMES
    assert [algorithm.translate(nets, x, target=name).mean() for name in NAMES] == [0, 1, 2]
    assert algorithm.sample(nets, x, torch.tensor([1, 2])).mean((1, 2, 3)).tolist() == [1, 2]
    assert algorithm.sample(nets, x, torch.full((2, 3), 0.5)).mean() == 1.5
    with pytest.raises(UserError, match="translates to a class, so name one"):
        algorithm.sample(nets, x)


def test_the_target_changes_the_translation_despite_instance_norm() -> None:
    torch.manual_seed(0)
    network, x = DomainGenerator(shape=(3, 16, 16), classes=3, width=4, blocks=1), torch.rand(2, 3, 16, 16)
    one, other = (network(x, torch.full((2,), number)) for number in (0, 1))
    assert (one - other).abs()[:, :, 6:10, 6:10].mean() > 1e-3
    weights = torch.tensor([[1.0, 0.0, 0.0]] * 2)
    torch.testing.assert_close(network(x, weights), one)
    with pytest.raises(ValueError, match="needs a class for each sample"):
        network(x)


def test_what_does_not_fit_is_refused() -> None:
    for name in ("class_weight", "reconstruction_weight"):
        with pytest.raises(UserError, match=f"StarGAN: {name} must be"):
            stargan(**{name: -1.0})
    with pytest.raises(UserError, match="critic_steps must be at least 1"):
        stargan(critic_steps=0)
    with pytest.raises(UserError, match="the data have fewer than two"):
        StarGAN(loss=Wasserstein(), class_names=())
    with pytest.raises(UserError, match="StarGAN's domains have no pairs"):
        StarGAN(loss=RelativisticPairing(), class_names=NAMES)
    nets = nn.ModuleDict({"G": Paint(), "D": SimpleCNNDiscriminator(shape=(3, 16, 16), width=4, classes=3)})
    with pytest.raises(UserError, match=r"must classify: set networks\.D\.conditioning=ClassifierHead"):
        stargan().check_networks(nets)
    stargan().check_networks(networks())
