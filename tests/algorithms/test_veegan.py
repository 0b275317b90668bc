from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from ganbench.algorithms import VEEGAN
from ganbench.data.base import Batch
from ganbench.errors import UserError
from ganbench.latents import Gaussian, Uniform
from ganbench.networks import JointMLPDiscriminator, MLPEncoder, MLPGenerator
from ganbench.training.engine import Engine
from ganbench.training.phase import Context
from ganbench.training.settings import Machine, Schedule
from ganbench.training.trainer import Trainer
from ganbench.utils.random_stream import RandomStream

LATENT = Gaussian(3)


class Formula(nn.Module):
    """A network that is a formula of its inputs times one weight."""

    def __init__(self, formula: Callable[..., Tensor]) -> None:
        super().__init__()
        self.formula, self.weight = formula, nn.Parameter(torch.ones(()))

    def forward(self, *inputs: Tensor) -> Tensor:
        return self.weight * self.formula(*inputs)


def networks() -> nn.ModuleDict:
    torch.manual_seed(0)
    return nn.ModuleDict(
        {
            "G": MLPGenerator(latent=3, shape=(2,), width=8),
            "D": JointMLPDiscriminator(latent=3, shape=(2,), width=8),
            "R": MLPEncoder(latent=3, shape=(2,), width=8),
        }
    )


def context(rows: int = 8) -> Context:
    return Context(step=0, steps=100, update=0, batch_size=rows, stream=RandomStream("update"))


def data(rows: int = 8) -> Batch:
    return Batch(RandomStream("data").normal(rows, 2))


def latents_and_noise(rows: int = 8) -> tuple[Tensor, Tensor]:
    """Return the random numbers of an update."""
    stream = context(rows).stream
    return LATENT.draw(stream, rows), stream.normal(rows, 3)


def test_networks_and_phases() -> None:
    algorithm = VEEGAN(latent=LATENT, critic_steps=5)
    d, g = algorithm.phases()
    assert algorithm.networks == ("G", "D", "R")
    assert algorithm.averaged == ("G",)
    assert (d.name, d.updates, d.repeats, d.reads_data) == ("D", ("D",), 5, True)
    assert (g.name, g.updates, g.repeats, g.reads_data) == ("G", ("G", "R"), 1, False)


@pytest.mark.parametrize(("fake", "real"), [(0.0, 0.0), (2.0, -3.0), (-1.0, 4.0), (30.0, -30.0)])
def test_the_discriminators_loss_at_known_scores(fake: float, real: float) -> None:
    # G generates ones and the data are zeros, so that D can score them as required.
    nets = nn.ModuleDict(
        {
            "G": Formula(lambda z: torch.ones(len(z), 2)),
            "D": Formula(lambda x, z: torch.where(x[:, 0] == 1, fake, real)),
            "R": Formula(lambda x: torch.zeros(len(x), 3)),
        }
    )
    terms = VEEGAN(latent=LATENT).discriminator_losses(nets, Batch(torch.zeros(8, 2)), context())
    expected = (math.log1p(math.exp(-fake)) + math.log1p(math.exp(real))) / 2
    assert set(terms) == {"adversarial"}
    assert terms["adversarial"].shape == (8,)
    assert terms["adversarial"].tolist() == pytest.approx([expected] * 8, rel=1e-5)


def test_updates_of_d_raise_the_score_of_the_generators_pairs() -> None:
    nets, batch = networks(), data()
    algorithm = VEEGAN(latent=LATENT)
    z, noise = latents_and_noise()
    optimizer = torch.optim.SGD(nets["D"].parameters(), lr=0.5)

    def scores() -> tuple[float, float]:
        with torch.no_grad():
            fake, real = nets["D"](nets["G"](z), z), nets["D"](batch.x, nets["R"](batch.x) + noise)
        return float(fake.mean()), float(real.mean())

    before = scores()
    for _ in range(20):
        optimizer.zero_grad()
        algorithm.discriminator_losses(nets, batch, context())["adversarial"].mean().backward()
        optimizer.step()
    after = scores()
    assert after[0] - after[1] > before[0] - before[1] + 0.01


def test_d_sees_each_pair_once() -> None:
    nets, batch = networks(), data()
    seen: list[tuple[Tensor, ...]] = []
    nets["D"].register_forward_pre_hook(lambda module, inputs: seen.append(inputs))
    VEEGAN(latent=LATENT).discriminator_losses(nets, batch, context())
    z, noise = latents_and_noise()
    assert not torch.equal(z, noise)
    (fake, its_latent), (real, its_reconstruction) = seen
    assert torch.equal(fake, nets["G"](z))
    assert torch.equal(its_latent, z)
    assert torch.equal(real, batch.x)
    assert torch.equal(its_reconstruction, nets["R"](batch.x) + noise)
    assert not its_reconstruction.requires_grad
    assert not fake.requires_grad


