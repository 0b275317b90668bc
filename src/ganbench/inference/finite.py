"""Refuse what networks compute if it is not finite: a pixel of NaN would silently become black."""

from __future__ import annotations

from torch import Tensor, nn

from ganbench.errors import NotFiniteError
from ganbench.training.nan_origin import first_nonfinite_layer


def require_finite(values: Tensor, what: str, networks: nn.ModuleDict, step: int) -> Tensor:
    """Return ``values`` ``[N, ...]`` if all are finite.

    Args:
        values: The output of networks.
        what: What they are, in the plural.
        networks: The networks.
        step: Their training step.

    Raises:
        NotFiniteError: Some are NaN or infinite. The message names the layer whose weights are, if it is one.
    """
    if bool(values.isfinite().all()):
        return values
    bad = (
        int((~values.isfinite()).flatten(1).any(1).sum())
        if values.dim() > 1
        else int((~values.isfinite()).sum())
    )
    origin = first_nonfinite_layer(networks)
    where = f" (NaN or infinity began in {origin})" if origin else ", though all weights are"
    raise NotFiniteError(
        f"{bad:,} of {len(values):,} {what} of the model at step {step:,} are not finite numbers{where}: training has "
        "diverged; use an earlier checkpoint (--step), or train with lower learning rates"
    )
