from __future__ import annotations

import copy
import math
import socket
from collections.abc import Callable, Iterable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn.utils import parameters_to_vector
from torch.optim import Optimizer

from ganbench.config.spec import Spec
from ganbench.data.base import Batch
from ganbench.errors import RunError, UserError
from ganbench.experiment.run_hooks import Every
from ganbench.layers import Dropout
from ganbench.training.engine import Engine
from ganbench.training.phase import Context, LossDict, Phase
from ganbench.training.schedule import Constant, Linear
from ganbench.training.settings import Machine, Schedule
from ganbench.training.trainer import Trainer
from ganbench.utils.random_stream import RandomStream

if TYPE_CHECKING:  # the script below imports this file without the folder of all tests
    from tests.support.command_line import CommandLine


class Pair(nn.Module):
    """An algorithm with two networks: D is updated ``critic_steps`` times a step on data, then G without data."""

    averaged = ("G",)

    def __init__(self, critic_steps: int = 2) -> None:
        super().__init__()
        self.critic_steps = critic_steps
        self.contexts: list[tuple[str, Context]] = []
        self.batches: list[Tensor] = []
        self.steps: list[int] = []
        self.change: Callable[[str, Context, LossDict], LossDict] = lambda phase, context, losses: losses

    def phases(self) -> tuple[Phase, ...]:
        return (
            Phase("D", ("D",), self.d_losses, repeats=self.critic_steps),
            Phase("G", ("G",), self.g_losses, reads_data=False),
        )

    def d_losses(self, networks: nn.ModuleDict, batch: Batch | None, context: Context) -> LossDict:
        assert batch is not None
        assert len(batch) == context.batch_size
        self.contexts.append(("D", context))
        self.batches.append(batch.x)
        with torch.no_grad():
            samples = networks["G"](context.stream.normal(context.batch_size, 3))
        real, fake = networks["D"](batch.x), networks["D"](samples)
        losses = {"adversarial": (1 - real).relu() + (1 + fake).relu(), "size": 0.1 * real.square().mean()}
        return self.change("D", context, losses)

    def g_losses(self, networks: nn.ModuleDict, batch: Batch | None, context: Context) -> LossDict:
        assert batch is None
        self.contexts.append(("G", context))
        fake = networks["G"](context.stream.normal(context.batch_size, 3))
        return self.change("G", context, {"adversarial": -networks["D"](fake)})

    def after_step(self, networks: nn.ModuleDict, step: int) -> None:
        self.steps.append(step)

    def extra_scalars(self) -> dict[str, torch.Tensor]:
        return {}


class Counting(Pair):
    """Has a state: the running mean of its losses, which scales them."""

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("score", torch.zeros(()))
        self.register_buffer("updates", torch.tensor(0))
        self.change = self.count

    def count(self, phase: str, context: Context, losses: LossDict) -> LossDict:
        weight = 1 + self.get_buffer("score").clone()
        self.get_buffer("score").lerp_(losses["adversarial"].detach().mean(), 0.3)
        self.get_buffer("updates").add_(1)
        return {name: value * weight for name, value in losses.items()}


def full_trainer(**schedule: Any) -> Trainer:
    """Return a trainer with everything that two processes could do differently: dropout, clipping, a state."""
    sgd = Spec(torch.optim.SGD, lr=0.05, momentum=0.9)
    return trainer(
        algorithm=Counting(), optimizer=sgd, dropout=0.5, layer=Dropout, gradient_clip=0.5, **schedule
    )


class RecordingBatches:
    """Random points by batch index; records the requests."""

    def __init__(self) -> None:
        self.requests: list[tuple[int, int, int, int]] = []

    def __call__(self, batch_index: int, rows: int, shard: int, shards: int) -> Batch:
        self.requests.append((batch_index, rows, shard, shards))
        return Batch(RandomStream("data", batch_index, shard=shard, shards=shards).normal(rows, 2))


def networks(dropout: float = 0.0, layer: Callable[[float], nn.Module] = nn.Dropout) -> dict[str, nn.Module]:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return {
            "G": nn.Sequential(nn.Linear(3, 8), nn.Tanh(), layer(dropout), nn.Linear(8, 2)),
            "D": nn.Sequential(nn.Linear(2, 8), nn.LeakyReLU(0.2), nn.Linear(8, 1), nn.Flatten(0)),
        }


