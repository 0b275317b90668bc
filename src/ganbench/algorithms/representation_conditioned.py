"""What GANs that are conditioned on representations share: how G is told one, and whose samples are made of."""

from __future__ import annotations

import math
from typing import Literal, get_args

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.special import ndtr

from ganbench.algorithms.adversarial import Adversarial
from ganbench.algorithms.frozen_encoder import WithEncoder
from ganbench.algorithms.learned_prior import LearnedPrior
from ganbench.data.base import Batch
from ganbench.errors import UserError, did_you_mean
from ganbench.latents import WithRepresentation
from ganbench.latents.interpolation import lerp, slerp
from ganbench.training.phase import Context

Sampling = Literal["real", "lerp", "slerp", "normal", "uniform", "learned"]
"""Whose representations samples are made of.

Those of held-out pictures (real), what lies between those of two, on a straight line (lerp) or a great arc (slerp),
random directions (normal, uniform), or those that a learned generator makes.
"""
_FROM_ITEMS = {"real": 1, "lerp": 2, "slerp": 2}


class OnRepresentations(WithEncoder):
    """Latents are noise and a representation of length 1; G is given T's map of it, the noise, and it as a condition.

    A representation is one of f, which stands still. T and G are given it times the root of its size, so that its
    numbers are about 1.
    """

    prepares_latents = True
    prior: LearnedPrior | None

    def tell(self, latent: WithRepresentation, prior: Adversarial | None, sampling: str) -> None:
        """Take in the latent, a GAN of representations if there is one, and how samples start."""
        if not isinstance(latent, WithRepresentation):
            raise UserError(
                f"{type(self).__name__} needs a latent with a representation; set latent to WithRepresentation"
            )
        self.noise, self.scale = latent.noise, math.sqrt(latent.representation)
        self.prior = None if prior is None else LearnedPrior(prior, self.represent)
        self.averaged = ("G", "T") if prior is None else ("G", "T", "P")
        self.sample_by(sampling)

    def sample_by(self, sampling: str) -> None:
        """Choose whose representations samples are made of. Raises UserError for what cannot be."""
        if sampling not in get_args(Sampling):
            raise UserError(f"unknown sampling '{sampling}'{did_you_mean(sampling, get_args(Sampling))}")
        if sampling == "learned" and self.prior is None:
            raise UserError("sampling 'learned' needs a run with algorithm.prior and the networks P and C")
        self.sampling, self.needs_real_inputs = sampling, sampling in _FROM_ITEMS
        self.inputs_per_sample = _FROM_ITEMS.get(sampling, 1)

    def check_networks(self, networks: nn.ModuleDict) -> None:
        """Raise UserError unless D shows its features and a prior has its networks."""
        if not hasattr(networks["D"], "discriminate"):
            raise UserError(
                f"networks.D: a {type(networks['D']).__name__} shows no features that could be read"
            )
        if self.prior is not None and not {"P", "C"} <= set(networks):
            raise UserError("algorithm.prior needs the networks P and C")

    def latents(self, networks: nn.ModuleDict, batch: Batch | None, context: Context) -> Tensor:
        """Return noise, and the representations of the batch's pictures."""
        assert batch is not None, "both phases read data"
        drawn = self.latent.draw(context.draws, context.rows)
        return torch.cat([drawn[:, : self.noise], self.represent(networks, batch.x)], 1)

    def prepare_latents(self, networks: nn.ModuleDict, drawn: Tensor, items: Tensor | None) -> Tensor:
        """Return drawn noise, and the representations that samples are to be made of."""
        noise, direction = drawn[:, : self.noise], drawn[:, self.noise :]
        if items is not None and self.inputs_per_sample == 1:
            return torch.cat([noise, self.represent(networks, items)], 1)
        if items is not None:
            made = self._between(networks, direction, items)
        elif self.sampling == "learned":
            made = networks["P"](direction)
        else:
            made = 2 * ndtr(direction) - 1 if self.sampling == "uniform" else direction
        return torch.cat([noise, functional.normalize(made)], 1)

    def lengths(self, networks: nn.ModuleDict, size: int) -> list[int]:
        """Return the numbers of the noise and of the representation."""
        return [self.noise, size - self.noise]

    def _between(self, networks: nn.ModuleDict, direction: Tensor, items: Tensor) -> Tensor:
        start, end = (self.represent(networks, items[:, i]) for i in (0, 1))
        share = ndtr(direction[:, :1])  # uniform, as the number is normal
        return (slerp if self.sampling == "slerp" else lerp)(start, end, share)

    def sample(self, networks: nn.ModuleDict, latent: Tensor, condition: Tensor | None = None) -> Tensor:
        """Return G's pictures of noise and representations, of whatever length: a way between two may be straight."""
        r = functional.normalize(latent[:, self.noise :]) * self.scale
        samples: Tensor = networks["G"](torch.cat([networks["T"](r), latent[:, : self.noise]], 1), r)
        return samples

    def encode(self, networks: nn.ModuleDict, x: Tensor) -> Tensor:
        """Return latents of pictures: no noise, and their representations."""
        return torch.cat([x.new_zeros(len(x), self.noise), self.represent(networks, x)], 1)

    def features(self, networks: nn.ModuleDict, x: Tensor) -> dict[str, Tensor]:
        """Return D's features, and f's representations."""
        return {**super().features(networks, x), "f": self.represent(networks, x)}
