"""Differences between an exported model and the original are found in every batch, and refused if they are large."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
import torch
from benchmarks.export_parity import random_model
from torch import Tensor

from ganbench.errors import RunError
from ganbench.export.module import example_inputs
from ganbench.export.parity import Parity, compare, reference_results

X = torch.linspace(-1, 1, 40).reshape(10, 1, 2, 2)
EXPECTED = {"values": X, "samples": ((X + 1) * 127.5).round().to(torch.uint8)}


def runner(values: float = 0.0, pixels: int = 0, only_batch: int | None = None) -> Any:
    def run(inputs: Mapping[str, Tensor]) -> dict[str, Any]:
        n = len(inputs["latents"])
        wrong = only_batch in (None, n)
        results = {name: value[:n].numpy().copy() for name, value in EXPECTED.items()}
        if wrong:
            results["values"][0, 0, 0, 0] += values
            results["samples"][0, 0, 0, 0] += pixels
        return results

    return run


INPUTS = {"latents": torch.zeros(10, 3)}


def test_what_is_equal_has_no_difference() -> None:
    assert compare(runner(), INPUTS, EXPECTED) == Parity(10, 0.0, 1.0, 0, 0.0)


@pytest.mark.parametrize("batch", [10, 7, 1])
def test_one_wrong_number_in_one_batch_is_found(batch: int) -> None:
    parity = compare(runner(0.25, 3, batch), INPUTS, EXPECTED)
    assert parity.values == pytest.approx(0.25)
    assert parity.pixels == 3
    assert parity.pixels_changed == (pytest.approx(1 / 40) if batch == 10 else 0)


@pytest.mark.parametrize("values", [2e-4, float("nan"), float("inf")])
def test_values_too_far_off_are_refused(values: float) -> None:
    parity = compare(runner(values), INPUTS, EXPECTED)
    with pytest.raises(RunError, match=r"the onnx file differs from the original by .*, more than 1e-04"):
        parity.require("the onnx file")
    compare(runner(0.9e-4), INPUTS, EXPECTED).require("it")


def test_pixels_may_differ_by_one() -> None:
    compare(runner(0, 1), INPUTS, EXPECTED).require("it")
    with pytest.raises(RunError, match="it differs from the original by 2 in a pixel, more than 1"):
        compare(runner(0, 2), INPUTS, EXPECTED).require("it")


def test_results_of_another_shape_or_type_are_refused() -> None:
    def cut(inputs: Mapping[str, Tensor]) -> dict[str, Any]:
        return {name: value[:1] for name, value in runner()(inputs).items()}

    def signed(inputs: Mapping[str, Tensor]) -> dict[str, Any]:
        results = runner()(inputs)
        return {**results, "samples": results["samples"].astype(np.int64)}

    for wrong in (cut, signed):
        with pytest.raises(RunError, match="differs from the original by inf"):
            compare(wrong, INPUTS, EXPECTED).require("it")


def test_the_bound_grows_with_large_values() -> None:
    Parity(1, 9e-4, 10.0, None, None).require("it")
    with pytest.raises(RunError, match="more than 1e-03"):
        Parity(1, 1.1e-3, 10.0, None, None).require("it")


def test_the_reference_is_what_the_model_itself_returns() -> None:
    model = random_model("bigan-mnist", 8)
    inputs = example_inputs(model, "generator", 6)
    assert torch.equal(reference_results(model, "generator", inputs)["samples"], model.sample(6))
    items = example_inputs(model, "encoder", 6)
    assert torch.equal(reference_results(model, "encoder", items)["latents"], model.encode(items["items"]))
    cycle = random_model("cyclegan-mnist", 8)
    items = example_inputs(cycle, "translator", 3)
    for target in ("a", "b"):
        results = reference_results(cycle, "translator", items, target)
        assert torch.equal(results["samples"], cycle.translate(items["items"], target=target))
