"""Which parts a model has, and which one is exported by default."""

from __future__ import annotations

import pytest
from benchmarks.export_parity import random_model

from ganbench.errors import UserError
from ganbench.export.parts import choose_part

WIDTH = 8


def test_the_default_part_and_parts_that_are_not_there() -> None:
    assert choose_part(random_model("bigan-mnist", WIDTH), None) == "generator"
    assert choose_part(random_model("cyclegan-mnist", WIDTH), None) == "translator"
    simsiam = random_model("simsiam-cifar10", WIDTH)
    assert choose_part(simsiam, None) == "encoder"
    with pytest.raises(UserError, match="SimSiam has no generator; it has: encoder"):
        choose_part(simsiam, "generator")
    with pytest.raises(UserError, match="unknown part 'encodr'; did you mean 'encoder'"):
        choose_part(simsiam, "encodr")