def trainer(
    *,
    algorithm: nn.Module | None = None,
    seed: int = 0,
    dropout: float = 0.0,
    layer: Callable[[float], nn.Module] = nn.Dropout,
    optimizer: Spec | None = None,
    engine: Engine | None = None,
    batches: Any = None,
    **schedule: Any,
) -> Trainer:
    engine = engine or Engine(Machine(threads=1, device="cpu"))
    spec = optimizer or Spec(torch.optim.Adam, lr=0.01)

    def make(name: str, parameters: Iterable[nn.Parameter]) -> Optimizer:
        return engine.optimizer(spec, parameters)

    return Trainer(
        algorithm=algorithm or Pair(),
        networks=networks(dropout, layer),
        optimizers=make,
        batches=batches or RecordingBatches(),
        schedule=Schedule(**{"steps": 6, "batch": 8, "ema_half_life": 50.0, **schedule}),
        engine=engine,
        seed=seed,
    )


def tensors(state: Any) -> list[Tensor]:
    if isinstance(state, Tensor):
        return [state]
    values = state.values() if isinstance(state, dict) else state if isinstance(state, list | tuple) else ()
    return [t for value in values for t in tensors(value)]


def equal_states(one: Trainer, other: Trainer) -> bool:
    ours, theirs = tensors(one.state_dict()), tensors(other.state_dict())
    assert len(ours) == len(theirs) > 20
    return all(map(torch.equal, ours, theirs))


# Determinism


def test_runs_are_reproducible_for_any_random_state_of_the_caller() -> None:
    torch.manual_seed(1)
    one = trainer(dropout=0.5)
    one.train()
    torch.manual_seed(2)
    other = trainer(dropout=0.5)
    other.train()
    assert equal_states(one, other)
    assert not any(map(torch.equal, one.networks["G"].parameters(), networks()["G"].parameters()))


def test_another_seed_gives_another_run() -> None:
    one, other = trainer(), trainer(seed=1)
    one.train()
    other.train()
    for mine, theirs in zip(one.networks.parameters(), other.networks.parameters(), strict=True):
        assert not torch.equal(mine, theirs)


def test_a_resumed_run_equals_an_uninterrupted_one() -> None:
    whole, first, second = (trainer(dropout=0.5) for _ in range(3))
    whole.train()
    assert not first.train(stop=lambda: first.step == 4)
    second.load_state_dict(copy.deepcopy(first.state_dict()))
    assert second.train()
    assert equal_states(whole, second)


def test_the_random_state_of_the_caller_is_restored_even_after_an_error() -> None:
    torch.manual_seed(5)
    before = torch.get_rng_state()
    one = trainer(dropout=0.5)
    one.train()
    assert torch.equal(torch.get_rng_state(), before)

    def fail(trainer: Trainer) -> None:
        raise KeyError

    with pytest.raises(KeyError):
        trainer(dropout=0.5).train([Every(2, fail)])
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize("microbatches", [2, 4])
def test_microbatches_train_like_a_whole_batch(microbatches: int) -> None:
    sgd = Spec(torch.optim.SGD, lr=0.05, momentum=0.9)
    whole, split = trainer(optimizer=sgd), trainer(optimizer=sgd, microbatches=microbatches)
    whole.train()
    split.train()
    for mine, theirs in zip(whole.networks.parameters(), split.networks.parameters(), strict=True):
        assert torch.allclose(mine, theirs, rtol=0, atol=1e-6)
    assert whole.read_log() == pytest.approx(split.read_log(), abs=1e-6)


def test_dropout_does_not_depend_on_the_number_of_microbatches() -> None:
    def run(microbatches: int, layer: Callable[[float], nn.Module]) -> list[Tensor]:
        sgd = Spec(torch.optim.SGD, lr=0.05)
        one = trainer(optimizer=sgd, dropout=0.5, layer=layer, microbatches=microbatches)
        one.train()
        return [p.detach() for p in one.networks.parameters()]

    def close(a: list[Tensor], b: list[Tensor]) -> bool:
        return all(torch.allclose(x, y, rtol=0, atol=1e-6) for x, y in zip(a, b, strict=True))

    assert close(run(1, Dropout), run(4, Dropout))
    assert not close(
        run(1, nn.Dropout), run(4, nn.Dropout)
    )  # torch's dropout is reproducible, but not sharded


