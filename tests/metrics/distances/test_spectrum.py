"""The radial power spectrum: known images, merging, and the score."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.metrics.stand_ins import MemoryDataset

from ganbench.errors import UserError
from ganbench.metrics.distances.spectrum import RunningSpectrum, SpectrumDistance, spectrum_distance
from ganbench.metrics.measure import measure


def _spectrum(images: torch.Tensor) -> RunningSpectrum:
    running = RunningSpectrum(images.shape[1:])
    running.add(images)
    return running


@pytest.mark.parametrize("shape", [(1, 32, 32), (3, 24, 40), (1, 33, 31)])
def test_white_noise_has_its_variance_at_every_radius(shape, random_images):
    decibels = _spectrum(random_images(400, shape)).decibels()
    assert len(decibels) == min(shape[1:]) // 2
    assert decibels.tolist() == pytest.approx([10 * math.log10((256**2 - 1) / 12)] * len(decibels), abs=0.5)


@pytest.mark.parametrize("shape", [(8, 8), (9, 12), (12, 9)])
def test_it_is_the_mean_over_all_frequencies_at_a_radius(shape, random_images):
    picture = random_images(1, (1, *shape)) // 4 * torch.arange(1, shape[1] + 1, dtype=torch.uint8) // 4
    power = torch.fft.fft2(picture[0, 0].double()).abs().square() / (shape[0] * shape[1])
    vertical, horizontal = (torch.fft.fftfreq(n, dtype=torch.float64) * min(shape) for n in shape)
    radius = (vertical[:, None] ** 2 + horizontal**2).sqrt().round()
    expected = [float(power[radius == r].mean()) + 1 / 12 for r in range(1, min(shape) // 2 + 1)]
    assert (10 ** (_spectrum(picture).decibels() / 10)).tolist() == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize("axis", [0, 1])
def test_a_wave_peaks_at_its_number_of_periods(axis):
    wave = (128 + 100 * torch.cos(torch.arange(32) * 2 * math.pi * 5 / 32)).round().to(torch.uint8)
    picture = (wave[:, None] if axis == 0 else wave[None]).expand(32, 32)[None, None]
    assert _spectrum(picture).decibels().argmax() + 1 == 5


def test_a_flat_image_has_the_power_of_rounding():
    flat = torch.full((2, 1, 8, 8), 77, dtype=torch.uint8)
    assert _spectrum(flat).decibels().tolist() == pytest.approx([10 * math.log10(1 / 12)] * 4, abs=1e-3)


def test_half_the_contrast_is_six_decibels():
    generator = torch.Generator().manual_seed(0)
    even = 2 * torch.randint(0, 128, (50, 1, 16, 16), generator=generator)
    distance = spectrum_distance(_spectrum(even.to(torch.uint8)), _spectrum((even // 2).to(torch.uint8)))
    assert distance == pytest.approx(20 * math.log10(2), abs=0.01)


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 10**6), st.lists(st.integers(1, 9), min_size=1, max_size=6), st.randoms())
def test_the_order_of_merging_does_not_matter(seed, cuts, random):
    generator = torch.Generator().manual_seed(seed)
    images = torch.randint(0, 256, (sum(cuts), 3, 8, 6), dtype=torch.uint8, generator=generator)
    parts = [_spectrum(part) for part in images.split(cuts)]
    random.shuffle(parts)
    merged = RunningSpectrum((3, 8, 6))
    for part in parts:
        merged.merge(part)
    assert merged.count == len(images)
    assert spectrum_distance(merged, _spectrum(images)) < 1e-9


def test_the_score(random_images):
    noise = random_images(300, (3, 16, 16))
    reference = MemoryDataset(noise)
    same = measure((SpectrumDistance(),), noise.split(70), reference)[0]
    assert same.value == pytest.approx(0, abs=1e-6)
    blurred = torch.nn.functional.avg_pool2d(noise.float(), 3, 1, 1, count_include_pad=False)
    score = measure(
        (SpectrumDistance(),),
        [blurred.to(torch.uint8)],
        MemoryDataset(random_images(600, (3, 16, 16), seed=1)),
    )[0]
    assert score.value > 5
    assert score.details["differences_db"][-1] < -10
    assert 0 < score.details["real_against_real"] < 1
    assert (score.measured["samples"], score.measured["reference"]["items"]) == (300, 600)


def test_invalid_arguments_raise_errors(random_images):
    with pytest.raises(UserError, match=r"at least 4x4 pixels, not \[1, 3, 8\]"):
        measure(
            (SpectrumDistance(),),
            [random_images(100, (1, 3, 8))],
            MemoryDataset(random_images(100, (1, 3, 8))),
        )[0]
    with pytest.raises(ValueError, match="cannot merge spectra of 4 and 8"):
        RunningSpectrum((1, 16, 16)).merge(RunningSpectrum((1, 8, 8)))
    with pytest.raises(ValueError, match="at least one image"):
        RunningSpectrum((1, 8, 8)).decibels()
