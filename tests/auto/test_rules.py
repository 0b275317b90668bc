"""The rules hold where they say they change, and the docs show them as they are."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as some

from ganbench.auto import rules
from ganbench.networks import SNDCGANDiscriminator, SNDCGANGenerator

DOCS = Path(__file__).parents[2] / "docs" / "auto.md"


@pytest.mark.parametrize("rule", rules.RULES, ids=lambda rule: rule.what)
def test_a_step_begins_where_it_says(rule: rules.Rule) -> None:
    assert [step.least for step in rule.steps] == sorted(step.least for step in rule.steps)
    assert rule.steps[0].least == 0
    for before, step in zip(rule.steps, rule.steps[1:], strict=False):
        assert rule.step(step.least) is step
        assert rule.step(step.least - 0.001) is before
        assert f"from {rules.shown(step.least)}: {step.words}" in rule.why(before.least)


def test_the_docs_show_the_rules() -> None:
    assert rules.table() in DOCS.read_text()
    for number in (rules.LEAST_PICTURES, rules.MOST_CLASSES):
        assert f" {number} " in DOCS.read_text()


@given(minutes=some.floats(0.1, 10_000), shorter=some.floats(1, 5_000))
def test_networks_can_be_made_of_what_is_chosen(minutes: float, shorter: float) -> None:
    side = rules.side_for(minutes, shorter)
    assert side in rules.SIDES
    assert side == 32 or side <= shorter
    assert 1 <= rules.width_for(minutes, (side, side)) <= 64


@pytest.mark.parametrize(
    ("side", "minutes", "width"), [(28, 10, 16), (32, 10, 16), (64, 30, 16), (128, 120, 16), (64, 120, 32)]
)
@pytest.mark.parametrize("channels", [1, 3])
def test_the_pair_takes_every_side_grey_and_in_colour(
    side: int, minutes: float, width: int, channels: int
) -> None:
    assert rules.width_for(minutes, (side, side)) == width
    folded = rules.folded_for((side, side))
    assert folded == (side >= 64)
    generator = SNDCGANGenerator(latent=4, shape=(channels, side, side), width=2, folded=folded)
    discriminator = SNDCGANDiscriminator(shape=(channels, side, side), width=2, folded=folded)
    assert discriminator.smallest == tuple(generator.start[1:])
