from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from ganbench.utils.random_stream import RandomStream, derive_seed

key = st.lists(st.integers() | st.text(), max_size=4).map(tuple)

SCRIPT = """
from ganbench.utils.random_stream import RandomStream, derive_seed
random = RandomStream(7, "update", 12, "D", 0)
seed = derive_seed(7, "update", 12, "D", 0)
print(seed, random.normal(3, 2).tolist(), random.uniform(2).tolist(), random.integers(5, 10).tolist())
"""


def mixed(random: RandomStream, rows: int) -> list[Tensor]:
    return [
        random.normal(rows, 3),
        random.uniform(rows, 2, low=-2.0, high=5.0),
        random.integers(rows, 1000),
        random.normal(rows),
        random.uniform(rows, 1, 2, 2),
    ]


@given(key)
def test_a_seed_is_a_63_bit_number(words: tuple[int | str, ...]) -> None:
    assert 0 <= derive_seed(*words) < 2**63
    assert derive_seed(*words) == derive_seed(*words)


@given(key, key)
def test_different_keys_have_different_seeds(
    one: tuple[int | str, ...], other: tuple[int | str, ...]
) -> None:
    assert (derive_seed(*one) == derive_seed(*other)) == (one == other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ((1,), ("1",)),
        ((1, 2), (2, 1)),
        ((12,), (1, 2)),
        (("ab",), ("a", "b")),
        ((1,), (1, "")),
    ],
)
def test_similar_keys_differ(one: tuple[int | str, ...], other: tuple[int | str, ...]) -> None:
    assert derive_seed(*one) != derive_seed(*other)


def test_seeds_never_change() -> None:  # stored runs resume with them
    assert derive_seed(0, "epoch", 0) == 1796959308831604049
    assert RandomStream(0, "x").normal(2).tolist() == pytest.approx([0.8172032, -0.5151609], rel=1e-6)


def test_numbers_depend_on_the_key() -> None:
    one, same, other = (mixed(RandomStream(3, "update", step), 8) for step in (5, 5, 6))
    for a, b, c in zip(one, same, other, strict=True):
        assert torch.equal(a, b)
        assert not torch.equal(a, c)


@pytest.mark.parametrize("shards", [2, 3, 8])
def test_the_parts_concatenated_are_the_whole(shards: int) -> None:
    whole = mixed(RandomStream("key"), 24)
    pieces = [mixed(RandomStream("key", shard=shard, shards=shards), 24 // shards) for shard in range(shards)]
    for i, expected in enumerate(whole):
        assert torch.equal(torch.cat([piece[i] for piece in pieces]), expected)


def test_the_global_random_state_is_neither_used_nor_changed() -> None:
    torch.manual_seed(1)
    before = torch.get_rng_state()
    one = mixed(RandomStream("key"), 4)
    assert torch.equal(torch.get_rng_state(), before)
    torch.manual_seed(2)
    assert all(map(torch.equal, one, mixed(RandomStream("key"), 4)))


def test_numbers_are_the_same_in_every_process() -> None:
    hash_seed = "2" if os.environ.get("PYTHONHASHSEED") == "1" else "1"  # not the one of this process
    there = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        env={**os.environ, "PYTHONHASHSEED": hash_seed, "OMP_NUM_THREADS": "2"},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    random = RandomStream(7, "update", 12, "D", 0)
    here = f"{derive_seed(7, 'update', 12, 'D', 0)} {random.normal(3, 2).tolist()} "
    here += f"{random.uniform(2).tolist()} {random.integers(5, 10).tolist()}\n"
    assert there == here


@pytest.mark.parametrize(
    ("draw", "shape", "kind"),
    [
        (lambda d: d.normal(4, 3, 2), (4, 3, 2), torch.float32),
        (lambda d: d.normal(4), (4,), torch.float32),
        (lambda d: d.uniform(4, 3), (4, 3), torch.float32),
        (lambda d: d.integers(4, 9), (4,), torch.int64),
    ],
)
def test_shapes_and_types(
    draw: Callable[[RandomStream], Tensor], shape: tuple[int, ...], kind: torch.dtype
) -> None:
    for shards in (1, 3):
        numbers = draw(RandomStream("key", shards=shards))
        assert (numbers.shape, numbers.dtype) == (shape, kind)


def test_distributions() -> None:
    random = RandomStream("many")
    normal, uniform = random.normal(50_000), random.uniform(50_000, low=-1.0, high=3.0)
    whole = random.integers(50_000, 5)
    assert (normal.mean(), normal.std()) == pytest.approx((0, 1), abs=0.02)
    assert (normal.abs() < 1).float().mean() == pytest.approx(0.6827, abs=0.01)
    assert -1 <= uniform.min() < -0.99
    assert 2.99 < uniform.max() <= 3
    assert uniform.mean() == pytest.approx(1, abs=0.03)
    assert torch.bincount(whole).div(50_000).tolist() == pytest.approx([0.2] * 5, abs=0.01)


def test_numbers_are_placed_on_the_device() -> None:
    assert RandomStream("key", device="meta").normal(3).device.type == "meta"


@pytest.mark.parametrize(("shard", "shards"), [(2, 2), (-1, 2), (0, 0)])
def test_an_invalid_part_is_refused(shard: int, shards: int) -> None:
    with pytest.raises(ValueError, match=f"shard {shard} is not one of {shards} shards"):
        RandomStream("key", shard=shard, shards=shards)
