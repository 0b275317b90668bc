"""Compare an exported model, read back from its file, with ``ganbench sample`` for the same inputs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ganbench.errors import RunError
from ganbench.export.formats import Arrays, Runner
from ganbench.export.parts import PARTS, PartName
from ganbench.inference.model import Model
from ganbench.utils.batched import eval_mode
from ganbench.utils.float32 import float32_default

#: How many inputs are compared, in one batch, and the sizes of the smaller batches whose results must agree with them.
INPUTS, SMALL_BATCHES = 256, (1, 7)
#: The largest allowed difference of values in about [-1, 1], or relative to the largest value if that is above 1.
MAX_DIFFERENCE = 1e-4
#: The largest allowed difference of pixels.
MAX_PIXELS = 1


@dataclass(frozen=True)
class Parity:
    """The largest differences between an exported model and the original.

    Attributes:
        inputs: How many inputs were compared.
        values: The largest difference of float32 results: of samples in about [-1, 1], or of an encoder's latents.
        largest: The largest absolute value of these results in the original.
        pixels: The largest difference of pixels; None if the results are no images.
        pixels_changed: The share of pixels that differ at all in the whole batch; None if the results are no images.
    """

    inputs: int
    values: float
    largest: float
    pixels: int | None
    pixels_changed: float | None

    def require(self, what: str) -> None:
        """Raise RunError, naming ``what`` was exported, if a difference is too large."""
        bound = MAX_DIFFERENCE * max(1.0, self.largest)
        if not self.values <= bound:
            raise RunError(
                f"{what} differs from the original by {self.values:.1e}, more than {bound:.0e}, so nothing is exported"
            )
        if self.pixels is not None and self.pixels > MAX_PIXELS:
            raise RunError(
                f"{what} differs from the original by {self.pixels} in a pixel, more than {MAX_PIXELS}, so nothing is "
                "exported"
            )

    def to_dict(self) -> dict[str, Any]:
        """Return the differences as a JSON-compatible dict."""
        return asdict(self)

    def describe(self) -> str:
        """Return the differences as part of a sentence."""
        pixels = "" if self.pixels is None else f", {self.pixels} of 255 in a pixel"
        return f"{self.values:.1e} in values of at most {self.largest:.3g}{pixels}"


@torch.no_grad()
@float32_default()
def reference_results(
    model: Model, part: PartName, inputs: Mapping[str, Tensor], target: str = "b"
) -> dict[str, Tensor]:
    """Return what the original model computes for inputs by name, in one batch on the CPU.

    Samples and latents are those of the model's own methods, which refuse numbers that are not finite.
    """
    with eval_mode(model.networks):
        results = PARTS[part].run(model.stages, inputs, target)
        return results | PARTS[part].run_model(model, inputs, target)


def compare(run: Runner, inputs: Mapping[str, Tensor], expected: Mapping[str, Tensor]) -> Parity:
    """Run an exported model on inputs by name, also in small batches, and compare it with the expected results."""
    wanted: Arrays = {name: value.numpy() for name, value in expected.items()}
    key = next(name for name in ("values", "latents") if name in wanted)
    total, samples = len(wanted[key]), wanted.get("samples")
    values, pixels, changed = 0.0, 0, 0.0
    for size in (total, *SMALL_BATCHES):
        results = run({name: value[:size] for name, value in inputs.items()})
        values = max(values, _difference(results[key], wanted[key][:size]))
        if samples is not None:
            computed = results["samples"]
            difference = _difference(computed, samples[:size])
            values = values if np.isfinite(difference) else difference
            pixels = max(pixels, int(min(difference, 255)))
            changed = changed if size < total else float((computed != samples).mean())
    images = samples is not None and samples.dtype == np.uint8
    largest = float(np.abs(wanted[key]).max(initial=0.0))
    return Parity(total, values, largest, pixels if images else None, changed if images else None)


def _difference(one: NDArray[Any], other: NDArray[Any]) -> float:
    """Return the largest absolute difference of two arrays; infinity if their shapes or types differ, or for NaN."""
    if one.shape != other.shape or one.dtype != other.dtype:
        return float("inf")
    difference = np.abs(one.astype(np.float64) - other.astype(np.float64)).max(initial=0.0)
    return float(difference) if np.isfinite(difference) else float("inf")
