"""The choice of classes for the fakes of a conditional GAN."""

from __future__ import annotations

from typing import Literal, get_args

from ganbench.errors import UserError, did_you_mean

Labels = Literal["none", "uniform", "real"]
"""No classes; uniformly random ones; or those of a real batch, so that fakes have the data's class frequencies."""


def check_labels(labels: Labels, classes: int, packing: int) -> None:
    """Raise UserError if the choice is unknown, the data have no classes, or samples are packed."""
    if labels not in get_args(Labels):
        raise UserError(f"algorithm.labels: unknown '{labels}'{did_you_mean(labels, get_args(Labels))}")
    if labels == "none":
        return
    if classes < 1:
        raise UserError(
            f"algorithm.labels={labels} needs data with classes, and this set has none; set algorithm.labels=none"
        )
    if packing > 1:
        raise UserError(f"a pack of {packing} samples has no single class; set algorithm.packing=1")
