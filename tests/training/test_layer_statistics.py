from __future__ import annotations

import math
from collections.abc import Iterable

import pytest
import torch
from torch import nn
from torch.nn.utils.parametrizations import spectral_norm
from torch.optim import Optimizer

from ganbench.data.base import Batch
from ganbench.experiment.run_hooks import Every, log_layers
from ganbench.runs.event_log import EventLog
from ganbench.training.engine import Engine
from ganbench.training.layer_statistics import parameter_statistics
from ganbench.training.phase import Context, LossDict, Phase
from ganbench.training.settings import Machine, Schedule
from ganbench.training.trainer import Trainer


def layer(weight: list[list[float]], bias: list[float]) -> nn.Linear:
    linear = nn.Linear(len(weight[0]), len(bias))
    with torch.no_grad():
        linear.weight.copy_(torch.tensor(weight))
        linear.bias.copy_(torch.tensor(bias))
    return linear


def test_statistics_computed_by_hand() -> None:
    networks = nn.ModuleDict({"D": layer([[1.0, 3.0]], [0.5]), "G": layer([[2.0]], [1.0])})
    networks["D"](torch.tensor([[3.0, -4.0]])).backward()
    statistics = parameter_statistics(networks, ["D"])
    assert statistics == {"D.weight": (5.0, 2.0, 1.0), "D.bias": (1.0, 0.5, 0.0)}
    assert list(parameter_statistics(networks, ["G", "D"])) == ["G.weight", "G.bias", "D.weight", "D.bias"]


def test_missing_and_non_finite_values_are_none() -> None:
    networks = nn.ModuleDict({"D": layer([[1.0], [math.inf]], [0.0, 0.0])})
    networks["D"].bias.grad = torch.tensor([math.nan, 1.0])
    assert parameter_statistics(networks, ["D"]) == {
        "D.weight": (None, None, None),
        "D.bias": (None, 0.0, 0.0),
    }
    assert parameter_statistics(nn.ModuleDict({"F": nn.Flatten()}), ["F"]) == {}


def test_a_small_standard_deviation_is_not_rounded_away() -> None:
    gains = nn.Linear(1, 4, bias=False)
    with torch.no_grad():
        gains.weight.copy_(torch.tensor([[1.0], [1.0], [1.0001], [1.0001]]))
    (statistics,) = parameter_statistics(nn.ModuleDict({"G": gains}), ["G"]).values()
    assert statistics[1:] == (pytest.approx(1.00005, rel=1e-4), pytest.approx(5e-5, rel=0.01))


class SecondProcess(Engine):
    is_main_process = False  # type: ignore[assignment]


class Line(nn.Module):
    """W's loss is w * x on the data; then B's phase, without data, updates its bias only."""

    averaged = ()

    def phases(self) -> tuple[Phase, ...]:
        return (Phase("W", ("W",), self.w, repeats=2), Phase("B", ("B",), self.b, reads_data=False))

    def w(self, networks: nn.ModuleDict, batch: Batch | None, context: Context) -> LossDict:
        assert batch is not None
        return {"w": networks["W"](batch.x)[:, 0]}

    def b(self, networks: nn.ModuleDict, batch: Batch | None, context: Context) -> LossDict:
        return {"b": networks["B"](networks["W"](torch.zeros(1, 1))).square()}

    def after_step(self, networks: nn.ModuleDict, step: int) -> None: ...

    def extra_scalars(self) -> dict[str, torch.Tensor]:
        return {}


def trainer(microbatches: int = 1, engine: type[Engine] = Engine) -> Trainer:
    def sgd(name: str, parameters: Iterable[nn.Parameter]) -> Optimizer:
        return torch.optim.SGD(parameters, lr=0.5)

    return Trainer(
        algorithm=Line(),
        networks={"W": layer([[1.0]], [2.0]), "B": layer([[4.0]], [1.0]), "still": nn.Linear(2, 2)},
        optimizers=sgd,
        batches=lambda position, rows, shard, shards: Batch(torch.full((rows, 1), float(10 + position))),
        schedule=Schedule(steps=2, batch=4, microbatches=microbatches),
        engine=engine(Machine(threads=1, device="cpu")),
        seed=0,
    )


@pytest.mark.parametrize("microbatches", [1, 2])
def test_gradients_are_those_of_the_last_update_of_a_step(tmp_path, microbatches: int) -> None:
    events = EventLog(tmp_path / "events.jsonl")
    trainer(microbatches).train([Every(1, log_layers(events))])
    first, second = events.read("layers")
    assert (first["step"], second["step"]) == (1, 2)
    # W: gradient 10, then 11 for the second batch, at a rate of 0.5; its bias: gradient 1 twice.
    w, v = 1 - 5 - 5.5, 2 - 0.5 - 0.5
    # B: (4 v + 1)^2 with W's new bias v = 1 has the gradients 2 * 5 * v and 2 * 5.
    assert first["parameters"] == {
        "W.weight": [11.0, w, 0.0],
        "W.bias": [1.0, v, 0.0],
        "B.weight": [10.0, 4 - 5.0, 0.0],
        "B.bias": [10.0, 1 - 5.0, 0.0],
    }
    assert second["parameters"]["W.weight"][0] == 13.0


def test_the_gradients_are_those_of_autograd(tmp_path) -> None:
    one, other = trainer(), trainer()
    one.train_step()
    networks = other.networks
    x = torch.full((4, 1), 10.0)
    for value in (x, x + 1):
        gradients = torch.autograd.grad(networks["W"](value).mean(), list(networks["W"].parameters()))
        with torch.no_grad():
            for p, gradient in zip(networks["W"].parameters(), gradients, strict=True):
                p -= 0.5 * gradient
    statistics = parameter_statistics(one.networks, one.optimizers)
    assert statistics["W.weight"][0] == pytest.approx(float(gradients[0].norm()), rel=1e-4)
    assert statistics["W.weight"][1] == pytest.approx(networks["W"].weight.item(), rel=1e-4)


def test_only_the_main_process_writes(tmp_path) -> None:
    events = EventLog(tmp_path / "events.jsonl")
    trainer(engine=SecondProcess).train([Every(1, log_layers(events))])
    assert not events.path.exists()


def test_networks_do_not_change() -> None:
    network = spectral_norm(nn.Linear(3, 3))
    network(torch.ones(1, 3)).sum().backward()
    state = {k: v.clone() for k, v in network.state_dict().items()}
    statistics = parameter_statistics(nn.ModuleDict({"D": network}), ["D"])
    assert "D.parametrizations.weight.original" in statistics
    assert all(torch.equal(v, state[k]) for k, v in network.state_dict().items())