def test_the_losses_of_g_are_the_raw_score_and_the_weighted_mean_square() -> None:
    nets = networks()
    z, _ = latents_and_noise()
    terms = VEEGAN(latent=LATENT, reconstruction_weight=0.5).generator_losses(nets, None, context())
    assert list(terms) == ["adversarial", "reconstruction"]
    assert torch.equal(terms["adversarial"], nets["D"](nets["G"](z), z))
    error = (nets["R"](nets["G"](z)) - z).tolist()
    squares = [(a * a + b * b + c * c) / 3 for a, b, c in error]
    assert terms["reconstruction"].tolist() == pytest.approx([0.5 * s for s in squares], rel=1e-5)


def test_a_reconstructor_that_inverts_g_has_no_error() -> None:
    perfect = nn.ModuleDict(
        {"G": Formula(lambda z: z / 2), "D": Formula(lambda x, z: x.sum(1)), "R": Formula(lambda x: x * 2)}
    )
    terms = VEEGAN(latent=LATENT).generator_losses(perfect, None, context())
    assert terms["reconstruction"].tolist() == [0.0] * 8
    perfect["R"] = Formula(lambda x: x * 2 + 3)
    terms = VEEGAN(latent=LATENT).generator_losses(perfect, None, context())
    assert terms["reconstruction"].tolist() == pytest.approx([9.0] * 8, rel=1e-5)


@pytest.mark.parametrize(
    ("phase", "term", "reached"),
    [
        ("D", "adversarial", {"D"}),
        ("G", "adversarial", {"G", "D"}),  # the trainer freezes D
        ("G", "reconstruction", {"G", "R"}),
    ],
)
def test_which_network_learns_from_which_term(phase: str, term: str, reached: set[str]) -> None:
    nets, algorithm = networks(), VEEGAN(latent=LATENT)
    loss = algorithm.discriminator_losses if phase == "D" else algorithm.generator_losses
    loss(nets, data() if phase == "D" else None, context())[term].mean().backward()
    for name, network in nets.items():
        gradients = [p.grad for p in network.parameters()]
        assert all((g is not None) == (name in reached) for g in gradients), name
        assert all(float(g.abs().max()) > 0 for g in gradients if g is not None), name


def train(steps: int = 3, **schedule: Any) -> Trainer:
    trainer = Trainer(
        algorithm=VEEGAN(latent=LATENT, critic_steps=2),
        networks=dict(networks().items()),
        optimizers=lambda name, parameters: torch.optim.SGD(parameters, lr=0.05),
        batches=lambda position, rows, shard, shards: Batch(
            RandomStream("data", position, shard=shard, shards=shards).normal(rows, 2)
        ),
        schedule=Schedule(steps=steps, batch=8, **schedule),
        engine=Engine(Machine(threads=1, device="cpu")),
        seed=0,
    )
    trainer.train()
    return trainer


def test_microbatches_train_like_a_whole_batch() -> None:
    whole, split = train(), train(microbatches=4)
    ours, theirs, first = (t.state_dict() for t in (whole.networks, split.networks, networks()))
    assert all(torch.allclose(ours[k], theirs[k], atol=1e-6) for k in ours)
    assert not any(torch.equal(ours[k], first[k]) for k in ours)
    logged = whole.read_log()
    assert set(logged) == {"D/adversarial", "G/adversarial", "G/reconstruction"}
    assert split.read_log() == pytest.approx(logged, rel=1e-4)


def test_noise_has_the_size_of_any_latent() -> None:
    algorithm = VEEGAN(latent=Uniform(3))
    assert algorithm.discriminator_losses(networks(), data(), context())["adversarial"].shape == (8,)


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        ({"critic_steps": 0}, r"algorithm.critic_steps must be at least 1, not 0"),
        ({"reconstruction_weight": -1.0}, "reconstruction_weight must be a finite number of at least 0"),
        ({"reconstruction_weight": math.nan}, "reconstruction_weight must be a finite number"),
    ],
)
def test_invalid_options_are_refused(bad: dict[str, Any], words: str) -> None:
    with pytest.raises(UserError, match=words):
        VEEGAN(latent=LATENT, **bad)
