from __future__ import annotations

import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ganbench.data.keyed_permutation import permute, random_positions

SIZES = (1, 2, 3, 4, 5, 7, 8, 9, 16, 17, 99, 100, 101, 1000, 1023, 1024, 4097, 10_007, 65_536, 100_003)


@pytest.mark.parametrize("size", SIZES)
def test_it_is_a_bijection(size: int) -> None:
    everything = np.arange(size, dtype=np.int64)
    for key in (0, 1, 2**63 - 1):
        assert np.array_equal(np.sort(permute(everything, size, key)), everything)


@given(st.integers(1, 2**40), st.integers(0, 2**63 - 1), st.data())
def test_a_position_goes_where_it_goes_alone_and_in_company(size: int, key: int, data: st.DataObject) -> None:
    position = data.draw(st.lists(st.integers(0, size - 1), min_size=1, max_size=5))
    together = permute(np.array(position), size, key)
    assert [int(permute(np.array([p]), size, key)[0]) for p in position] == together.tolist()
    assert ((together >= 0) & (together < size)).all()
    assert len(set(together.tolist())) == len(set(position))


def test_each_position_may_have_a_key_of_its_own() -> None:
    position, keys = np.arange(50), np.arange(50) % 3
    mixed = permute(position, 50, keys)
    for key in range(3):
        assert np.array_equal(mixed[keys == key], permute(position, 50, key)[keys == key])


def test_keys_give_different_orders_without_a_trend() -> None:
    size = 100_000
    one, other = (permute(np.arange(size), size, key) for key in (1, 2))
    bound = 5 / size**0.5  # five standard deviations of independent numbers
    assert np.mean(one == other) < 1e-3
    for a, b in ((one, other), (one[:-1], one[1:]), (one, np.arange(size))):
        assert abs(np.corrcoef(a, b)[0, 1]) < bound


def test_all_orders_of_few_items_occur_about_equally_often() -> None:
    keys = np.repeat(np.arange(6000), 3)
    orders = permute(np.tile(np.arange(3), 6000), 3, keys).reshape(-1, 3) @ np.array([9, 3, 1])
    _, counts = np.unique(orders, return_counts=True)
    assert len(counts) == 6
    assert counts.min() > 800
    assert counts.max() < 1200


def test_the_order_is_the_one_of_recorded_runs() -> None:
    assert permute(np.arange(8), 1000, 7).tolist() == [990, 172, 383, 393, 828, 950, 258, 268]
    assert permute(np.array([900_000_000]), 1_000_000_000, 7).tolist() == [579887295]


def test_a_late_position_of_a_huge_set_costs_what_the_first_does() -> None:
    def seconds(start: int) -> float:
        before = time.perf_counter()
        permute(np.arange(start, start + 1024), 10**9, 3)
        return time.perf_counter() - before

    first, late = (min(seconds(start) for _ in range(20)) for start in (0, 900_000_000))
    assert late < 3 * first + 1e-3


def test_random_positions_differ_and_depend_on_the_key() -> None:
    one = random_positions(10**9, 1000, "a", 1)
    assert len(set(one.tolist())) == 1000
    assert np.array_equal(one[:10], random_positions(10**9, 10, "a", 1))
    assert not np.array_equal(one, random_positions(10**9, 1000, "a", 2))


@pytest.mark.parametrize(("position", "size"), [(5, 5), (-1, 5), (0, 0)])
def test_positions_outside_are_refused(position: int, size: int) -> None:
    with pytest.raises(ValueError, match="is not from 0 to"):
        permute(np.array([position]), size, 0)
