"""Extra terms on a player, one a file."""

from ganbench.regularizers.base import Critic, Regularizer
from ganbench.regularizers.gradient_norm import squared_gradient_norm
from ganbench.regularizers.r1 import R1
from ganbench.regularizers.scheduled import Scheduled

__all__ = ["R1", "Critic", "Regularizer", "Scheduled", "squared_gradient_norm"]
