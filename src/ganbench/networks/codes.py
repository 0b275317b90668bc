"""InfoGAN's network Q, which predicts a latent's codes from D's features.

InfoGAN: Interpretable Representation Learning by Information Maximizing Generative Adversarial Nets (2016),
arXiv:1606.03657.
"""

from __future__ import annotations

from torch import Tensor, nn

from ganbench.errors import UserError
from ganbench.latents import Codes
from ganbench.layers.initialisation import init_normal
from ganbench.layers.normalisation import Norm1d, norm_1d


class CodeNetwork(nn.Module):
    """D's features ``[N, features]`` -> a prediction of the codes ``[N, codes.outputs]``, laid out as in ``Codes``.

    A linear layer to ``width``, a norm, a leaky ReLU of slope 0.1 and a linear layer; with ``width`` 0, one linear
    layer. Without ``spread``, every standard deviation is 1, so the negative log-likelihood is half the squared error
    up to a constant. Weights start from N(0, 0.02²), biases at 0.

    Raises ``UserError`` if ``features`` is below 1, ``width`` is negative or the norm is unknown.
    """

    def __init__(
        self, *, features: int, codes: Codes, width: int = 128, norm: Norm1d = "batch", spread: bool = True
    ) -> None:
        super().__init__()
        if features < 1 or width < 0:
            raise UserError(
                f"CodeNetwork: features must be at least 1 and width at least 0, but are {features} and {width}"
            )
        self.codes, self.spread = codes, spread
        outputs = codes.outputs if spread else codes.size
        hidden = [nn.Linear(features, width), norm_1d(norm, width), nn.LeakyReLU(0.1)] if width else []
        self.layers = nn.Sequential(*hidden, nn.Linear(width or features, outputs))
        init_normal(self)

    def forward(self, features: Tensor) -> Tensor:
        """Return the prediction ``[N, codes.outputs]``."""
        prediction: Tensor = self.layers(features)
        return prediction if self.spread else nn.functional.pad(prediction, (0, self.codes.continuous))
