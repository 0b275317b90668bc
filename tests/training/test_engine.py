from __future__ import annotations

import gc
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from ganbench.config.spec import Spec
from ganbench.data.base import Batch
from ganbench.errors import UserError
from ganbench.regularizers import squared_gradient_norm
from ganbench.training import engine as engine_module
from ganbench.training.engine import Engine
from ganbench.training.settings import Machine

NO_CUDA = not torch.cuda.is_available()


def engine(**machine: object) -> Engine:
    return Engine(Machine(**{"device": "cpu", "threads": 1, **machine}))  # type: ignore[arg-type]


# The device


@pytest.mark.skipif(
    not NO_CUDA or torch.backends.mps.is_available(), reason="needs a machine with a CPU only"
)
@pytest.mark.parametrize("device", ["cuda", "mps"])
def test_an_unavailable_device_is_refused(device: str) -> None:
    with pytest.raises(
        UserError, match=f"this machine has no '{device}' device that torch can use; it has: cpu$"
    ):
        engine(device=device)
    assert engine(device="auto").device == torch.device("cpu")


def test_the_number_of_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    """By default it is torch's own number, limited by the cores; a number in the recipe counts as it is."""
    monkeypatch.setattr("ganbench.training.engine.threads_per_process", lambda processes: 3)
    torch.set_num_threads(2)
    assert engine(threads=None).threads == 2
    torch.set_num_threads(4)
    assert engine(threads=None).threads == 3
    assert engine(threads=5).threads == 5


def test_processes_on_one_machine_share_its_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    torch.set_num_threads(8)
    monkeypatch.setenv("LOCAL_WORLD_SIZE", "4")
    monkeypatch.setattr("ganbench.training.engine.threads_per_process", lambda processes: 8 // processes)
    assert engine(threads=None).threads == 2


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="the system has no CPU affinity")
@pytest.mark.parametrize(("setting", "cores"), [({"OMP_NUM_THREADS": "1"}, None), ({}, {0})])
def test_a_process_uses_no_more_threads_than_the_user_allows(
    setting: dict[str, str], cores: set[int] | None
) -> None:
    """Such as with ``OMP_NUM_THREADS=1`` or ``taskset -c 0``."""
    cores = None if cores is None else {min(os.sched_getaffinity(0))}
    program = f"""
import os
if {cores!r}: os.sched_setaffinity(0, {cores!r})
import torch
from ganbench.training.engine import Engine
with Engine() as engine:
    print(engine.threads, torch.get_num_threads())
"""
    environ = {k: v for k, v in os.environ.items() if k != "OMP_NUM_THREADS"} | setting
    output = subprocess.run([sys.executable, "-c", program], env=environ, capture_output=True, text=True)
    assert output.stdout.split() == ["1", "1"], output.stderr


def process_state() -> dict[str, Any]:
    return {
        "threads": torch.get_num_threads(),
        "denormals": bool((torch.tensor([1e-39], dtype=torch.float32, device="cpu") * 0.5).item()),
        "dtype": torch.get_default_dtype(),
        "device": torch.get_default_device().type,
        "gradients": torch.is_grad_enabled(),
        "inference": torch.is_inference_mode_enabled(),
    }


def outer_settings() -> list[AbstractContextManager[Any]]:
    def dtype() -> Iterator[None]:
        torch.set_default_dtype(torch.float64)
        yield
        torch.set_default_dtype(torch.float32)

    def flush() -> Iterator[None]:
        torch.set_flush_denormal(True)
        yield
        torch.set_flush_denormal(False)

    def threads() -> Iterator[None]:
        torch.set_num_threads(3)
        yield
        torch.set_num_threads(1)

    settings = [contextmanager(setting)() for setting in (dtype, flush, threads)]
    return [*settings, torch.device("meta"), torch.no_grad(), torch.inference_mode(), nullcontext()]


