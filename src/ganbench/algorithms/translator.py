"""The base class of algorithms that translate images, and what their losses share."""

from __future__ import annotations

from torch import Tensor, nn

from ganbench.algorithms.base import Algorithm
from ganbench.data.base import Batch
from ganbench.errors import UserError
from ganbench.losses import Loss


class Translator(Algorithm):
    """An algorithm whose samples are translations of real images to the last of its ``domains``.

    A subclass names in ``domains`` those that it translates to, and defines :meth:`translate`.
    """

    domains: tuple[str, ...]
    needs_real_inputs = True
    inputs_per_sample = 1

    def prepare_latents(self, networks: nn.ModuleDict, latents: Tensor, items: Tensor | None) -> Tensor:
        """Return the real images, which take the place of latents."""
        assert items is not None, "samples start from items"
        return items

    def sample(self, networks: nn.ModuleDict, latent: Tensor, condition: Tensor | None = None) -> Tensor:
        """Return images translated to the last domain."""
        return self.translate(networks, latent, target=self.domains[-1])

    def translate(self, networks: nn.ModuleDict, x: Tensor, *, target: str) -> Tensor:
        """Return images translated to the domain ``target``."""
        raise NotImplementedError


def two_domains(batch: Batch | None, owner: str) -> tuple[Tensor, Tensor]:
    """Return a batch's images of domains a and b. Raises UserError, naming the algorithm, if there is no a."""
    if batch is None or batch.source is None:
        raise UserError(f"{owner} needs two domains: set data=pairs data.a=folder:DIR_A data.b=folder:DIR_B")
    return batch.source, batch.x


def require_unpaired(loss: Loss, owner: str) -> None:
    """Raise UserError, naming the algorithm, if a loss compares pairs of a real sample and a fake."""
    if loss.generator_needs_real:
        raise UserError(
            f"algorithm.loss: {type(loss).__name__} compares real and fake samples pairwise, and {owner}'s domains "
            "have no pairs"
        )


def mean_absolute_error(x: Tensor, y: Tensor) -> Tensor:
    """Return the mean absolute difference of samples ``[N, ...]``, ``[N]``."""
    return (x - y).abs().flatten(1).mean(1)


def per_sample(values: Tensor) -> Tensor:
    """Return values ``[N, ...]`` averaged over all but the first dimension, ``[N]``."""
    return values if values.dim() == 1 else values.flatten(1).mean(1)
