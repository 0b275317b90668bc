"""A VAE with a GAN: Autoencoding beyond Pixels Using a Learned Similarity Metric, 2016, arXiv 1512.09300.

D's features of an item and of its reconstruction take the place of a VAE's error in pixels.
"""

from __future__ import annotations

from typing import ClassVar

import torch
from torch import Tensor, nn

from ganbench.algorithms.encoding import EncodingAlgorithm
from ganbench.conditioning.discriminator_output import DiscriminatorOutput
from ganbench.data.base import Batch
from ganbench.errors import UserError
from ganbench.latents import Gaussian
from ganbench.losses.base import Loss, require_loss
from ganbench.regularizers.checks import check_weight
from ganbench.training.phase import Context, LossDict, Phase


class VAEGAN(EncodingAlgorithm):
    """E is a VAE's encoder, G its decoder, and D scores data, reconstructions and samples.

    As in the paper's algorithm 1, E learns from the prior's and the feature term, G from ``feature_weight`` times the
    feature term and from D, and D from its scores alone. E returns means and log variances, so its recipe sets
    ``networks.E.latent`` to twice the latent's size. The features are those of D's last hidden layer; the paper takes
    a convolution in the middle.

    Args:
        latent: The prior, a Gaussian.
        loss: The adversarial loss; one that compares real and fake scores does not fit.
        feature_weight: The paper's gamma.

    Raises:
        UserError: The weight is negative, the latent is not Gaussian, or the loss needs real scores for G.
    """

    networks: ClassVar[tuple[str, ...]] = ("G", "D", "E")
    loss: Loss

    def __init__(self, *, latent: Gaussian, loss: Loss, feature_weight: float = 0.1) -> None:
        super().__init__()
        check_weight("VAEGAN", "feature_weight", feature_weight)
        require_loss(loss)
        if not isinstance(latent, Gaussian):
            raise UserError(f"a VAEGAN needs the latent Gaussian, not {type(latent).__name__}")
        if loss.generator_needs_real:
            raise UserError(
                f"algorithm.loss: {type(loss).__name__} compares real and fake scores; take another"
            )
        self.latent, self.loss, self.feature_weight = latent, loss, feature_weight

    def phases(self) -> tuple[Phase, ...]:
        """Return the phases of E, G and D, which all read data."""
        return (
            Phase("E", ("E",), self.encoder_losses),
            Phase("G", ("G",), self.generator_losses),
            Phase("D", ("D",), self.discriminator_losses),
        )

    def check_networks(self, networks: nn.ModuleDict) -> None:
        """Raise UserError if D returns no features."""
        super().check_networks(networks)
        if not hasattr(networks["D"], "discriminate"):
            raise UserError(f"networks.D: a {type(networks['D']).__name__} returns no features; take another")

    def encode(self, networks: nn.ModuleDict, x: Tensor) -> Tensor:
        """Return the means ``[N, size]`` of the latents of samples."""
        return self._posterior(networks, x)[0]

    def encoder_losses(self, networks: nn.ModuleDict, batch: Batch | None, context: Context) -> LossDict:
        """Return the divergence ``[N]`` from the prior (equation 4) and the feature term (equation 7)."""
        assert batch is not None, "the phase reads data"
        mean, log_variance = self._posterior(networks, batch.x)
        z = self._draw(mean, log_variance, context)
        prior = (mean.square() + log_variance.exp() - 1 - log_variance).sum(1) / 2
        return {"prior": prior, "features": self._feature_error(networks, batch.x, self.sample(networks, z))}

    def generator_losses(self, networks: nn.ModuleDict, batch: Batch | None, context: Context) -> LossDict:
        """Return G's feature term ``[N]`` and its adversarial loss of reconstructions and samples (equation 9)."""
        assert batch is not None, "the phase reads data"
        reconstructed, samples = self._fakes(networks, batch.x, context)
        of_reconstructed, of_samples = (
            self.loss.generator(None, self._discriminate(networks, x).scores)
            for x in (reconstructed, samples)
        )
        return {
            "features": self.feature_weight * self._feature_error(networks, batch.x, reconstructed),
            "adversarial": (of_reconstructed + of_samples) / 2,
        }

    def discriminator_losses(
        self, networks: nn.ModuleDict, batch: Batch | None, context: Context
    ) -> LossDict:
        """Return D's loss ``[N]``: data are real, reconstructions and samples are fake (equation 8)."""
        assert batch is not None, "the phase reads data"
        with torch.no_grad():
            fakes = self._fakes(networks, batch.x, context)
        real = self._discriminate(networks, batch.x).scores
        of_reconstructed, of_samples = (
            self.loss.discriminator(real, self._discriminate(networks, x).scores) for x in fakes
        )
        return {"adversarial": (of_reconstructed + of_samples) / 2}

    def _posterior(self, networks: nn.ModuleDict, x: Tensor) -> tuple[Tensor, Tensor]:
        """Return means and log variances, ``[N, size]`` each."""
        mean, log_variance = networks["E"](x).chunk(2, 1)
        return mean, log_variance

    def _draw(self, mean: Tensor, log_variance: Tensor, context: Context) -> Tensor:
        return mean + (log_variance / 2).exp() * context.stream.normal(*mean.shape)

    def _fakes(self, networks: nn.ModuleDict, x: Tensor, context: Context) -> tuple[Tensor, Tensor]:
        """Return reconstructions, without a gradient for E, and samples of the prior."""
        with torch.no_grad():
            z = self._draw(*self._posterior(networks, x), context)
        prior = self.latent.draw(context.stream, context.batch_size)
        return self.sample(networks, z), self.sample(networks, prior)

    def _feature_error(self, networks: nn.ModuleDict, real: Tensor, fake: Tensor) -> Tensor:
        """Return half the squared distance ``[N]`` of D's features: a Gaussian's negative logarithm (equation 6)."""
        one, other = (self._discriminate(networks, x).features for x in (real, fake))
        assert one is not None, "check_networks has refused a D without features"
        assert other is not None, "as above"
        return (one - other).square().sum(1) / 2

    def _discriminate(self, networks: nn.ModuleDict, x: Tensor) -> DiscriminatorOutput:
        output: DiscriminatorOutput = networks["D"].discriminate(x)  # type: ignore[operator]
        return output
