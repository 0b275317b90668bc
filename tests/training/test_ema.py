from __future__ import annotations

import copy

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from ganbench.training.ema import MovingAverage


def pair(live: nn.Module, half_life: float = 100.0, ramp: float = 1e9) -> tuple[nn.ModuleDict, MovingAverage]:
    networks = nn.ModuleDict({"G": live, "D": nn.Linear(2, 1)})
    return networks, MovingAverage(networks, ("G",), half_life, ramp)


def fill(module: nn.Module, value: float) -> None:
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.fill_(value)


def test_averages_start_as_frozen_copies_in_eval_mode() -> None:
    networks, average = pair(nn.Sequential(nn.Linear(2, 3), nn.Dropout()).train())
    assert list(average.networks) == ["G"]
    for mine, theirs in zip(average.networks["G"].parameters(), networks["G"].parameters(), strict=True):
        assert torch.equal(mine, theirs)
        assert mine is not theirs
        assert not mine.requires_grad
        assert theirs.requires_grad
    assert not any(m.training for m in average.networks.modules())
    assert networks["G"][1].training


@given(steps=st.integers(1, 60), batch=st.integers(1, 64), half_life=st.floats(10, 1e4))
def test_the_distance_to_constant_weights_halves_every_half_life(
    steps: int, batch: int, half_life: float
) -> None:
    networks, average = pair(nn.Linear(1, 1, bias=False).double(), half_life)
    fill(average.networks["G"], 1.0)
    fill(networks["G"], 0.0)
    for step in range(1, steps + 1):
        average.update(step * batch, batch)
    assert average.networks["G"].weight.item() == pytest.approx(0.5 ** (steps * batch / half_life), rel=1e-9)


def test_the_half_life_does_not_depend_on_the_batch_size() -> None:
    for batch in (1, 10, 100):
        networks, average = pair(nn.Linear(1, 1).double(), half_life=1000)
        fill(average.networks["G"], 3.0)
        fill(networks["G"], 5.0)
        for seen in range(batch, 1001, batch):
            average.update(seen, batch)
        assert average.networks["G"].weight.item() == pytest.approx(4.0, rel=1e-9)


def test_early_on_the_half_life_is_a_share_of_the_images_seen() -> None:
    _, average = pair(nn.Linear(1, 1), half_life=1000, ramp=0.05)
    assert average.decay(200, 10) == pytest.approx(0.5 ** (10 / (0.05 * 200)))
    assert average.decay(20_000, 10) == pytest.approx(0.5 ** (10 / 1000))
    assert average.decay(10**9, 10) == average.decay(20_000, 10)
    assert average.decay(19_000, 10) < average.decay(20_000, 10)
    assert average.decay(0, 10) == 0.0


def test_with_a_ramp_of_zero_the_average_is_the_live_network() -> None:
    networks, average = pair(nn.Linear(2, 2), ramp=0.0)
    fill(networks["G"], 7.0)
    average.update(64, 64)
    assert torch.equal(average.networks["G"].weight, networks["G"].weight)


def test_the_statistics_of_batch_norm_are_averaged_and_its_counter_copied() -> None:
    networks, average = pair(nn.Sequential(nn.BatchNorm1d(3), nn.BatchNorm1d(3, track_running_stats=False)))
    norm, mine = networks["G"][0], average.networks["G"][0]
    norm.running_mean.fill_(8.0)
    norm.running_var.fill_(3.0)
    norm.num_batches_tracked.fill_(41)
    average.update(100, 100)  # one half-life
    assert mine.running_mean.tolist() == pytest.approx([4.0] * 3)
    assert mine.running_var.tolist() == pytest.approx([2.0] * 3)
    assert mine.num_batches_tracked.item() == 41


def test_the_vectors_of_spectral_norm_are_copied_and_its_weight_averaged() -> None:
    torch.manual_seed(0)
    networks, average = pair(nn.utils.parametrizations.spectral_norm(nn.Linear(4, 4)))
    first = copy.deepcopy(average.networks["G"].parametrizations.weight)
    live = networks["G"].parametrizations.weight
    fill(networks["G"], 0.5)
    live[0]._u.copy_(torch.tensor([1.0, 0, 0, 0]))
    live[0]._v.copy_(torch.tensor([0, 1.0, 0, 0]))
    average.update(100, 100)
    mine = average.networks["G"].parametrizations.weight
    assert torch.equal(mine[0]._u, live[0]._u)
    assert torch.equal(mine[0]._v, live[0]._v)
    assert torch.allclose(mine.original, (first.original + 0.5) / 2)


def test_the_live_networks_do_not_change() -> None:
    networks, average = pair(nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2)))
    fill(average.networks, 9.0)
    before = copy.deepcopy(networks.state_dict())
    average.update(100, 100)
    assert all(torch.equal(before[k], v) for k, v in networks.state_dict().items())


def test_the_average_continues_from_a_loaded_state() -> None:
    networks, average = pair(nn.Linear(2, 2).double())
    fill(networks["G"], 0.0)
    average.networks.load_state_dict(
        {k: torch.full_like(v, 4.0) for k, v in average.networks.state_dict().items()}
    )
    average.update(100, 100)
    assert average.networks["G"].weight.flatten().tolist() == pytest.approx([2.0] * 4)
