"""A loss that lacks a part is refused by its name."""

from __future__ import annotations

import pytest

from ganbench.errors import UserError
from ganbench.losses import Hinge
from ganbench.losses.base import require_loss


def test_a_loss_without_a_part_is_refused_in_one_sentence() -> None:
    class Forgetful:
        def discriminator(self) -> None: ...

        def generator(self) -> None: ...

    require_loss(Hinge())
    with pytest.raises(UserError, match="Forgetful has no generator_needs_real; a loss has the methods"):
        require_loss(Forgetful())
    with pytest.raises(UserError, match="int has no discriminator, generator, generator_needs_real"):
        require_loss(3)