@pytest.mark.parametrize("which", range(len(outer_settings())))
@pytest.mark.parametrize("fails", [False, True])
def test_what_the_caller_has_set_neither_matters_nor_changes(which: int, fails: bool) -> None:
    inside = {
        "threads": 2,
        "denormals": False,
        "dtype": torch.float32,
        "device": "cpu",
        "gradients": True,
        "inference": False,
    }
    with outer_settings()[which]:
        before = process_state()
        with suppress(RuntimeError), engine(threads=2):
            assert process_state() == inside
            if fails:
                raise RuntimeError
        assert process_state() == before


def test_an_engine_that_is_never_left_restores_nothing_later() -> None:
    """As in a program that trains for the rest of its life; it must not surprise whoever comes after it."""
    with engine(threads=2):
        abandoned = engine(threads=3)
        abandoned.__enter__()
    before = process_state()
    assert (before["threads"], before["denormals"]) == (1, True)
    del abandoned
    gc.collect()
    assert process_state() == before


def test_denormals_stay_on_request() -> None:
    tiny = torch.tensor([1e-39])
    with engine(flush_denormals=False):
        assert (tiny * 0.5).item() > 0
    with engine(flush_denormals=True):
        assert (tiny * 0.5).item() == 0


def test_without_torchrun_there_is_one_process() -> None:
    one = engine()
    assert (one.rank, one.world_size, one.is_main_process) == (0, 1, True)
    one.rank = 1
    assert not one.is_main_process


def test_with_one_process_nothing_is_reduced() -> None:
    one, values = engine(), torch.tensor([1.0, 2.0])
    assert one.mean(values) is values
    assert one.any(True)
    assert not one.any(False)
    assert one.broadcast("text") == "text"
    one.average([values])
    assert values.tolist() == [1.0, 2.0]
    layer = nn.Linear(2, 2)
    one.reduce_gradients(layer.parameters())
    assert layer.weight.grad is None


def test_the_description_of_the_machine() -> None:
    description = engine(threads=1, precision="bf16").describe()
    assert json.loads(json.dumps(description)) == description
    expected = {
        "device": "cpu",
        "threads": 1,
        "processes": 1,
        "precision": "bf16",
        "torch": torch.__version__,
    }
    assert expected.items() <= description.items()
    assert {"python", "platform"} <= description.keys()


# Placing


def test_modules_and_batches_go_to_the_device() -> None:
    one = engine()
    one.device = torch.device("meta")
    placed = one.place(nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4)))
    assert {t.device.type for t in placed.state_dict().values()} == {"meta"}
    batch = one.place_batch(Batch(torch.zeros(2, 3, 8, 8), torch.zeros(2, dtype=torch.int64)))
    assert batch.y is not None
    assert (batch.x.device.type, batch.y.device.type) == ("meta", "meta")


@pytest.mark.parametrize("channels_last", [True, False])
def test_the_memory_layout_of_images_and_weights(channels_last: bool) -> None:
    one = engine(channels_last=channels_last)
    module = nn.ModuleList([nn.Conv2d(3, 4, 3), nn.Linear(3, 4)])
    before = [p.detach().clone() for p in module.parameters()]
    assert one.place(module) is module
    assert all(map(torch.equal, before, module.parameters()))
    images, points = torch.rand(2, 3, 8, 8), torch.rand(2, 5)
    y = torch.tensor([3, 4])
    placed = one.place_batch(Batch(images, y))
    for tensor in (module[0].weight, placed.x):
        assert tensor.is_contiguous(memory_format=torch.channels_last) is channels_last
        assert tensor.is_contiguous() is not channels_last
    assert torch.equal(placed.x, images)
    assert placed.y is not None
    assert torch.equal(placed.y, y)
    assert torch.equal(one.place_batch(Batch(points)).x, points)
    assert one.place_batch(Batch(points)).y is None


# Optimizers


@pytest.mark.parametrize("kind", [torch.optim.Adam, torch.optim.AdamW, torch.optim.SGD, torch.optim.Adagrad])
def test_optimizers_are_fused_where_possible(kind: type) -> None:
    layer = nn.Linear(2, 2)
    optimizer = engine().optimizer(Spec(kind, lr=0.5), layer.parameters())
    assert optimizer.defaults["fused"] is True
    assert optimizer.defaults["lr"] == 0.5
    before = layer.weight.detach().clone()
    layer(torch.ones(1, 2)).sum().backward()
    optimizer.step()
    assert not torch.equal(layer.weight, before)


