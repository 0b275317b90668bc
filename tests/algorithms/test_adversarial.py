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
from ganbench.regularizers import (
    R1,
    R2,
    Critic,
    Dragan,
    GradientPenalty,
    LabelNoise,
    LeCam,
    Scheduled,
    WeightClip,
)
from ganbench.training.engine import Engine
from ganbench.training.phase import Context
from ganbench.training.schedule import Constant
from ganbench.training.settings import Machine, Schedule
from ganbench.training.trainer import Trainer
from ganbench.utils.random_stream import RandomStream

LATENT = Gaussian(3)


def networks() -> nn.ModuleDict:
    torch.manual_seed(0)
    generator = nn.Sequential(nn.Linear(3, 6), nn.Tanh(), nn.Linear(6, 2))
    critic = nn.Sequential(nn.Linear(2, 6), nn.LeakyReLU(0.2), nn.Linear(6, 1), nn.Flatten(0))
    return nn.ModuleDict({"G": generator, "D": critic})


def context(update: int = 0, rows: int = 8) -> Context:
    return Context(
        step=update, steps=100, update=update, batch_size=rows, stream=RandomStream("update", update)
    )


def data(rows: int = 8) -> Batch:
    return Batch(RandomStream("data").normal(rows, 2), torch.arange(rows))


@dataclass(frozen=True)
class RecordingRegularizer:
    """A regularizer that records its calls."""

    calls: list[Any]
    every: int = 1
    name: str = "recording"

    def __call__(self, critic: Critic, real: Batch, fake: Batch, context: Context) -> Tensor:
        self.calls.append((context.update, real, fake, critic(real.x, real.y), context))
        return critic(fake.x, None) * 0 + 0.5


def test_networks_and_phases() -> None:
    algorithm = Adversarial(latent=LATENT, loss=Hinge(), critic_steps=3)
    d, g = algorithm.phases()
    assert algorithm.networks == ("G", "D")
    assert algorithm.averaged == ("G",)
    assert (d.name, d.updates, d.repeats, d.reads_data) == ("D", ("D",), 3, True)
    assert (g.name, g.updates, g.repeats, g.reads_data) == ("G", ("G",), 1, False)


def test_g_reads_data_if_the_loss_compares_real_and_fake() -> None:
    algorithm = Adversarial(latent=LATENT, loss=RelativisticPairing())
    assert algorithm.phases()[1].reads_data
    nets, batch = networks(), data()
    terms = algorithm.generator_losses(nets, batch, context())
    fake = nets["G"](LATENT.draw(context().stream, 8))
    expected = RelativisticPairing().generator(nets["D"](batch.x), nets["D"](fake))
    assert torch.equal(terms["adversarial"], expected)


@pytest.mark.parametrize("one_pass", [False, True])
@pytest.mark.parametrize("loss", [NonSaturating(), Hinge(), Wasserstein()])
def test_losses_are_computed_from_scores(loss: Any, one_pass: bool) -> None:
    nets, batch = networks(), data()
    algorithm = Adversarial(latent=LATENT, loss=loss, one_pass=one_pass)
    fake = nets["G"](LATENT.draw(context().stream, 8)).detach()
    d = algorithm.discriminator_losses(nets, batch, context())
    assert set(d) == {"adversarial"}
    assert d["adversarial"].shape == (8,)
    assert torch.allclose(
        d["adversarial"], loss.discriminator(nets["D"](batch.x), nets["D"](fake)), atol=1e-6
    )
    g = algorithm.generator_losses(nets, None, context())
    assert set(g) == {"adversarial"}
    assert torch.allclose(g["adversarial"], loss.generator(None, nets["D"](fake)), atol=1e-6)


def test_one_pass_runs_the_discriminator_once() -> None:
    rows: list[int] = []
    nets = networks()
    nets["D"].register_forward_pre_hook(lambda module, inputs: rows.append(len(inputs[0])))
    for one_pass, expected in ((False, [8, 8]), (True, [16])):
        rows.clear()
        Adversarial(latent=LATENT, loss=Hinge(), one_pass=one_pass).discriminator_losses(
            nets, data(), context()
        )
        assert rows == expected


def test_no_gradient_of_a_discriminator_update_reaches_the_generator() -> None:
    nets = networks()
    terms = Adversarial(latent=LATENT, loss=Hinge(), regularizers=(R1(),)).discriminator_losses(
        nets, data(), context()
    )
    torch.stack([t.mean() for t in terms.values()]).sum().backward()
    assert all(p.grad is None for p in nets["G"].parameters())
    assert all(p.grad is not None for p in nets["D"].parameters())


