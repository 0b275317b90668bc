from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ganbench.errors import UserError
from ganbench.networks.shape_plan import plan_levels


@given(height=st.integers(1, 300), width=st.integers(1, 300), min_map_side=st.integers(1, 8))
def test_reaches_the_smallest_map_by_halvings_or_refuses_the_size(
    height: int, width: int, min_map_side: int
) -> None:
    valid = [
        ((height // step, width // step), levels)
        for levels, step in ((n, 2**n) for n in range(1, 10))
        if height % step == width % step == 0
        and min_map_side <= min(height, width) // step < 2 * min_map_side
    ]
    if valid:
        assert [plan_levels("Net", (3, height, width), min_map_side)] == valid
    else:
        with pytest.raises(UserError, match=r"^Net: "):
            plan_levels("Net", (3, height, width), min_map_side)


def test_the_message_names_the_network_the_size_and_valid_sizes() -> None:
    with pytest.raises(UserError, match=r"^Net: 28x28 cannot be halved 3 times; use 24x24 or 32x32$"):
        plan_levels("Net", (1, 28, 28), 2)
    with pytest.raises(UserError, match=r"^Net: images must be at least 4x4, but are 3x9$"):
        plan_levels("Net", (1, 3, 9), 2)
    with pytest.raises(UserError, match=r"^Net: width must be at least 1, but is 0$"):
        plan_levels("Net", (1, 32, 32), width=0)
