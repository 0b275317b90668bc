"""The real pictures that were not trained on, as metrics that need them ask for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ganbench.errors import UserError

if TYPE_CHECKING:
    from ganbench.data.base import Dataset


def require_held_out(metric: str, reference: Dataset, held_out: Dataset | None) -> Dataset:
    """Return the held-out items. Raises UserError if there are none, they are the reference's, or of another shape."""
    name = reference.info.name
    if held_out is None:
        raise UserError(
            f"metric '{metric}' needs pictures that were held out of training, and '{name}' has no other split; "
            "name some with --held-out folder:PATH"
        )
    if held_out.info.shape != reference.info.shape:
        raise UserError(
            f"the held-out items have shape {list(held_out.info.shape)}, those of '{name}' have "
            f"{list(reference.info.shape)}; metric '{metric}' needs them to be alike"
        )
    if held_out.info.fingerprint and held_out.info.fingerprint == reference.info.fingerprint:
        raise UserError(
            f"the held-out items are those of '{name}' itself; metric '{metric}' needs others, "
            "which were held out of training"
        )
    return held_out
