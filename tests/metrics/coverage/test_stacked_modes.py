"""Counting the modes of stacked pictures: planted ones exactly, the floor by simulation, and what is refused."""

from __future__ import annotations

import json
import math

import pytest
import scipy.stats
import torch
from hypothesis import given
from hypothesis import strategies as st
from tests.metrics.stand_ins import Held, digits, reads_digits

from ganbench.data.images import ImageSet
from ganbench.data.stacked_mnist import Stacked
from ganbench.errors import UserError
from ganbench.metrics.coverage import stacked_modes
from ganbench.metrics.coverage.stacked_modes import ModeSpread, StackedModes
from ganbench.metrics.measure import measure
from ganbench.metrics.score import Score


def reference(size: int = 500) -> Stacked:
    return Stacked("stacked-digits", digits(), size=size, seed=0, split="train")


def pictures(modes: list[int] | torch.Tensor) -> torch.Tensor:
    """A picture of each of the modes 0..999."""
    mode = torch.as_tensor(modes)
    channels = torch.stack([mode // 100, mode // 10 % 10, mode % 10], 1) * 25
    return channels.to(torch.uint8)[:, :, None, None].expand(-1, -1, 8, 8).contiguous()


def score(samples: torch.Tensor, chunk: int = 300) -> Score:
    return measure((StackedModes(reads_digits()),), samples.split(chunk), reference())[0]


def test_planted_modes_are_counted_exactly():
    planted = torch.tensor([0, 7, 357, 358, 900, 999])
    found = score(pictures(planted.repeat(200)))
    assert (found.name, found.value, found.better) == ("stacked-modes", 6.0, "higher")
    assert found.details["captured_tenth"] == 6
    assert found.details["modes"] == 1000
    assert found.details["missing"] == [f"{k:03}" for k in (*range(1, 7), *range(8, 22))]
    assert found.details["kl_to_data_nats"] == pytest.approx(math.log(1000 / 6))
    assert found.details["kl_to_uniform_nats"] == pytest.approx(math.log(1000 / 6))


def test_one_sample_of_each_mode_is_enough_and_leaves_nothing_to_wish():
    found = score(pictures(torch.arange(1000)))
    assert found.value == found.details["captured_tenth"] == 1000
    assert found.details["missing"] == []
    assert found.details["kl_to_data_nats"] == pytest.approx(0, abs=1e-12)


def test_one_lucky_sample_captures_a_mode_but_not_by_the_stricter_count():
    found = score(pictures([5] * 29_999 + [6]))
    assert (found.value, found.details["captured_tenth"]) == (2.0, 1)


def test_the_size_of_chunks_changes_nothing():
    samples = pictures(torch.randint(1000, (1500,), generator=torch.Generator().manual_seed(0)))
    assert score(samples, 7) == score(samples, 1500)


def test_a_rim_is_cut_off():
    samples, white = pictures(torch.arange(1000)), torch.full((1000, 3, 14, 12), 255, dtype=torch.uint8)
    white[:, :, 3:11, 2:10] = samples
    wide = ImageSet(
        "digits", torch.zeros(10, 1, 14, 12, dtype=torch.uint8), torch.arange(10), tuple("0123456789")
    )
    rimmed = Stacked("rimmed", wide, size=20, seed=0, split="train")
    found = measure((StackedModes(reads_digits()),), [white], rimmed)[0]
    assert found.value == 1000
    assert found.measured["cut_to"] == [8, 8]
    assert found.details == score(samples).details


def test_pictures_smaller_than_what_the_classifier_knows_are_refused():
    small = ImageSet(
        "digits", torch.zeros(10, 1, 6, 8, dtype=torch.uint8), torch.arange(10), tuple("0123456789")
    )
    with pytest.raises(UserError, match="see pictures of 1x8x8, not of 1x6x8"):
        measure(
            (StackedModes(reads_digits()),),
            [torch.zeros(1000, 3, 6, 8, dtype=torch.uint8)],
            Stacked("small", small, size=9, seed=0, split="train"),
        )[0]


def test_digits_that_are_hardly_told_apart_are_counted():
    samples = pictures([555] * 1000)
    assert score(samples).details["unsure"] == 0
    samples[:250, 1] += 12  # halfway between two classes, nearly
    assert score(samples).details["unsure"] == pytest.approx(250 / 3000)


@given(st.lists(st.integers(0, 9), min_size=4, max_size=4).filter(any), st.integers(0, 10**6))
def test_the_divergence_is_the_textbooks(counts, seed):
    shares = torch.rand(4, dtype=torch.float64, generator=torch.Generator().manual_seed(seed)) + 0.01
    shares /= shares.sum()
    spread = ModeSpread(counts=torch.tensor(counts), shares=shares)
    assert spread.divergence(shares) == pytest.approx(scipy.stats.entropy(counts, shares.tolist()), abs=1e-9)
    assert spread.captured == sum(count > 0 for count in counts)


@pytest.mark.parametrize("samples", [1000, 5000, 26_000])
def test_what_to_expect_of_the_data_themselves_is_what_they_give(samples):
    shares = reference().mode_shares
    generator = torch.Generator().manual_seed(samples)
    spreads = []
    for _ in range(40):
        modes = torch.multinomial(shares, samples, replacement=True, generator=generator)
        spreads.append(ModeSpread(counts=modes.bincount(minlength=1000), shares=shares))
    captured = torch.tensor([spread.captured for spread in spreads]).double()
    divergence = torch.tensor([spread.divergence(shares) for spread in spreads])
    for found, expected in (
        (captured, spreads[0].expected_captured),
        (divergence, spreads[0].expected_divergence),
    ):
        assert abs(float(found.mean()) - expected) <= 5 * float(found.std()) / 40**0.5 + 0.001 * expected


def test_the_score_says_how_it_was_measured():
    found = score(pictures(torch.arange(1000)))
    assert found.measured["samples"] == 1000
    assert found.measured["reference"]["name"] == "stacked-digits"
    assert found.measured["reference"]["fingerprint"] == reference().info.fingerprint
    assert found.measured["classifier"]["name"] == "classifier:digits"
    assert found.measured["classifier"]["trained"]["test_accuracy"] == 0.99
    assert Score.from_dict(json.loads(json.dumps(found.to_dict()))) == found
    other = measure((StackedModes(reads_digits(0.98)),), [pictures(torch.arange(1000))], reference())[0]
    assert found.differences(other) == ("classifier.trained.test_accuracy",)


def test_the_classifier_is_by_default_that_of_the_stacked_set(monkeypatch):
    asked = []
    monkeypatch.setattr(stacked_modes, "_classifier", lambda name: asked.append(name) or reads_digits())
    assert measure((StackedModes(),), [pictures(torch.arange(1000))], reference())[0].value == 1000
    assert asked == ["digits"]


def test_what_cannot_be_judged_is_refused():
    with pytest.raises(UserError, match="'held' is none; use stacked-mnist"):
        StackedModes(reads_digits()).begin(Held(torch.zeros(3, 3, 8, 8, dtype=torch.uint8)))
    with pytest.raises(UserError, match=r"at least 1,000 samples, not 999; it is usually measured on 26,000"):
        score(pictures([0] * 999))
    two = ImageSet("two", digits(20).pixels, torch.arange(20) % 2, ("a", "b"))
    with pytest.raises(UserError, match="knows 10 classes, which do not make the 8 modes of 'pairs'"):
        StackedModes(reads_digits()).begin(Stacked("pairs", two, size=9, seed=0, split="train"))