def test_dropout_depends_only_on_the_update() -> None:
    first, again, other = (trainer(dropout=0.5, layer=Dropout, seed=s) for s in (0, 0, 1))
    whole = trainer(dropout=0.5, layer=Dropout)
    whole.train()
    first.train(stop=lambda: first.step == 2)
    torch.manual_seed(5)
    again.load_state_dict(first.state_dict())
    again.train()
    other.train()
    assert equal_states(whole, again)
    assert not equal_states(whole, other)


PROCESS = """
import sys
sys.path.insert(0, sys.argv[1])
import torch
from test_trainer import full_trainer, torch
one = full_trainer()
one.train()
means = one.read_log()
if one.engine.is_main_process:
    torch.save([{**one.networks.state_dict(), **one.algorithm.state_dict()}, means], sys.argv[2])
assert one.engine.any(one.engine.rank == 1) and not one.engine.any(False)
assert one.engine.broadcast(f"from {one.engine.rank}") == "from 0"
one.engine.close()
"""


def test_two_processes_train_like_one(cli: CommandLine, tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    group = {"WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port, "OMP_NUM_THREADS": "1"}
    saved = tmp_path / "two.pt"
    script = tmp_path / "process.py"
    script.write_text(PROCESS)
    running = [
        cli.start(Path(__file__).parent, saved, script=script, env={**group, "RANK": str(rank)})
        for rank in range(2)
    ]
    for process in running:
        assert process.wait() == 0, process.err
    two, means = torch.load(saved, weights_only=True)
    one = full_trainer()
    one.train()
    assert int(one.algorithm.get_buffer("updates")) == 18
    for name, value in {**one.networks.state_dict(), **one.algorithm.state_dict()}.items():
        assert torch.allclose(value, two[name], rtol=0, atol=1e-6), name
    assert means == pytest.approx(one.read_log(), abs=1e-6)


# Phases


class RecordingEngine(Engine):
    """Records the weights and gradients of all networks before each optimizer step."""

    networks: nn.ModuleDict

    def reduce_gradients(self, parameters: Iterable[nn.Parameter]) -> None:
        weights = {n: [p.detach().clone() for p in m.parameters()] for n, m in self.networks.items()}
        grads = {
            n: [None if p.grad is None else p.grad.clone() for p in m.parameters()]
            for n, m in self.networks.items()
        }
        trainable = {n: {p.requires_grad for p in m.parameters()} for n, m in self.networks.items()}
        self.seen.append((weights, grads, trainable))
        super().reduce_gradients(parameters)


def test_only_the_networks_of_a_phase_are_updated_and_get_gradients() -> None:
    engine = RecordingEngine(Machine(threads=1, device="cpu"))
    engine.seen: list[Any] = []  # type: ignore[misc]
    one = trainer(engine=engine, steps=3)
    engine.networks = one.networks
    one.train()
    phases = ["D", "D", "G"] * 3
    assert len(engine.seen) == len(phases)
    for ((weights, grads, trainable), (later, *_)), phase in zip(
        pairwise(engine.seen), phases[:-1], strict=True
    ):
        frozen = "G" if phase == "D" else "D"
        assert trainable == {phase: {True}, frozen: {False}}
        assert all(map(torch.equal, weights[frozen], later[frozen]))
        assert not all(map(torch.equal, weights[phase], later[phase]))
        assert all(g is not None and g.abs().sum() > 0 for g in grads[phase])
    assert engine.seen[0][1]["G"] == engine.seen[1][1]["G"] == [None] * 4
    for after_d, after_g in ((1, 2), (4, 5)):
        assert all(map(torch.equal, engine.seen[after_d][1]["D"], engine.seen[after_g][1]["D"]))


def test_post_step_runs_after_each_update_of_the_phase() -> None:
    largest: list[float] = []

    class ClippedPair(Pair):
        def phases(self) -> tuple[Phase, ...]:
            d, g = super().phases()
            return replace(d, post_step=self.clip), g

        def clip(self, networks: nn.ModuleDict) -> None:
            largest.append(max(float(w.detach().abs().max()) for w in networks["D"].parameters()))
            for weight in networks["D"].parameters():
                weight.data.clamp_(-0.1, 0.1)

    one = trainer(algorithm=ClippedPair(critic_steps=2), steps=3)
    one.train()
    assert len(largest) == 6
    assert 0.1 < max(largest[1:]) < 0.112  # about one step of Adam at a rate of 0.01 outside, never more
    assert max(float(w.detach().abs().max()) for w in one.networks["D"].parameters()) < 0.1 + 1e-6


def test_the_context_of_each_loss() -> None:
    pair = Pair(critic_steps=2)
    trainer(algorithm=pair, steps=3, microbatches=2).train()
    contexts = [
        (name, c.step, c.steps, c.update, c.batch_size, c.stream.shard, c.stream.shards)
        for name, c in pair.contexts
    ]
    expected = []
    for step in range(3):
        for repeat in range(2):
            expected += [("D", step, 3, 2 * step + repeat, 4, shard, 2) for shard in range(2)]
        expected += [("G", step, 3, step, 4, shard, 2) for shard in range(2)]
    assert contexts == expected
    assert pair.steps == [0, 1, 2]


def test_every_update_gets_new_random_numbers() -> None:
    pair = Pair(critic_steps=2)
    draws: list[Tensor] = []

    def draw(phase: str, context: Context, losses: LossDict) -> LossDict:
        draws.append(context.stream.normal(context.batch_size))
        return losses

    pair.change = draw
    trainer(algorithm=pair, steps=4, microbatches=2).train()
    numbers = torch.cat(draws)
    assert len(numbers) == 4 * 3 * 8
    assert len(numbers.unique()) == len(numbers)


def test_each_update_with_data_reads_the_next_batch() -> None:
    batches, pair = RecordingBatches(), Pair(critic_steps=3)
    trainer(algorithm=pair, batches=batches, steps=4, microbatches=2).train()
    assert batches.requests == [
        (batch_index, 4, shard, 2) for batch_index in range(4 * 3) for shard in range(2)
    ]
    points = torch.cat(pair.batches)
    assert len(points.unique(dim=0)) == len(points) == 4 * 3 * 8


def test_a_resumed_run_continues_with_the_next_batch() -> None:
    batches = RecordingBatches()
    first, second = trainer(), trainer(batches=batches, steps=5)
    first.train(stop=lambda: first.step == 3)
    second.load_state_dict(first.state_dict())
    second.train()
    assert [batch_index for batch_index, *_ in batches.requests] == [6, 7, 8, 9]


def test_means_of_all_losses_are_logged() -> None:
    pair = Pair(critic_steps=2)
    pair.change = lambda phase, context, losses: {
        **{name: value * 0 for name, value in losses.items()},
        "known": losses["adversarial"].sum() * 0 + context.update,
    }
    one = trainer(algorithm=pair, steps=3)
    one.train()
    log = one.read_log()
    assert set(log) == {"D/adversarial", "D/size", "D/known", "G/adversarial", "G/known"}
    assert (log["D/known"], log["G/known"], log["D/size"]) == (2.5, 1.0, 0.0)
    assert one.read_log() == {}


def test_losses_are_added_up() -> None:
    def train_with(losses: Callable[[Tensor], LossDict]) -> list[Tensor]:
        pair = Pair(critic_steps=1)
        pair.change = lambda phase, context, original: losses(original["adversarial"])
        one = trainer(algorithm=pair, steps=1, optimizer=Spec(torch.optim.SGD, lr=0.1))
        one.train()
        return [p.detach() for p in one.networks.parameters()]

    whole = train_with(lambda loss: {"a": loss})
    split = train_with(lambda loss: {"a": 0.25 * loss, "b": (0.75 * loss).mean()})
    assert all(torch.allclose(a, b, atol=1e-7) for a, b in zip(whole, split, strict=True))
    assert not all(map(torch.equal, whole, train_with(lambda loss: {"a": 0.5 * loss})))


# Learning rates


def learning_rates(**schedule: Any) -> list[float]:
    rates: list[float] = []
    one = trainer(optimizer=Spec(torch.optim.SGD, lr=0.2), **schedule)
    one.train([Every(1, lambda t: rates.append(t.optimizers["G"].param_groups[0]["lr"]))])
    return rates


def test_the_learning_rate_is_that_of_the_optimizer_times_warmup_times_schedule() -> None:
    assert learning_rates() == [0.2] * 6
    assert learning_rates(warmup=4) == pytest.approx([0.05, 0.1, 0.15, 0.2, 0.2, 0.2])
    falling = learning_rates(warmup=2, learning_rate=Spec(Linear), steps=5)
    assert falling == pytest.approx([0.2 * 0.5, 0.2 * 0.8, 0.2 * 0.6, 0.2 * 0.4, 0.2 * 0.2])


def test_a_factor_of_zero_changes_nothing() -> None:
    one = trainer(learning_rate=Spec(Constant, factor=0.0))
    one.train()
    before = nn.ModuleDict(networks()).state_dict()
    assert all(torch.equal(before[k], v) for k, v in one.networks.state_dict().items())


def test_the_learning_rate_of_a_resumed_run_follows_the_schedule() -> None:
    first = trainer(learning_rate=Spec(Linear))
    first.train(stop=lambda: first.step == 3)
    second = trainer(learning_rate=Spec(Linear))
    second.load_state_dict(first.state_dict())
    second.train_step()
    assert second.optimizers["D"].param_groups[0]["lr"] == pytest.approx(0.01 * 0.5)


# Clipping


class ConstantGradients(nn.Module):
    """D's gradient is 1 in every weight, G's 0.01."""

    averaged = ("G",)

    def phases(self) -> tuple[Phase, ...]:
        return (
            Phase("D", ("D",), lambda networks, batch, context: {"sum": self.total(networks["D"])}),
            Phase("G", ("G",), lambda networks, batch, context: {"sum": 0.01 * self.total(networks["G"])}),
        )

    def total(self, network: nn.Module) -> Tensor:
        return torch.stack([p.sum() for p in network.parameters()]).sum()

    def after_step(self, networks: nn.ModuleDict, step: int) -> None:
        pass

    def extra_scalars(self) -> dict[str, torch.Tensor]:
        return {}


@pytest.mark.parametrize("microbatches", [1, 2])
@pytest.mark.parametrize("clip", [None, 0.5, 100.0])
def test_the_gradient_of_each_network_is_clipped(clip: float | None, microbatches: int) -> None:
    one = trainer(
        algorithm=ConstantGradients(),
        optimizer=Spec(torch.optim.SGD, lr=1.0),
        steps=1,
        gradient_clip=clip,
        microbatches=microbatches,
    )
    before = {name: [p.detach().clone() for p in one.networks[name].parameters()] for name in "DG"}
    one.train()
    for name, gradient in (("D", 1.0), ("G", 0.01)):
        norm = gradient * sum(p.numel() for p in before[name]) ** 0.5
        clipped = gradient if clip is None or norm <= clip else gradient * clip / norm
        for old, new in zip(before[name], one.networks[name].parameters(), strict=True):
            torch.testing.assert_close(old - new, torch.full_like(old, clipped), rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("clipped", ["D", "G"])
def test_only_the_gradients_of_the_named_networks_are_clipped(clipped: str) -> None:
    one = trainer(
        algorithm=ConstantGradients(),
        optimizer=Spec(torch.optim.SGD, lr=1.0),
        steps=1,
        gradient_clip=1e-3,
        clipped_networks=(clipped,),
    )
    before = {name: parameters_to_vector(one.networks[name].parameters()).detach() for name in "DG"}
    one.train()
    changes = {name: before[name] - parameters_to_vector(one.networks[name].parameters()) for name in "DG"}
    for name, gradient in (("D", 1.0), ("G", 0.01)):
        expected = 1e-3 if name == clipped else gradient * len(before[name]) ** 0.5
        assert changes[name].norm().item() == pytest.approx(expected, rel=1e-3)


def test_an_unknown_network_cannot_be_clipped() -> None:
    with pytest.raises(UserError, match=r"schedule\.clipped_networks names the network 'Q'; known: D, G"):
        trainer(gradient_clip=1.0, clipped_networks=("Q",))


# The average


def test_the_average_follows_and_is_used_for_sampling() -> None:
    one = trainer(steps=1, ema_half_life=8.0, ema_ramp=1.0)
    before = networks()["G"]
    one.train()
    averaged, live = one.sampling_networks()["G"], one.networks["G"]
    for mine, theirs, first in zip(
        averaged.parameters(), live.parameters(), before.parameters(), strict=True
    ):
        assert torch.allclose(mine, (theirs + first) / 2, atol=1e-7)
    assert one.sampling_networks()["D"] is one.networks["D"]


def test_without_a_half_life_the_live_networks_are_used_for_sampling() -> None:
    one = trainer(ema_half_life=None)
    one.train()
    assert one.sampling_networks() is one.networks
    assert one.state_dict()["average"] == {}


# Hooks, stopping, failing


def test_hooks_are_called_in_order_when_they_are_due() -> None:
    calls: list[tuple[str, int]] = []
    hooks = [Every(n, lambda t, n=n: calls.append((f"every {n}", t.step))) for n in (4, 3, 0)]
    assert trainer(steps=7).train(hooks) is True
    assert calls == [
        ("every 3", 3),
        ("every 4", 4),
        ("every 3", 6),
        ("every 4", 7),
        ("every 3", 7),
    ]


def test_a_run_stops_after_a_step_and_its_hooks() -> None:
    calls: list[int] = []
    one = trainer(steps=5)
    assert one.train([Every(1, lambda t: calls.append(t.step))], stop=lambda: one.step == 2) is False
    assert calls == [1, 2]
    assert not one.finished
    assert one.train([Every(1, lambda t: calls.append(t.step))], stop=lambda: one.step == 5) is True
    assert calls == [1, 2, 3, 4, 5]
    assert one.finished
    assert one.images == 5 * 8
    assert one.train([Every(1, lambda t: calls.append(t.step))]) is True
    assert len(calls) == 5


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize(("phase", "name"), [("D", "size"), ("G", "adversarial")])
def test_a_non_finite_loss_ends_the_run_and_is_named(bad: float, phase: str, name: str) -> None:
    pair = Pair()

    def spoil(where: str, context: Context, losses: LossDict) -> LossDict:
        return {**losses, name: losses[name] + bad} if (where, context.step) == (phase, 2) else losses

    pair.change = spoil
    one = trainer(algorithm=pair)
    one.train([Every(2, lambda t: t.check_finite())], stop=lambda: one.step == 2)  # still finite
    with pytest.raises(RunError, match=rf"^'{phase}/{name}' became {bad} by step 3: the run diverged"):
        one.train([Every(1, lambda t: t.check_finite())])
    with pytest.raises(RunError, match=rf"^'{phase}/{name}' became {bad} by step 3"):
        one.read_log()


def test_a_missing_network_is_refused() -> None:
    class Wrong(Pair):
        def phases(self) -> tuple[Phase, ...]:
            return (Phase("X", ("Generator",), self.g_losses),)

    with pytest.raises(UserError, match=r"a phase updates the network 'Generator'; known: D, G"):
        trainer(algorithm=Wrong())


def test_a_batch_must_divide_into_shards() -> None:
    engine = Engine(Machine(threads=1, device="cpu"))
    engine.world_size = 3
    with pytest.raises(
        UserError, match=r"schedule.batch=8 cannot be divided among 3 processes with 2 microbatches"
    ):
        trainer(engine=engine, microbatches=2)


def test_an_invalid_schedule_is_refused_before_the_first_step() -> None:
    from ganbench.training.schedule import Step

    with pytest.raises(UserError, match="Step needs 'every', 'factor'"):
        trainer(learning_rate=Spec(Step))


def test_the_entries_of_the_state() -> None:
    assert set(trainer().state_dict()) == {"step", "networks", "average", "algorithm", "optimizers", "log"}


def test_loaded_moments_have_the_memory_layout_of_their_weights() -> None:
    def conv() -> Trainer:
        class One(Pair):
            def phases(self) -> tuple[Phase, ...]:
                return (Phase("D", ("D",), self.loss),)

            def loss(self, networks: nn.ModuleDict, batch: Batch | None, context: Context) -> LossDict:
                return {
                    "a": networks["D"](context.stream.normal(context.batch_size, 3, 8, 8))
                    .square()
                    .flatten(1)
                    .mean(1)
                }

        engine = Engine(Machine(threads=1, device="cpu"))
        return Trainer(
            algorithm=One(),
            networks={"D": nn.Conv2d(3, 4, 3)},
            optimizers=lambda name, p: engine.optimizer(Spec(torch.optim.Adam), p),
            batches=RecordingBatches(),
            schedule=Schedule(steps=2, batch=2),
            engine=engine,
            seed=0,
        )

    first, second = conv(), conv()
    first.train()
    state = copy.deepcopy(first.state_dict())
    moments = state["optimizers"]["D"]["state"][0]
    for name in ("exp_avg", "exp_avg_sq"):
        moments[name] = moments[name].contiguous()  # as they are read from a file
    second.load_state_dict(state)
    weight = second.networks["D"].weight
    assert weight.is_contiguous(memory_format=torch.channels_last)
    assert not weight.is_contiguous()
    for name in ("exp_avg", "exp_avg_sq"):
        loaded = second.optimizers["D"].state[weight][name]
        assert loaded.stride() == weight.stride()
        assert torch.equal(loaded, moments[name])
