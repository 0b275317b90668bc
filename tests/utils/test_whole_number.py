"""Whole numbers of any integer type are ints; everything else is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from ganbench.errors import UserError
from ganbench.utils.batched import map_batches
from ganbench.utils.whole_number import whole_number


@pytest.mark.parametrize("value", [3, np.int64(3), np.uint8(3), torch.tensor(3)])
def test_integers_of_any_type_become_ints(value: Any) -> None:
    assert type(whole_number(value, "n")) is int
    assert whole_number(value, "n", at_least=3) == 3


@pytest.mark.parametrize("value", [3.0, True, np.True_, "3", None, np.float32(3), torch.tensor(3.0), [3]])
def test_everything_else_is_refused(value: Any) -> None:
    with pytest.raises(UserError, match=r"^n must be a whole number, not "):
        whole_number(value, "n")


def test_a_minimum() -> None:
    with pytest.raises(UserError, match=r"^n must be at least 1, not -2$"):
        whole_number(-2, "n", at_least=1)


@pytest.mark.parametrize(("size", "fault"), [(0, "at least 1, not 0"), (2.0, "a whole number, not 2.0")])
def test_networks_are_applied_to_batches_of_a_whole_size(size: Any, fault: str) -> None:
    rows = {"x": torch.zeros(3, 2)}
    with pytest.raises(UserError, match=f"the batch size must be {fault}"):
        map_batches(torch.nn.Linear(2, 2), lambda inputs: inputs, rows, size)
