"""The rules change at their stated minima, and the docs show them."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as some

from ganbench.auto import rules
from ganbench.networks import SNDCGANDiscriminator, SNDCGANGenerator

DOCS = Path(__file__).parents[2] / "docs" / "auto.md"


@pytest.mark.parametrize("rule", rules.RULES, ids=lambda rule: rule.name)
def test_an_option_starts_at_its_minimum(rule: rules.Rule) -> None:
    minima = [option.minimum for option in rule.options]
    assert minima == sorted(minima)
    assert minima[0] == 0
    for before, option in zip(rule.options, rule.options[1:], strict=False):
        assert rule.option(option.minimum) is option
        assert rule.option(option.minimum - 0.001) is before
        threshold = f"from {rules.format_number(option.minimum)}: {option.label}"
        assert threshold in rule.explain(before.minimum)


def test_the_docs_show_the_rules() -> None:
    assert rules.markdown_table() in DOCS.read_text()
    for number in (rules.MIN_IMAGES, rules.MAX_CLASSES):
        assert f" {number} " in DOCS.read_text()


@given(minutes=some.floats(0.1, 10_000), shorter_side=some.floats(1, 5_000))
def test_chosen_sizes_are_in_range(minutes: float, shorter_side: float) -> None:
    side = rules.choose_resolution(minutes, shorter_side)
    assert side in rules.RESOLUTIONS
    assert side == 32 or side <= shorter_side
    assert 1 <= rules.choose_width(minutes, (side, side)) <= 64


@pytest.mark.parametrize(
    ("side", "minutes", "width"), [(28, 10, 16), (32, 10, 16), (64, 30, 16), (128, 120, 16), (64, 120, 32)]
)
@pytest.mark.parametrize("channels", [1, 3])
def test_the_networks_accept_every_side_and_channel_count(
    side: int, minutes: float, width: int, channels: int
) -> None:
    assert rules.choose_width(minutes, (side, side)) == width
    patch_size = rules.patch_size_for((side, side))
    assert patch_size == (2 if side >= 64 else 1)
    generator = SNDCGANGenerator(latent=4, shape=(channels, side, side), width=2, patch_size=patch_size)
    discriminator = SNDCGANDiscriminator(shape=(channels, side, side), width=2, patch_size=patch_size)
    assert discriminator.map_size == tuple(generator.start_shape[1:])
