"""StyleGAN2's training: styles of two latents are mixed, and images change evenly with their style.

Analyzing and Improving the Image Quality of StyleGAN (2019), arXiv:1912.04958.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import ClassVar, Protocol, cast

import torch
from torch import Tensor, nn

from ganbench.algorithms.adversarial import Adversarial
from ganbench.augment import Augmentation
from ganbench.conditioning.discriminator_output import DiscriminatorOutput
from ganbench.data.base import Batch
from ganbench.errors import UserError
from ganbench.latents import Latent
from ganbench.losses.base import Loss
from ganbench.regularizers.base import Regularizer
from ganbench.regularizers.checks import check_every, check_weight
from ganbench.training.phase import Context
from ganbench.utils.random_stream import RandomStream

_MEAN_DECAY = 0.01  # of the mean path length
_MEAN_SAMPLES = 4096  # latents whose styles are averaged for the truncation


class StyleNetwork(Protocol):
    """What the algorithm needs of G."""

    style_layers: int

    def map_latents(self, z: Tensor, condition: Tensor | None = None) -> Tensor:
        """Return styles ``[N, style]`` of latents ``[N, size]``."""

    def synthesize(self, styles: Tensor) -> Tensor:
        """Return images for styles ``[N, style]`` or ``[N, style_layers, style]``."""


class StyleGAN2(Adversarial):
    """Trains a generator that maps latents to styles and styles to images.

    After training, latents are styles: :meth:`prepare_latents` maps draws to them, and truncation pulls them to their
    mean.

    Args:
        latent: The distribution of the mapping network's input.
        loss: The adversarial loss of D and G.
        regularizers: Extra terms of D's loss, such as R1 at every 16th update.
        mixing: The probability that the layers behind a random one take the style of a second latent.
        path_weight: The weight of the path length penalty; 0 for none.
        path_every: Updates of G between two penalties, which count as many times.
        one_pass: Score real and fake samples in one pass of D.
        reuse_fakes: Update G on the fakes that D has just seen.
        augmentation: Random augmentation of all images that D sees in training.

    Raises:
        UserError: an option is out of range.
    """

    mean_length: Tensor
    length_sum: Tensor
    length_count: Tensor

    def __init__(
        self,
        *,
        latent: Latent,
        loss: Loss,
        regularizers: Sequence[Regularizer] = (),
        mixing: float = 0.9,
        path_weight: float = 2.0,
        path_every: int = 8,
        one_pass: bool = False,
        reuse_fakes: bool = False,
        augmentation: Augmentation | None = None,
    ) -> None:
        super().__init__(
            latent=latent,
            loss=loss,
            regularizers=regularizers,
            one_pass=one_pass,
            reuse_fakes=reuse_fakes,
            augmentation=augmentation,
        )
        if not 0 <= mixing <= 1:
            raise UserError(f"algorithm.mixing is a probability from 0 to 1, not {mixing}")
        check_weight("StyleGAN2", "path_weight", path_weight)
        check_every("StyleGAN2", path_every)
        self.mixing, self.path_weight, self.path_every = mixing, path_weight, path_every
        for name in ("mean_length", "length_sum", "length_count"):
            self.register_buffer(name, torch.zeros(()))

    needs_real_inputs: ClassVar[bool] = False
    inputs_per_sample: ClassVar[int] = 1

    def check_networks(self, networks: nn.ModuleDict) -> None:
        """Raise UserError if G has no styles."""
        super().check_networks(networks)
        if not hasattr(networks["G"], "map_latents"):
            raise UserError(
                f"networks.G: a {type(networks['G']).__name__} has no styles; use StyleGAN2Generator"
            )

    def draw_latents(self, networks: nn.ModuleDict, batch: Batch | None, context: Context) -> Tensor:
        """Return two latents for each sample and a number in [0, 1) that decides how they mix, ``[N, 2 size + 1]``."""
        first = self.latent.draw(context.stream, context.batch_size)
        second = self.latent.draw(context.stream, context.batch_size)
        return torch.cat([first, second, context.stream.uniform(context.batch_size, 1)], 1)

    def generate(self, networks: nn.ModuleDict, latents: Tensor, condition: Tensor | None) -> Tensor:
        """Return samples whose layers from a random one on have the style of the second latent."""
        generator = _style_network(networks)
        size = self.latent.size
        first, second, mixes = latents[:, :size], latents[:, size:-1], latents[:, -1:]
        layers = generator.style_layers
        changes_at = torch.where(
            mixes < self.mixing, 1 + (mixes / max(self.mixing, 1e-8) * (layers - 1)).floor(), float(layers)
        )
        is_first = torch.arange(layers, device=latents.device) < changes_at  # [N, layers]
        styles = torch.where(
            is_first.unsqueeze(2),
            generator.map_latents(first).unsqueeze(1),
            generator.map_latents(second).unsqueeze(1),
        )
        return generator.synthesize(styles)

    def extra_generator_losses(
        self,
        networks: nn.ModuleDict,
        fake: Batch,
        output: DiscriminatorOutput,
        latents: Tensor,
        context: Context,
    ) -> dict[str, Tensor]:
        """Return the path length penalty ``[N]`` at every ``path_every``-th update (equation 4)."""
        if not self.path_weight or context.update % self.path_every:
            return {}
        generator = _style_network(networks)
        styles = generator.map_latents(latents[:, : self.latent.size])
        styles = styles.unsqueeze(1).expand(-1, generator.style_layers, -1)
        images = generator.synthesize(styles)
        directions = context.stream.normal(*images.shape) / math.sqrt(images.shape[2] * images.shape[3])
        (gradient,) = torch.autograd.grad((images * directions).sum(), styles, create_graph=True)
        lengths = gradient.square().sum(2).mean(1).sqrt()
        self.length_sum += lengths.detach().sum()
        self.length_count += len(lengths)
        weight = self.path_weight * self.path_every
        return {"path_length": weight * (lengths - self.mean_length.clone()).square()}

    def after_step(self, networks: nn.ModuleDict, step: int) -> None:
        """Move the mean path length towards that of the step's images, over all its microbatches and processes."""
        super().after_step(networks, step)
        if self.length_count > 0:
            self.mean_length.lerp_(self.length_sum / self.length_count, _MEAN_DECAY)
            self.length_sum.zero_()
            self.length_count.zero_()

    def prepare_latents(self, networks: nn.ModuleDict, latents: Tensor, items: Tensor | None) -> Tensor:
        """Return the styles ``[N, style]`` of draws from the latent distribution."""
        return _style_network(networks).map_latents(latents)

    def truncate_latents(self, networks: nn.ModuleDict, latents: Tensor, amount: float) -> Tensor:
        """Return styles moved to their mean: 0 is the mean, 1 changes nothing (StyleGAN, arXiv:1812.04948, B).

        Raises:
            UserError: the amount is not in [0, 1].
        """
        if not 0 <= amount <= 1:
            raise UserError(f"the truncation of styles is a number from 0 to 1, not {amount}")
        draws = self.latent.draw(RandomStream("mean style", device=latents.device), _MEAN_SAMPLES)
        mean = _style_network(networks).map_latents(draws).mean(0)
        return torch.lerp(mean, latents, amount)

    def mix_styles(self, networks: nn.ModuleDict, coarse: Tensor, fine: Tensor) -> Tensor:
        """Return styles ``[N, style_layers, style]``: ``coarse`` for the lower half of the layers, then ``fine``."""
        layers = _style_network(networks).style_layers
        parts = (
            coarse.unsqueeze(1).expand(-1, layers // 2, -1),
            fine.unsqueeze(1).expand(-1, -(-layers // 2), -1),
        )
        return torch.cat(parts, 1)

    def sample(self, networks: nn.ModuleDict, latent: Tensor, condition: Tensor | None = None) -> Tensor:
        """Return images ``[N, *shape]`` for styles ``[N, style]`` or ``[N, style_layers, style]``.

        Raises:
            UserError: there is a condition.
        """
        if condition is not None:
            raise UserError("this model was trained without classes, so it cannot sample one")
        return _style_network(networks).synthesize(latent)


def _style_network(networks: nn.ModuleDict) -> StyleNetwork:
    return cast(StyleNetwork, networks["G"])
