"""Closed forms, SciPy as a reference, and properties of any scores."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from ganbench.utils.bootstrap import (
    Comparison,
    LogSpread,
    bootstrap_interval,
    compare,
    interquartile_mean,
    mean,
    student_cdf,
    student_quantile,
    worst,
)

NUMBERS = st.floats(-1e3, 1e3, allow_subnormal=False)
SCORES = st.lists(NUMBERS, min_size=1, max_size=12)


def test_mean_and_worst() -> None:
    assert mean([1.0, 2.0, 6.0]) == 3.0
    assert worst([1.0, 2.0, 6.0], "higher") == 1.0
    assert worst([1.0, 2.0, 6.0], "lower") == 6.0


@pytest.mark.parametrize("function", [mean, interquartile_mean, bootstrap_interval])
@pytest.mark.parametrize("values", [[], [1.0, math.nan], [math.inf]])
def test_empty_and_non_finite_values_are_refused(function: object, values: list[float]) -> None:
    with pytest.raises(ValueError, match="all finite"):
        function(values)  # type: ignore[operator]


# --- interquartile mean ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([7.0], 7.0),
        ([1.0, 3.0], 2.0),
        ([6.0, 0.0, 3.0], 0 / 6 + 3 * 2 / 3 + 6 / 6),
        ([0.0, 1.0, 3.0, 100.0], 2.0),
        ([-50.0, 2.0, 4.0, 6.0, 1000.0], 0.3 * 2 + 0.4 * 4 + 0.3 * 6),
        ([0.0, 0.0, 1.0, 2.0, 3.0, 4.0, 9.0, 9.0], 2.5),
    ],
)
def test_interquartile_mean(values: list[float], expected: float) -> None:
    assert interquartile_mean(values) == pytest.approx(expected)


@given(st.lists(NUMBERS, min_size=4, max_size=24).filter(lambda v: len(v) % 4 == 0))
def test_interquartile_mean_is_the_trimmed_mean_if_4_divides_n(values: list[float]) -> None:
    assert interquartile_mean(values) == pytest.approx(stats.trim_mean(values, 0.25), abs=1e-9)


@given(SCORES, NUMBERS, st.floats(-5, 5), st.randoms(use_true_random=False))
def test_interquartile_mean_is_equivariant_and_ignores_the_order(
    values: list[float], shift: float, factor: float, random: object
) -> None:
    result = interquartile_mean(values)
    assert min(values) - 1e-9 <= result <= max(values) + 1e-9
    transformed = [shift + factor * v for v in values]
    random.shuffle(transformed)  # type: ignore[attr-defined]
    assert interquartile_mean(transformed) == pytest.approx(shift + factor * result, abs=1e-6)


@given(st.lists(NUMBERS, min_size=4, max_size=12))
def test_one_outlier_does_not_move_the_interquartile_mean(values: list[float]) -> None:
    ordered = sorted(values)
    assert interquartile_mean([*ordered[:-1], 1e9]) == pytest.approx(interquartile_mean(ordered), abs=1e-6)


# --- the interval of a mean ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("values", [[1.0], [1.0, 2.0]])
def test_no_interval_for_fewer_than_three(values: list[float]) -> None:
    assert bootstrap_interval(values) is None


@given(st.lists(NUMBERS, min_size=3, max_size=8))
def test_the_interval_is_within_the_values_and_repeatable(values: list[float]) -> None:
    low, high = bootstrap_interval(values, resamples=500) or (0, 0)
    assert min(values) - 1e-9 <= low <= high <= max(values) + 1e-9
    assert bootstrap_interval(values, resamples=500) == (low, high)
    narrow = bootstrap_interval(values, resamples=500, level=0.5) or (0, 0)
    assert low <= narrow[0] <= narrow[1] <= high


def test_the_interval_of_zeros_and_ones_is_binomial() -> None:
    values = [0.0] * 60 + [1.0] * 40
    low, high = bootstrap_interval(values) or (0, 0)
    expected = [stats.binom.ppf(q, 100, 0.4) / 100 for q in (0.025, 0.975)]
    assert [low, high] == pytest.approx(expected, abs=0.0101)
    assert bootstrap_interval([5.0] * 4) == (5.0, 5.0)


# --- Student's t -----------------------------------------------------------------------------------------------------


@given(st.floats(-30, 30), st.integers(1, 60))
def test_student_cdf(t: float, dof: int) -> None:
    # SciPy's own error near 0 is up to some 4e-9: at one degree of freedom ours is atan(t) / pi to the last digit
    assert student_cdf(t, dof) == pytest.approx(stats.t.cdf(t, dof), abs=1e-8)


@given(st.floats(1e-4, 1 - 1e-4), st.integers(1, 60))
def test_student_quantile(probability: float, dof: int) -> None:
    assert student_quantile(probability, dof) == pytest.approx(
        stats.t.ppf(probability, dof), rel=1e-7, abs=1e-9
    )


def test_invalid_probabilities_and_degrees_of_freedom() -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        student_quantile(1.0, 3)
    with pytest.raises(ValueError, match="at least 1 degree"):
        student_cdf(0.0, 0)


# --- two recipes over the same seeds ---------------------------------------------------------------------------------


@given(st.lists(st.tuples(NUMBERS, NUMBERS), min_size=3, max_size=10))
def test_compare_is_the_paired_t_test(pairs: list[tuple[float, float]]) -> None:
    a, b = ([p[i] for p in pairs] for i in (0, 1))
    differences = np.subtract(a, b)
    if differences.std() < 1e-6:
        return
    result, test = compare(a, b, "higher", resamples=50), stats.ttest_rel(a, b)
    assert result.interval == pytest.approx(tuple(test.confidence_interval(0.95)), rel=1e-6, abs=1e-6)
    assert result.probability == pytest.approx(stats.t.cdf(test.statistic, len(a) - 1), abs=1e-9)
    if abs(test.pvalue - 0.05) > 1e-9:
        assert result.resolved == (test.pvalue < 0.05)


@given(st.lists(st.tuples(NUMBERS, NUMBERS), min_size=1, max_size=8), st.sampled_from(["lower", "higher"]))
def test_swapping_the_recipes_or_the_direction(pairs: list[tuple[float, float]], better: str) -> None:
    a, b = ([p[i] for p in pairs] for i in (0, 1))
    other = "lower" if better == "higher" else "higher"
    result = compare(a, b, better, resamples=200)  # type: ignore[arg-type]
    assert compare(b, a, other, resamples=200) == result  # type: ignore[arg-type]
    swapped = compare(b, a, better, resamples=200)  # type: ignore[arg-type]
    assert swapped.difference == -result.difference
    assert swapped.seeds_needed == result.seeds_needed
    if result.probability is not None:
        assert swapped.probability == pytest.approx(1 - result.probability)
        assert result.bootstrap is not None
        assert swapped.bootstrap == pytest.approx(1 - result.bootstrap)
        if result.difference != 0:
            assert result.describe("A", "B") == result.swap().describe("B", "A")


def test_three_differences_of_one_sign_are_not_resolved_although_the_bootstrap_is_certain() -> None:
    result = compare([3.0, 4.0, 5.0], [2.0, 2.0, 2.0], "higher")
    assert result.bootstrap == 1.0
    assert not result.resolved
    assert result.probability == pytest.approx(stats.t.cdf(2 / (1 / math.sqrt(3)), 2))
    assert result.seeds_needed == 4
    assert result.describe("A", "B") == (
        "A better than B with probability 0.96; difference not resolved with 3 seeds, about 4 needed"
    )


def test_a_resolved_difference() -> None:
    result = compare([1.0, 1.1, 0.9, 1.0], [2.0, 2.1, 2.0, 1.9], "lower")
    assert result.resolved
    assert result.difference == pytest.approx(1.0)
    assert result.describe("A", "B").startswith("A better than B with probability >0.99; by 1 (0.8")
    assert result.describe("A", "B").endswith("with 4 seeds")
    assert result.swap().describe("B", "A") == result.describe("A", "B")


def test_zero_and_constant_differences() -> None:
    same = compare([8.0, 8.0, 8.0], [8.0, 8.0, 8.0], "higher")
    assert (same.probability, same.bootstrap, same.resolved, same.seeds_needed) == (0.5, 0.5, False, None)
    assert same.describe("A", "B") == "A and B: no difference seen with 3 seeds"
    constant = compare([8.0, 8.0, 8.0], [1.0, 1.0, 1.0], "higher")
    assert (constant.probability, constant.resolved, constant.seeds_needed) == (1.0, True, 3)


@pytest.mark.parametrize(("n", "words"), [(1, "1 seed is"), (2, "2 seeds are")])
def test_too_few_seeds(n: int, words: str) -> None:
    result = compare([1.0] * n, [0.5] * n, "higher")
    assert result == Comparison(
        pairs=n, difference=0.5, interval=None, probability=None, bootstrap=None, seeds_needed=None
    )
    assert not result.resolved
    assert result.describe("A", "B") == f"{words} too few to compare A and B; at least 3 are needed"


def test_seeds_needed_have_the_stated_power() -> None:
    base = np.array([-1.0, 0.0, 1.0])  # standard deviation 1
    for effect in (0.5, 0.8, 1.5):
        needed = compare((base + effect).tolist(), [0.0] * 3, "higher", resamples=10).seeds_needed
        assert needed is not None
        power = [_power(effect, n) for n in (needed - 1, needed)]
        assert power[0] < 0.81
        assert power[1] > 0.79
    assert compare((base + 1e-3).tolist(), [0.0] * 3, "higher").seeds_needed is None
    assert "more than 1,000 needed" in compare((base + 1e-3).tolist(), [0.0] * 3, "higher").describe("A", "B")


def _power(effect: float, n: int) -> float:
    threshold = stats.t.ppf(0.975, n - 1)
    return float(stats.nct.sf(threshold, n - 1, effect * math.sqrt(n)))


def test_scores_of_different_lengths_are_refused() -> None:
    with pytest.raises(ValueError, match="are not pairs"):
        compare([1.0, 2.0], [1.0], "higher")


def test_the_pooled_spread_of_log_scores() -> None:
    spread = LogSpread.pool([[math.exp(1), math.exp(3)], [4.0, 4.0], [7.0]])
    assert (spread.std, spread.dof) == (
        pytest.approx(1),
        2,
    )  # squares 1 + 1 + 0 + 0 over 2 degrees of freedom
    low, high = spread.ratio_interval(2.0, 1 / 4) or (0, 0)
    half = (
        4.302652729911275 / 2
    )  # the 97.5 % quantile of Student's t with 2 degrees of freedom, times the error
    assert low == pytest.approx(2 * math.exp(-half))
    assert high == pytest.approx(2 * math.exp(half))


def test_the_spread_is_unknown_without_repeats() -> None:
    spread = LogSpread.pool([[3.0], [4.0]])
    assert spread == LogSpread(None, 0)
    assert spread.ratio_interval(2.0, 1) is None
