from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from ganbench.algorithms import Adversarial
from ganbench.data.base import Batch
from ganbench.errors import UserError
from ganbench.latents import Gaussian
from ganbench.losses import Hinge, NonSaturating, RelativisticPairing, Wasserstein
from ganbench.regularizers import R1, Critic, WeightClip
from ganbench.settings import Machine, Schedule
from ganbench.training.draws import Draws
from ganbench.training.engine import Engine
from ganbench.training.phase import Context
from ganbench.training.trainer import Trainer

LATENT = Gaussian(3)


def networks() -> nn.ModuleDict:
    torch.manual_seed(0)
    generator = nn.Sequential(nn.Linear(3, 6), nn.Tanh(), nn.Linear(6, 2))
    critic = nn.Sequential(nn.Linear(2, 6), nn.LeakyReLU(0.2), nn.Linear(6, 1), nn.Flatten(0))
    return nn.ModuleDict({"G": generator, "D": critic})


def context(update: int = 0, rows: int = 8) -> Context:
    return Context(step=update, steps=100, update=update, rows=rows, draws=Draws("update", update))


def data(rows: int = 8) -> Batch:
    return Batch(Draws("data").normal(rows, 2), torch.arange(rows))


@dataclass(frozen=True)
class Watch:
    """A regularizer that notes its calls."""

    calls: list[Any]
    every: int = 1
    name: str = "watch"

    def __call__(self, critic: Critic, real: Batch, fake: Batch, context: Context) -> Tensor:
        self.calls.append((context.update, real, fake, critic(real.x, real.y), context))
        return critic(fake.x, None) * 0 + 0.5


def test_its_networks_and_phases() -> None:
    algorithm = Adversarial(latent=LATENT, loss=Hinge(), critic_steps=3)
    d, g = algorithm.phases()
    assert algorithm.networks == ("G", "D")
    assert algorithm.averaged == ("G",)
    assert (d.name, d.trains, d.repeats, d.reads_data) == ("D", ("D",), 3, True)
    assert (g.name, g.trains, g.repeats, g.reads_data) == ("G", ("G",), 1, False)


def test_a_loss_that_compares_makes_the_generator_read_data() -> None:
    algorithm = Adversarial(latent=LATENT, loss=RelativisticPairing())
    assert algorithm.phases()[1].reads_data
    made, batch = networks(), data()
    terms = algorithm.generator_terms(made, batch, context())
    fake = made["G"](LATENT.draw(context().draws, 8))
    wanted = RelativisticPairing().generator(made["D"](batch.x), made["D"](fake))
    assert torch.equal(terms["adversarial"], wanted)


@pytest.mark.parametrize("one_pass", [False, True])
@pytest.mark.parametrize("loss", [NonSaturating(), Hinge(), Wasserstein()])
def test_the_terms_are_the_losses_of_the_scores(loss: Any, one_pass: bool) -> None:
    made, batch = networks(), data()
    algorithm = Adversarial(latent=LATENT, loss=loss, one_pass=one_pass)
    fake = made["G"](LATENT.draw(context().draws, 8)).detach()
    d = algorithm.discriminator_terms(made, batch, context())
    assert set(d) == {"adversarial"}
    assert d["adversarial"].shape == (8,)
    assert torch.allclose(
        d["adversarial"], loss.discriminator(made["D"](batch.x), made["D"](fake)), atol=1e-6
    )
    g = algorithm.generator_terms(made, None, context())
    assert set(g) == {"adversarial"}
    assert torch.allclose(g["adversarial"], loss.generator(None, made["D"](fake)), atol=1e-6)


def test_the_discriminator_is_run_once_over_both_if_asked() -> None:
    rows: list[int] = []
    made = networks()
    made["D"].register_forward_pre_hook(lambda module, inputs: rows.append(len(inputs[0])))
    for one_pass, wanted in ((False, [8, 8]), (True, [16])):
        rows.clear()
        Adversarial(latent=LATENT, loss=Hinge(), one_pass=one_pass).discriminator_terms(
            made, data(), context()
        )
        assert rows == wanted


def test_no_gradient_of_a_discriminator_update_reaches_the_generator() -> None:
    made = networks()
    terms = Adversarial(latent=LATENT, loss=Hinge(), regularizers=(R1(),)).discriminator_terms(
        made, data(), context()
    )
    torch.stack([t.mean() for t in terms.values()]).sum().backward()
    assert all(p.grad is None for p in made["G"].parameters())
    assert all(p.grad is not None for p in made["D"].parameters())


