"""Many rows are looked at part by part; in eval mode, without gradient, and with progress."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from ganbench.utils.batched import map_batches


def test_rows_are_read_in_their_order_some_at_a_time() -> None:
    network = nn.ModuleDict({"a": nn.BatchNorm1d(2)}).train()
    seen: list[tuple[int, torch.dtype, bool, bool]] = []
    told: list[tuple[int, int]] = []

    def reading(part: dict[str, Tensor]) -> dict[str, Tensor]:
        assert torch.equal(part["x"][:, 0].int(), part["number"])
        seen.append((len(part["x"]), part["x"].dtype, network["a"].training, torch.is_grad_enabled()))
        return {"doubled": part["x"] * 2}

    rows = torch.arange(14, dtype=torch.uint8).reshape(7, 2)
    found = map_batches(
        network, reading, {"x": rows, "number": rows[:, 0].int()}, 3, lambda *done: told.append(done)
    )
    assert seen == [(n, torch.uint8, False, False) for n in (3, 3, 1)]
    assert told == [(3, 7), (6, 7), (7, 7)]
    assert network["a"].training
    torch.testing.assert_close(found, {"doubled": 2.0 * rows})