def test_each_regularizer_adds_a_loss_and_sees_the_same_samples() -> None:
    calls: list[Any] = []
    nets, batch = networks(), data()
    algorithm = Adversarial(
        latent=LATENT, loss=Hinge(), regularizers=(R1(gamma=3.0), RecordingRegularizer(calls))
    )
    ctx = context()
    terms = algorithm.discriminator_losses(nets, batch, ctx)
    assert list(terms) == ["adversarial", "r1", "recording"]
    ((_, real, fake, scores, seen_context),) = calls
    assert real is batch
    assert seen_context is ctx
    assert torch.equal(fake.x, nets["G"](LATENT.draw(context().stream, 8)))
    assert not fake.x.requires_grad
    assert torch.equal(scores, nets["D"](batch.x))
    assert torch.equal(terms["r1"], R1(gamma=3.0)(lambda x, y: nets["D"](x), batch, fake, ctx))


def test_two_regularizers_of_one_kind_get_different_names() -> None:
    both = Adversarial(latent=LATENT, loss=Hinge(), regularizers=(R1(gamma=1.0), R1(gamma=4.0)))
    terms = both.discriminator_losses(networks(), data(), context())
    assert list(terms) == ["adversarial", "r1", "r1-2"]
    assert torch.allclose(terms["r1"] * 4, terms["r1-2"])


def train(algorithm: Adversarial, steps: int, nets: nn.ModuleDict | None = None, **schedule: Any) -> Trainer:
    engine = Engine(Machine(threads=1, device="cpu"))
    trainer = Trainer(
        algorithm=algorithm,
        networks=dict((nets or networks()).items()),
        optimizers=lambda name, parameters: torch.optim.SGD(parameters, lr=0.01),
        batches=lambda position, rows, shard, shards: Batch(
            RandomStream("data", position, shard=shard, shards=shards).normal(rows, 2)
        ),
        schedule=Schedule(steps=steps, batch=8, **schedule),
        engine=engine,
        seed=0,
    )
    trainer.train()
    return trainer


def test_a_lazy_regularizer_is_called_every_few_updates_of_the_run() -> None:
    calls: list[Any] = []
    algorithm = Adversarial(
        latent=LATENT, loss=Hinge(), regularizers=(RecordingRegularizer(calls, every=3),), critic_steps=2
    )
    log = train(algorithm, steps=8).read_log()
    assert [update for update, *_ in calls] == [0, 3, 6, 9, 12, 15]
    assert log["D/recording"] == 0.5  # the mean over the updates with a call
    calls.clear()
    train(algorithm, steps=8, microbatches=2)
    assert [update for update, *_ in calls] == [u for u in (0, 3, 6, 9, 12, 15) for _ in range(2)]


def test_one_pass_trains_the_same_networks() -> None:
    one, other = (
        train(Adversarial(latent=LATENT, loss=NonSaturating(), critic_steps=2, one_pass=p), steps=4)
        for p in (False, True)
    )
    for mine, theirs in zip(one.networks.parameters(), other.networks.parameters(), strict=True):
        assert torch.allclose(mine, theirs, atol=1e-6)
    before = networks()
    for name in ("G", "D"):
        moved = zip(before[name].parameters(), one.networks[name].parameters(), strict=True)
        assert not any(torch.equal(b, a) for b, a in moved)


