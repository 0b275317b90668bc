"""Adversarial losses on raw scores, one per file."""

from ganbench.losses.base import Loss
from ganbench.losses.dual_contrastive import DualContrastive
from ganbench.losses.hinge import Hinge
from ganbench.losses.least_squares import LeastSquares
from ganbench.losses.minimax import Minimax
from ganbench.losses.non_saturating import NonSaturating
from ganbench.losses.relativistic_pairing import RelativisticPairing
from ganbench.losses.wasserstein import Wasserstein

__all__ = [
    "DualContrastive",
    "Hinge",
    "LeastSquares",
    "Loss",
    "Minimax",
    "NonSaturating",
    "RelativisticPairing",
    "Wasserstein",
]
