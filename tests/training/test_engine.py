from __future__ import annotations

import json
import os

import pytest
import torch
from torch import nn

from ganbench.config.spec import Spec
from ganbench.data.base import Batch
from ganbench.errors import UserError
from ganbench.regularizers import squared_gradient_norm
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
def test_a_device_that_is_not_there_is_refused(device: str) -> None:
    with pytest.raises(
        UserError, match=f"this machine has no '{device}' device that torch can use; it has: cpu$"
    ):
        engine(device=device)
    assert engine(device="auto").device == torch.device("cpu")


def test_threads_are_those_asked_for_or_all() -> None:
    engine(threads=2)
    assert torch.get_num_threads() == 2
    assert engine(threads=None).threads == os.cpu_count()
    assert torch.get_num_threads() == os.cpu_count()


def test_denormals_are_flushed_if_asked() -> None:
    tiny = torch.tensor([1e-39])
    engine(flush_denormals=False)
    assert (tiny * 0.5).item() > 0
    engine(flush_denormals=True)
    assert (tiny * 0.5).item() == 0


def test_it_is_alone_unless_torchrun_says_otherwise() -> None:
    one = engine()
    assert (one.rank, one.world_size, one.is_main_process) == (0, 1, True)
    one.rank = 1
    assert not one.is_main_process


def test_alone_there_is_nothing_to_reduce_or_share() -> None:
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


def test_a_run_can_record_the_machine() -> None:
    told = engine(threads=1, precision="bf16").describe()
    assert json.loads(json.dumps(told)) == told
    wanted = {"device": "cpu", "threads": 1, "processes": 1, "precision": "bf16", "torch": torch.__version__}
    assert wanted.items() <= told.items()
    assert {"python", "platform"} <= told.keys()


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
def test_images_and_their_weights_have_the_layout_asked_for(channels_last: bool) -> None:
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
def test_the_fused_form_is_chosen_where_there_is_one_and_steps(kind: type) -> None:
    layer = nn.Linear(2, 2)
    made = engine().optimizer(Spec(kind, lr=0.5), layer.parameters())
    assert made.defaults["fused"] is True
    assert made.defaults["lr"] == 0.5
    before = layer.weight.detach().clone()
    layer(torch.ones(1, 2)).sum().backward()
    made.step()
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
def test_the_recipe_may_choose_another_form(spec: Spec) -> None:
    made = engine().optimizer(spec, nn.Linear(2, 2).parameters())
    assert not made.defaults.get("fused")
    for name, value in spec.kwargs.items():
        assert made.defaults[name] == value


def test_parameters_may_come_from_an_iterator() -> None:
    layer = nn.Linear(2, 2)
    made = engine().optimizer(Spec(torch.optim.Adam), iter(layer.parameters()))
    assert [p.shape for p in made.param_groups[0]["params"]] == [(2, 2), (2,)]


# Precision


def test_bf16_is_used_inside_autocast_only_if_asked() -> None:
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
        under = squared_gradient_norm(lambda x, y: network(x), x)
    assert under.dtype == torch.float32
    assert torch.equal(plain, under)
    under.sum().backward()
    assert network[0].weight.grad.dtype == torch.float32


# Randomness


def test_layers_are_seeded_by_their_key_and_each_process_otherwise() -> None:
    one, ones = engine(), torch.ones(200)
    drop = nn.Dropout(0.5)

    def kept(rank: int, *key: int | str) -> torch.Tensor:
        one.rank = rank
        one.seed_layers(*key)
        return drop(ones)

    assert torch.equal(kept(0, 1, "D"), kept(0, 1, "D"))
    assert not torch.equal(kept(0, 1, "D"), kept(0, 2, "D"))
    assert not torch.equal(kept(0, 1, "D"), kept(1, 1, "D"))


def test_the_callers_random_state_comes_back() -> None:
    torch.manual_seed(3)
    before = torch.get_rng_state()
    one = engine()
    with one.own_randomness():
        one.seed_layers(1)
        torch.rand(3)
        assert not torch.equal(torch.get_rng_state(), before)
    assert torch.equal(torch.get_rng_state(), before)