@pytest.mark.parametrize("microbatches", [1, 2])
def test_reused_fakes_save_a_pass_of_g_and_give_the_same_gradient(
    microbatches: int,
) -> None:
    nets, before, passes = networks(), networks(), list[int]()
    nets["G"].register_forward_hook(lambda module, inputs, output: passes.append(len(output)))
    algorithm = Adversarial(latent=LATENT, loss=NonSaturating(), reuse_fakes=True)
    trainer = train(algorithm, steps=1, nets=nets, microbatches=microbatches)
    assert passes == [8 // microbatches] * microbatches
    z = LATENT.draw(RandomStream(0, "update", 0, "D", 0), 8)
    fake = before["G"](z)
    slopes = torch.autograd.grad(
        NonSaturating().generator(None, trainer.networks["D"](fake)).mean(), list(before["G"].parameters())
    )
    for was, slope, now in zip(before["G"].parameters(), slopes, nets["G"].parameters(), strict=True):
        assert slope.abs().max() > 0
        torch.testing.assert_close(now, was - 0.01 * slope)


def test_reused_fakes_do_not_change_the_update_of_d() -> None:
    one, other = (
        train(Adversarial(latent=LATENT, loss=Hinge(), reuse_fakes=reuse), steps=1) for reuse in (False, True)
    )
    for mine, theirs in zip(one.networks["D"].parameters(), other.networks["D"].parameters(), strict=True):
        assert torch.equal(mine, theirs)


def test_reused_fakes_need_a_single_update_of_d() -> None:
    with pytest.raises(UserError, match=r"reuse_fakes needs algorithm\.critic_steps=1, not 2"):
        Adversarial(latent=LATENT, loss=Hinge(), reuse_fakes=True, critic_steps=2)


def test_samples_come_from_g() -> None:
    nets, latent = networks(), torch.ones(4, 3)
    algorithm = Adversarial(latent=LATENT, loss=Hinge())
    assert torch.equal(algorithm.sample(nets, latent), nets["G"](latent))
    with pytest.raises(UserError, match="trained without classes"):
        algorithm.sample(nets, latent, torch.zeros(4))


@pytest.mark.parametrize("name", ["critic_steps", "packing"])
def test_counts_below_one_are_refused(name: str) -> None:
    counts: dict[str, Any] = {name: 0}
    with pytest.raises(UserError, match=rf"algorithm.{name} must be at least 1, not 0"):
        Adversarial(latent=LATENT, loss=Hinge(), **counts)


def test_regularizers_reuse_known_scores() -> None:
    passes: list[Any] = []
    nets, batch = networks(), data()
    nets["D"].register_forward_hook(lambda *_: passes.append(1))
    for regularizers, expected in (((), 2), ((LeCam(), LabelNoise()), 2), ((R1(),), 3), ((LeCam(), R1()), 3)):
        passes.clear()
        algorithm = Adversarial(latent=LATENT, loss=Hinge(), regularizers=regularizers)
        losses = algorithm.discriminator_losses(nets, batch, context())
        assert len(passes) == expected
    real, fake = nets["D"](batch.x), nets["D"](nets["G"](LATENT.draw(context().stream, 8)))
    torch.testing.assert_close(losses["lecam"], 0.3 * (real.square() + fake.square()))
    losses["lecam"].mean().backward()
    assert all(p.grad is not None for p in nets["D"].parameters())


def test_gradient_penalties_and_batch_norm_give_a_warning() -> None:
    normed = networks()
    normed["D"] = nn.Sequential(nn.Linear(2, 6), nn.BatchNorm1d(6), nn.Linear(6, 1), nn.Flatten(0))
    penalties = (R1(), R2(), GradientPenalty(), Dragan(), Scheduled(R1(), Constant()))
    algorithm = Adversarial(latent=LATENT, loss=Hinge(), regularizers=(*penalties, LeCam(), LabelNoise()))
    messages = list(algorithm.compatibility_warnings(normed))
    assert [m.split("'")[1] for m in messages] == ["r1", "r2", "gradient_penalty", "dragan", "r1-5"]
    assert all("batch norm makes" in m and "layer norm" in m for m in messages)
    assert list(algorithm.compatibility_warnings(networks())) == []
    assert list(Adversarial(latent=LATENT, loss=Hinge()).compatibility_warnings(normed)) == []
    normed["G"], normed["D"] = normed["D"], networks()["D"]
    assert list(algorithm.compatibility_warnings(normed)) == []


def test_the_state_includes_that_of_regularizers() -> None:
    nested = Scheduled(LeCam(), Constant())
    algorithm = Adversarial(latent=LATENT, loss=Hinge(), regularizers=(R1(), LeCam(), nested))
    assert {name.rpartition(".")[0] for name in algorithm.state_dict()} == {"states.0", "states.1"}


def test_there_is_no_other_state() -> None:
    algorithm = Adversarial(latent=LATENT, loss=Hinge(), regularizers=(replace(R1(), gamma=2.0),))
    assert algorithm.state_dict() == {}


def test_constraints_are_applied_to_d_after_its_updates() -> None:
    algorithm = Adversarial(latent=LATENT, loss=Wasserstein(), constraints=(WeightClip(0.01),))
    nets = networks()
    before = {name: weight.clone() for name, weight in nets["G"].named_parameters()}
    d, g = algorithm.phases()
    assert g.post_step is None
    assert d.post_step is not None
    d.post_step(nets)
    assert max(float(weight.detach().abs().max()) for weight in nets["D"].parameters()) == pytest.approx(0.01)
    assert all(torch.equal(weight, before[name]) for name, weight in nets["G"].named_parameters())


def networks_for_packs(packing: int) -> nn.ModuleDict:
    torch.manual_seed(0)
    critic = nn.Sequential(nn.Linear(2 * packing, 6), nn.LeakyReLU(0.2), nn.Linear(6, 1), nn.Flatten(0))
    return nn.ModuleDict({"G": networks()["G"], "D": critic})


def test_only_the_discriminator_sees_packs() -> None:
    algorithm = Adversarial(latent=LATENT, loss=Hinge(), packing=3)
    assert algorithm.shape_of("D", (3, 8, 8)) == (9, 8, 8)
    assert algorithm.shape_of("D", (2,)) == (6,)
    assert algorithm.shape_of("G", (3, 8, 8)) == (3, 8, 8)
    algorithm.check_batch_size(6)
    with pytest.raises(UserError, match=r"algorithm\.packing=3 cannot pack the 8 samples"):
        algorithm.check_batch_size(8)


@pytest.mark.parametrize("one_pass", [False, True])
def test_scores_and_penalties_are_computed_for_packs_of_neighbours(one_pass: bool) -> None:
    calls: list[Any] = []
    nets, batch = networks_for_packs(2), data()
    algorithm = Adversarial(
        latent=LATENT,
        loss=RelativisticPairing(),
        regularizers=(RecordingRegularizer(calls), R1(gamma=3.0)),
        one_pass=one_pass,
        packing=2,
    )
    real = torch.stack([torch.cat([batch.x[i], batch.x[i + 1]]) for i in range(0, 8, 2)])
    samples = nets["G"](LATENT.draw(context().stream, 8)).detach()
    fake = torch.stack([torch.cat([samples[i], samples[i + 1]]) for i in range(0, 8, 2)])
    loss = RelativisticPairing()
    d = algorithm.discriminator_losses(nets, batch, context())
    assert torch.allclose(d["adversarial"], loss.discriminator(nets["D"](real), nets["D"](fake)), atol=1e-6)
    ((_, seen_real, seen_fake, _, _),) = calls
    assert torch.equal(seen_real.x, real)
    assert torch.equal(seen_fake.x, fake)
    assert seen_real.y is None
    assert d["r1"].shape == (4,)
    g = algorithm.generator_losses(nets, batch, context())
    assert torch.allclose(g["adversarial"], loss.generator(nets["D"](real), nets["D"](fake)), atol=1e-6)


def test_the_gradient_reaches_every_sample_of_a_pack() -> None:
    nets = networks_for_packs(4)
    outputs: list[Tensor] = []

    def retain_grad(module: nn.Module, inputs: Any, samples: Tensor) -> None:
        samples.retain_grad()
        outputs.append(samples)

    nets["G"].register_forward_hook(retain_grad)
    algorithm = Adversarial(latent=LATENT, loss=NonSaturating(), packing=4)
    algorithm.generator_losses(nets, None, context())["adversarial"].mean().backward()
    (samples,) = outputs
    assert samples.grad is not None
    assert float(samples.grad.abs().amin()) > 0


def test_packs_of_one_change_nothing() -> None:
    penalties = (R1(), GradientPenalty())
    plain = train(Adversarial(latent=LATENT, loss=Hinge(), regularizers=penalties), steps=4)
    packed = train(Adversarial(latent=LATENT, loss=Hinge(), regularizers=penalties, packing=1), steps=4)
    for mine, theirs in zip(plain.networks.parameters(), packed.networks.parameters(), strict=True):
        assert torch.equal(mine, theirs)
    calls: list[Any] = []
    batch = data()
    whole = Adversarial(latent=LATENT, loss=Hinge(), regularizers=(RecordingRegularizer(calls),), packing=1)
    whole.discriminator_losses(networks(), batch, context())
    assert calls[0][1] is batch


def test_packs_do_not_depend_on_the_number_of_microbatches() -> None:
    def run(microbatches: int) -> Trainer:
        algorithm = Adversarial(
            latent=LATENT, loss=NonSaturating(), regularizers=(GradientPenalty(),), packing=2
        )
        return train(algorithm, 4, networks_for_packs(2), microbatches=microbatches)

    whole = run(1)
    for split in (run(2), run(4)):
        for mine, theirs in zip(whole.networks.parameters(), split.networks.parameters(), strict=True):
            assert torch.allclose(mine, theirs, atol=1e-6)


def test_only_the_samples_of_training_are_augmented() -> None:
    seen: list[Tensor] = []

    class RecordingCritic(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            seen.append(x)
            return x.flatten(1).sum(1)

    nets = nn.ModuleDict({"G": nn.Unflatten(1, (1, 1, 3)), "D": RecordingCritic()})
    batch = Batch(torch.rand(8, 1, 1, 3))
    calls: list[Any] = []
    algorithm = Adversarial(
        latent=LATENT,
        loss=RelativisticPairing(),
        regularizers=(RecordingRegularizer(calls),),
        augmentation=lambda x, stream: x * 0 + stream.uniform(len(x), 1, 1, 1, low=5.0, high=6.0),
    )
    algorithm.discriminator_losses(nets, batch, context())
    algorithm.generator_losses(nets, batch, context(1))
    assert len(seen) >= 4
    assert all((x >= 5).all() for x in seen)
    assert len({float(x[0, 0, 0, 0]) for x in seen}) >= 4, "each batch gets its own random numbers"
    ((_, real, fake, _, _),) = calls
    assert (real.x >= 5).all()
    assert (fake.x >= 5).all()
    scores = algorithm.scores(nets, batch.x)
    torch.testing.assert_close(scores, batch.x.flatten(1).sum(1))
