"""Which classes fakes have while a conditional GAN trains."""

from __future__ import annotations

from typing import Literal, get_args

from ganbench.errors import UserError, did_you_mean

Labels = Literal["none", "uniform", "real"]
"""No classes; uniformly drawn ones; or those of a batch of real samples, whatever the classes' shares there."""


def check_labels(labels: Labels, classes: int, packing: int) -> None:
    """Raise UserError for an unknown choice, for data without classes, and for packs, which have no one class."""
    if labels not in get_args(Labels):
        raise UserError(f"algorithm.labels: unknown '{labels}'{did_you_mean(labels, get_args(Labels))}")
    if labels == "none":
        return
    if classes < 1:
        raise UserError(
            f"algorithm.labels={labels} needs data with classes, and this set has none; set algorithm.labels=none"
        )
    if packing > 1:
        raise UserError(f"packs of {packing} samples have no one class; set algorithm.packing=1")
