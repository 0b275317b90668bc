"""The mutual information gap in closed form."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from ganbench.metrics.disentanglement.mutual_information_gap import (
    BINS,
    discretize,
    mutual_information,
    mutual_information_gap,
)


def grid(*sizes: int) -> list[torch.Tensor]:
    """Return one class per factor, with every combination exactly once."""
    return list(torch.cartesian_prod(*(torch.arange(n) for n in sizes)).T)


def test_one_code_per_factor_has_a_gap_of_1() -> None:
    a, b = grid(4, 6)
    codes = {"first": 10.0 - a, "second": b.exp(), "third": (a * 0).double()}
    gap = mutual_information_gap(codes, {"a": a, "b": b})
    assert gap.gaps == pytest.approx({"a": 1.0, "b": 1.0})
    assert gap.value == pytest.approx(1)
    assert gap.shares["third"] == pytest.approx({"a": 0.0, "b": 0.0})
    assert gap.shares["first"] == pytest.approx({"a": 1.0, "b": 0.0})


def test_two_equal_codes_have_no_gap_and_a_constant_factor_is_left_out() -> None:
    a, b = grid(4, 6)
    gap = mutual_information_gap({"first": a, "second": a}, {"a": a, "b": b, "constant": b * 0})
    assert gap.gaps == pytest.approx({"a": 0.0, "b": 0.0})
    assert mutual_information_gap({"first": a}, {"constant": a * 0}).value == 0


@given(flips=st.integers(0, 50))
def test_a_noisy_bit_knows_one_minus_the_entropy_of_its_noise(flips: int) -> None:
    bit = torch.arange(200) % 2
    noisy = bit.clone()
    noisy[: 2 * flips] = 1 - noisy[: 2 * flips]
    p = flips / 100
    entropy = -sum(q * math.log(q) for q in (p, 1 - p) if q > 0)
    assert mutual_information(noisy, bit) == pytest.approx(math.log(2) - entropy, abs=1e-9)
    gap = mutual_information_gap({"noisy": noisy}, {"bit": bit})
    assert gap.value == pytest.approx(1 - entropy / math.log(2), abs=1e-9)


def test_a_rotation_of_two_codes_closes_the_gap() -> None:
    a, b = (x.double() / 40 - 0.5 for x in grid(40, 40))
    apart = mutual_information_gap({"1": a, "2": b}, {"a": a, "b": b})
    mixed = mutual_information_gap({"1": a + b, "2": a - b}, {"a": a, "b": b})
    assert apart.value == pytest.approx(1, abs=1e-6)
    assert mixed.value == pytest.approx(0, abs=0.01)
    assert 0.1 < mixed.shares["1"]["a"] < 0.5


def test_continuous_values_are_divided_into_bins_of_equally_many() -> None:
    values = torch.randn(400).exp()
    classes = discretize(values)
    assert classes.bincount().tolist() == [400 // BINS] * BINS
    assert torch.equal(discretize(values[:, None].log()), classes), (
        "any increasing function has the same bins"
    )
    assert len(discretize(torch.tensor([1.0, 2.0]).repeat(50)).unique()) == 2, "equal values stay together"
    whole = torch.arange(5)
    assert discretize(whole) is whole


def test_cyclic_values_are_divided_into_arcs_and_vectors_without_phase_form_their_own_class() -> None:
    phase = torch.arange(100) / 100
    circle = torch.stack([(2 * math.pi * phase).cos(), (2 * math.pi * phase).sin()], 1)
    assert discretize(circle).bincount(minlength=BINS).min() >= 4
    assert discretize(torch.zeros(3, 2)).tolist() == [BINS] * 3
    assert len(discretize(circle[[0, 50]]).unique()) == 2
