"""A GAN on the images that an algorithm samples: a critic C, and a loss for the network that draws them.

Autoencoding beyond pixels using a learned similarity metric (2015), arXiv:1512.09300, has such a critic on a decoder's
images.
"""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor, nn

from ganbench.algorithms.adversarial import Adversarial
from ganbench.data.base import Batch
from ganbench.training.phase import Context, LossDict, Phase


class ImageGAN(nn.Module):
    """Trains ``gan`` on images, with C as its D and ``generate`` as its G.

    Args:
        gan: The GAN on images; its latents go to ``generate``.
        generate: Maps networks, latents and real images (of which it may use a part) to samples.
        decoder: The networks that are updated with :meth:`decoder_losses`.
    """

    def __init__(
        self,
        gan: Adversarial,
        generate: Callable[[nn.ModuleDict, Tensor, Tensor], Tensor],
        decoder: tuple[str, ...],
    ) -> None:
        super().__init__()
        self.gan, self._generate, self._decoder = gan, generate, decoder

    def phase(self) -> Phase:
        """Return C's phase."""
        return Phase(
            "C",
            ("C",),
            self.critic_losses,
            repeats=self.gan.critic_steps,
            post_step=lambda networks: self.gan.constrain(nn.ModuleDict({"D": networks["C"]})),
            keep_graph_for=self._decoder if self.gan.reuse_fakes else (),
        )

    def critic_losses(self, networks: nn.ModuleDict, batch: Batch | None, context: Context) -> LossDict:
        """Return C's losses."""
        assert batch is not None, "C's phase reads data"
        return self.gan.discriminator_losses(self._players(networks, batch.x), batch, context)

    def decoder_losses(self, networks: nn.ModuleDict, batch: Batch, context: Context) -> LossDict:
        """Return the losses of the network that draws samples."""
        return self.gan.generator_losses(self._players(networks, batch.x), batch, context)

    def _players(self, networks: nn.ModuleDict, x: Tensor) -> nn.ModuleDict:
        return nn.ModuleDict({"G": _Generator(lambda z: self._generate(networks, z, x)), "D": networks["C"]})


class _Generator(nn.Module):
    def __init__(self, generate: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self._generate = generate

    def forward(self, z: Tensor) -> Tensor:
        return self._generate(z)
