"""`map_batches` works batch by batch, in eval mode, without gradients, and reports progress."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from ganbench.utils.batched import map_batches


def test_batches_keep_the_order_of_the_rows() -> None:
    network = nn.ModuleDict({"a": nn.BatchNorm1d(2)}).train()
    batches: list[tuple[int, torch.dtype, bool, bool]] = []
    progress: list[tuple[int, int]] = []

    def double(batch: dict[str, Tensor]) -> dict[str, Tensor]:
        assert torch.equal(batch["x"][:, 0].int(), batch["number"])
        batches.append((len(batch["x"]), batch["x"].dtype, network["a"].training, torch.is_grad_enabled()))
        return {"doubled": batch["x"] * 2}

    rows = torch.arange(14, dtype=torch.uint8).reshape(7, 2)
    results = map_batches(
        network, double, {"x": rows, "number": rows[:, 0].int()}, 3, lambda *done: progress.append(done)
    )
    assert batches == [(n, torch.uint8, False, False) for n in (3, 3, 1)]
    assert progress == [(3, 7), (6, 7), (7, 7)]
    assert network["a"].training
    torch.testing.assert_close(results, {"doubled": 2.0 * rows})
