"""The GPU benchmark, on the CPU: one variant, the limit of time, and a device that is not there."""

from __future__ import annotations

import pytest
import torch

from benchmarks import gpu


def test_a_variant_is_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(gpu.RECIPES, "dcgan-cifar10", 2)
    row = gpu.measure("dcgan-cifar10", "fp32", "cpu", 0.0)
    assert set(row) == {"images_per_second", "seconds_to_first_step", "peak_mb", "losses"}
    assert row["losses"].keys() >= {"D/adversarial", "G/adversarial"}


def test_what_does_not_fit_is_left_out_and_what_fails_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = gpu.run_all(["dcgan-cifar10"], "cpu", seconds=5.0, minutes=0.0)["recipes"]["dcgan-cifar10"]
    assert list(rows) == list(gpu.VARIANTS)
    assert all(row == {"left_out": "no time left"} for row in rows.values())
    assert "invalid choice" in gpu._run(["--recipes", "unknown"], 60.0)["failed"]


@pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has a GPU")
def test_a_missing_device_is_one_sentence() -> None:
    with pytest.raises(SystemExit, match="error: this machine has no 'cuda' device"):
        gpu.require_device("cuda")
