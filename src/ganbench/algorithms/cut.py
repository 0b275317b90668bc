"""Translation without pairs in one direction, which keeps the content of each patch by a contrastive loss.

Contrastive Learning for Unpaired Image-to-Image Translation, 2020, arXiv 2007.15651.
"""

from __future__ import annotations

from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from ganbench.algorithms.translator import Translator, per_sample, require_unpaired, two_domains
from ganbench.data.base import Batch
from ganbench.errors import UserError
from ganbench.losses.base import Loss
from ganbench.regularizers.checks import check_weight
from ganbench.training.phase import Context, LossDict, Phase
from ganbench.utils.random_stream import RandomStream


class CUT(Translator):
    """G translates images of domain a to b; D scores the results; H maps patches of G's encoder to vectors.

    G and H minimize the adversarial loss + ``weight`` times the contrastive loss of a's images and their translations +
    ``identity_weight`` times that of b's images and what G makes of these (the paper's equation 5; FastCUT has the
    weights 10 and 0). A patch of a translation must have a vector more similar to that of the same place in its source
    than to those of up to ``patches`` - 1 other places in the source. Scores of patches are averaged over each image
    after the loss.

    A batch has images of b as ``x`` and images of a as ``source``. Samples are translations from a to b of real images.

    Raises:
        UserError: a weight is negative, there are fewer than two patches, the temperature is not positive, or the loss
            compares fakes with real samples.
    """

    networks: ClassVar[tuple[str, ...]] = ("G", "H", "D")
    domains = ("b",)
    loss: Loss

    def __init__(
        self,
        *,
        loss: Loss,
        weight: float = 1.0,
        identity_weight: float = 1.0,
        patches: int = 256,
        temperature: float = 0.07,
    ) -> None:
        super().__init__()
        check_weight("CUT", "weight", weight)
        check_weight("CUT", "identity_weight", identity_weight)
        require_unpaired(loss, "CUT")
        if patches < 2 or not temperature > 0:
            raise UserError("CUT needs at least 2 patches and a temperature above 0")
        self.loss, self.weight, self.identity_weight = loss, weight, identity_weight
        self.patches, self.temperature = patches, temperature

    def check_networks(self, networks: nn.ModuleDict) -> None:
        """Raise UserError unless G shows the maps of its encoder."""
        super().check_networks(networks)
        if not hasattr(networks["G"], "encode_maps"):
            raise UserError(
                f"networks.G: {type(networks['G']).__name__} does not show its encoder's maps; "
                "use a ContrastiveGenerator"
            )

    def phases(self) -> tuple[Phase, ...]:
        """Return D's phase, then that of G and H."""
        return Phase("D", ("D",), self.discriminator_losses), Phase("G", ("G", "H"), self.generator_losses)

    def discriminator_losses(
        self, networks: nn.ModuleDict, batch: Batch | None, context: Context
    ) -> LossDict:
        """Return D's loss ``[N]``."""
        a, b = two_domains(batch, "CUT")
        with torch.no_grad():
            fake = networks["G"](a)
        return {"adversarial": per_sample(self.loss.discriminator(networks["D"](b), networks["D"](fake)))}

    def generator_losses(self, networks: nn.ModuleDict, batch: Batch | None, context: Context) -> LossDict:
        """Return the losses ``[N]`` of G and H."""
        a, b = two_domains(batch, "CUT")
        fake = networks["G"](a)
        losses = {
            "adversarial": per_sample(self.loss.generator(None, networks["D"](fake))),
            "contrast": self.weight * self._contrast(networks, a, fake, context.stream),
        }
        if self.identity_weight:
            same = networks["G"](b)
            losses["identity"] = self.identity_weight * self._contrast(networks, b, same, context.stream)
        return losses

    def translate(self, networks: nn.ModuleDict, x: Tensor, *, target: str) -> Tensor:
        """Return images of a translated to b, the only target."""
        translated: Tensor = networks["G"](x)
        return translated

    def _contrast(
        self, networks: nn.ModuleDict, source: Tensor, result: Tensor, stream: RandomStream
    ) -> Tensor:
        """Return equation 3, the mean over maps and patches of equation 2, ``[N]``; the source gets no gradient."""
        encoder: Any = networks["G"]
        with torch.no_grad():
            source_maps = encoder.encode_maps(source)
            count = min(self.patches, *(x[0, 0].numel() for x in source_maps))
            places = [stream.uniform(len(x), x[0, 0].numel()).argsort(1)[:, :count] for x in source_maps]
            keys = networks["H"](*map(_take, source_maps, places))
        queries = networks["H"](*map(_take, encoder.encode_maps(result), places))
        similarity = queries @ keys.transpose(-1, -2) / self.temperature  # [N, maps, patches, patches]
        right = similarity.diagonal(dim1=-2, dim2=-1)
        cross_entropy: Tensor = similarity.logsumexp(-1) - right
        return cross_entropy.mean((1, 2))


def _take(maps: Tensor, places: Tensor) -> Tensor:
    """Return the columns of maps ``[N, C, H, W]`` at places, int64 ``[N, P]``, as ``[N, P, C]``."""
    columns = maps.flatten(2).transpose(1, 2)
    return columns.gather(1, places[:, :, None].expand(-1, -1, columns.shape[2]))