@pytest.mark.parametrize(
    "spec",
    [
        Spec(torch.optim.RMSprop),
        Spec(torch.optim.Adam, fused=False),
        Spec(torch.optim.Adam, fused=None),
        Spec(torch.optim.Adam, foreach=True),
        Spec(torch.optim.Adam, differentiable=True),
    ],
)
def test_the_recipe_may_choose_another_implementation(spec: Spec) -> None:
    optimizer = engine().optimizer(spec, nn.Linear(2, 2).parameters())
    assert not optimizer.defaults.get("fused")
    for name, value in spec.kwargs.items():
        assert optimizer.defaults[name] == value


def test_parameters_may_come_from_an_iterator() -> None:
    layer = nn.Linear(2, 2)
    optimizer = engine().optimizer(Spec(torch.optim.Adam), iter(layer.parameters()))
    assert [p.shape for p in optimizer.param_groups[0]["params"]] == [(2, 2), (2,)]


# Precision


def test_bf16_is_used_inside_autocast_on_request() -> None:
    layer, x = nn.Linear(4, 4), torch.rand(2, 4)
    for precision, kind in (("bf16", torch.bfloat16), ("fp32", torch.float32)):
        one = engine(precision=precision)
        with one.autocast():
            assert layer(x).dtype == kind
        assert layer(x).dtype == torch.float32


def test_penalties_stay_in_fp32_under_bf16() -> None:
    torch.manual_seed(0)
    network = nn.Sequential(nn.Linear(4, 16), nn.LeakyReLU(0.2), nn.Linear(16, 1), nn.Flatten(0))
    x = torch.rand(8, 4)
    plain = squared_gradient_norm(lambda x, y: network(x), x)
    with engine(precision="bf16").autocast():
        assert network(x).dtype == torch.bfloat16
        mixed = squared_gradient_norm(lambda x, y: network(x), x)
    assert mixed.dtype == torch.float32
    assert torch.equal(plain, mixed)
    mixed.sum().backward()
    assert network[0].weight.grad.dtype == torch.float32


# Randomness


def test_layers_are_seeded_by_key_and_process() -> None:
    one, ones = engine(), torch.ones(200)
    layer = nn.Dropout(0.5)

    def dropout(rank: int, *key: int | str) -> torch.Tensor:
        one.rank = rank
        one.seed_layers(*key)
        return layer(ones)

    assert torch.equal(dropout(0, 1, "D"), dropout(0, 1, "D"))
    assert not torch.equal(dropout(0, 1, "D"), dropout(0, 2, "D"))
    assert not torch.equal(dropout(0, 1, "D"), dropout(1, 1, "D"))


def test_the_random_state_of_the_caller_is_restored() -> None:
    torch.manual_seed(3)
    before = torch.get_rng_state()
    one = engine()
    with one.fork_random_state():
        one.seed_layers(1)
        torch.rand(3)
        assert not torch.equal(torch.get_rng_state(), before)
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize("rank", [0, 1])
def test_processes_share_rows(rank: int, monkeypatch: pytest.MonkeyPatch) -> None:
    engine, seen = Engine(Machine(device="cpu")), []
    engine.rank, engine.world_size = rank, 2
    rows = torch.arange(5.0)

    def double(own: Tensor) -> Tensor:
        seen.append(own.tolist())
        return 2 * own

    def gather(own: Tensor, counts: list[int]) -> Tensor:
        assert (counts, len(own)) == ([3, 2], [3, 2][rank])
        return torch.cat([2 * rows[:3], 2 * rows[3:]])

    monkeypatch.setattr(engine_module, "gather_rows", gather)
    assert torch.equal(engine.map_rows(double, rows), 2 * rows)
    assert seen == [[[0.0, 1.0, 2.0], [3.0, 4.0]][rank]]
    assert torch.equal(engine.map_rows(double, rows[:1]), 2 * rows[:1])  # fewer rows than processes