def test_each_regularizer_is_a_term_of_its_own_and_sees_the_same_samples() -> None:
    calls: list[Any] = []
    made, batch = networks(), data()
    algorithm = Adversarial(latent=LATENT, loss=Hinge(), regularizers=(R1(gamma=3.0), Watch(calls)))
    here = context()
    terms = algorithm.discriminator_terms(made, batch, here)
    assert list(terms) == ["adversarial", "r1", "watch"]
    ((_, real, fake, scores, told),) = calls
    assert real is batch
    assert told is here
    assert torch.equal(fake.x, made["G"](LATENT.draw(context().draws, 8)))
    assert not fake.x.requires_grad
    assert torch.equal(scores, made["D"](batch.x))
    assert torch.equal(terms["r1"], R1(gamma=3.0)(lambda x, y: made["D"](x), batch, fake, here))


def test_two_regularizers_of_one_kind_are_two_terms() -> None:
    both = Adversarial(latent=LATENT, loss=Hinge(), regularizers=(R1(gamma=1.0), R1(gamma=4.0)))
    terms = both.discriminator_terms(networks(), data(), context())
    assert list(terms) == ["adversarial", "r1", "r1-2"]
    assert torch.allclose(terms["r1"] * 4, terms["r1-2"])


def trained(algorithm: Adversarial, steps: int, **schedule: Any) -> Trainer:
    engine = Engine(Machine(threads=1, device="cpu"))
    trainer = Trainer(
        algorithm=algorithm,
        networks=dict(networks().items()),
        optimizers=lambda name, parameters: torch.optim.SGD(parameters, lr=0.01),
        batches=lambda position, rows, part, parts: Batch(
            Draws("data", position, part=part, parts=parts).normal(rows, 2)
        ),
        schedule=Schedule(steps=steps, batch=8, **schedule),
        engine=engine,
        seed=0,
    )
    trainer.train()
    return trainer


def test_a_lazy_regularizer_is_called_at_every_so_many_updates_counted_through_the_run() -> None:
    calls: list[Any] = []
    algorithm = Adversarial(
        latent=LATENT, loss=Hinge(), regularizers=(Watch(calls, every=3),), critic_steps=2
    )
    log = trained(algorithm, steps=8).read_log()
    assert [update for update, *_ in calls] == [0, 3, 6, 9, 12, 15]
    assert log["D/watch"] == 0.5  # the mean over the updates where it was called
    calls.clear()
    trained(algorithm, steps=8, microbatches=2)
    assert [update for update, *_ in calls] == [u for u in (0, 3, 6, 9, 12, 15) for _ in range(2)]


def test_one_pass_trains_the_same_networks() -> None:
    one, other = (
        trained(Adversarial(latent=LATENT, loss=NonSaturating(), critic_steps=2, one_pass=p), steps=4)
        for p in (False, True)
    )
    for mine, theirs in zip(one.networks.parameters(), other.networks.parameters(), strict=True):
        assert torch.allclose(mine, theirs, atol=1e-6)
    before = networks()
    for name in ("G", "D"):
        moved = zip(before[name].parameters(), one.networks[name].parameters(), strict=True)
        assert not any(torch.equal(b, a) for b, a in moved)


def test_samples_are_the_generators() -> None:
    made, latent = networks(), torch.ones(4, 3)
    algorithm = Adversarial(latent=LATENT, loss=Hinge())
    assert torch.equal(algorithm.sample(made, latent), made["G"](latent))
    with pytest.raises(UserError, match="trained without classes"):
        algorithm.sample(made, latent, torch.zeros(4))


def test_no_critic_step_is_refused() -> None:
    with pytest.raises(UserError, match=r"algorithm.critic_steps must be at least 1, not 0"):
        Adversarial(latent=LATENT, loss=Hinge(), critic_steps=0)


def test_it_keeps_no_state_of_its_own() -> None:
    algorithm = Adversarial(latent=LATENT, loss=Hinge(), regularizers=(replace(R1(), gamma=2.0),))
    assert algorithm.state_dict() == {}


def test_constraints_hold_for_the_discriminator_after_its_updates() -> None:
    algorithm = Adversarial(latent=LATENT, loss=Wasserstein(), constraints=(WeightClip(0.01),))
    made = networks()
    before = {name: weight.clone() for name, weight in made["G"].named_parameters()}
    d, g = algorithm.phases()
    assert g.after is None
    assert d.after is not None
    d.after(made)
    assert max(float(weight.detach().abs().max()) for weight in made["D"].parameters()) == pytest.approx(0.01)
    assert all(torch.equal(weight, before[name]) for name, weight in made["G"].named_parameters())
