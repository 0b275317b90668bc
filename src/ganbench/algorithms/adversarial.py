"""One generator against one discriminator: Generative Adversarial Networks, 2014, arXiv 1406.2661.

With labels, Conditional Generative Adversarial Nets (2014), arXiv:1411.1784: what networks make of them is up to them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import ClassVar

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from ganbench.algorithms.base import Algorithm
from ganbench.algorithms.labels import Labels, check_labels
from ganbench.algorithms.packing import check_packs, pack, packed_shape
from ganbench.augment import Adaptive, Augmentation
from ganbench.conditioning.discriminator_output import DiscriminatorOutput
from ganbench.data.base import Batch
from ganbench.errors import UserError
from ganbench.latents import Latent
from ganbench.losses.base import Loss
from ganbench.regularizers.base import Constraint, Regularizer, with_state
from ganbench.training.phase import Context, LossDict, Phase


class Adversarial(Algorithm):
    """``critic_steps`` updates of D, each on fresh data and fresh latents, then one of G.

    The fakes of a D update carry no gradient; D is frozen while G moves, so neither pays for the other.
    ``one_pass`` scores real and fake samples in one pass of D: the same for networks without batch statistics,
    and faster; with batch norm it mixes their statistics. With ``reuse_fakes``, which needs ``critic_steps=1``, G is
    updated by the fakes that D has just seen, which saves a pass of G. With ``packing`` above 1, D judges packs of so
    many samples (see :func:`pack`), and its regularizers see these packs. With ``augmentation``, all that D judges in
    training, real or generated, is changed at random before; so are the samples that its regularizers see. One that
    adapts is told the scores of real samples.

    With ``labels`` other than "none" both networks are told classes, of which the data has ``classes``: real samples
    come with their own, fakes with uniform ones or, if "real", with those of a real batch. Regularizers ask D with the
    labels that they are given.
    """

    networks: ClassVar[tuple[str, ...]] = ("G", "D")

    def __init__(
        self,
        *,
        latent: Latent,
        loss: Loss,
        regularizers: Sequence[Regularizer] = (),
        constraints: Sequence[Constraint] = (),
        critic_steps: int = 1,
        one_pass: bool = False,
        reuse_fakes: bool = False,
        packing: int = 1,
        augmentation: Augmentation | None = None,
        labels: Labels = "none",
        classes: int = 0,
    ) -> None:
        super().__init__()
        for name, count in (("critic_steps", critic_steps), ("packing", packing)):
            if count < 1:
                raise UserError(f"algorithm.{name} must be at least 1, not {count}")
        if reuse_fakes and critic_steps > 1:
            raise UserError(
                f"algorithm.reuse_fakes needs algorithm.critic_steps=1, not {critic_steps}: G has one update a step"
            )
        check_labels(labels, classes, packing)
        self.latent, self.loss, self.regularizers = latent, loss, tuple(regularizers)
        self.constraints, self.states = tuple(constraints), with_state(self.regularizers)
        self.logits = getattr(loss, "logits", False)  # a loss may leave it out
        self.critic_steps, self.one_pass, self.packing = critic_steps, one_pass, packing
        self.reuse_fakes, self._kept = reuse_fakes, dict[int, tuple[Tensor, Tensor | None, Tensor]]()
        self.augmentation = augmentation
        self.labels, self.classes, self.conditional = labels, classes, labels != "none"
        names = [r.name for r in self.regularizers]  # two of one name are two terms, each with its own
        self.terms = [n if n not in names[:i] else f"{n}-{i + 1}" for i, n in enumerate(names)]

    def phases(self) -> tuple[Phase, ...]:
        """Return D's phase, repeated ``critic_steps`` times, then G's."""
        reads_data = self.loss.generator_needs_real or self.labels == "real"
        return (
            Phase(
                "D",
                ("D",),
                self.discriminator_losses,
                repeats=self.critic_steps,
                post_step=self.constrain,
                keep_graph_for=("G",) if self.reuse_fakes else (),
            ),
            Phase("G", ("G",), self.generator_losses, reads_data=reads_data),
        )

    def shape_of(self, network: str, shape: tuple[int, ...]) -> tuple[int, ...]:
        """Return the shape of what a network makes or judges: for D that of a pack.

        Raises UserError if samples are to be augmented and are no pictures.
        """
        if self.augmentation is not None and len(shape) != 3:
            raise UserError(
                "algorithm.augmentation changes pictures, and these items are none; set it to null"
            )
        return packed_shape(shape, self.packing) if network == "D" else shape

    def compatibility_warnings(self, networks: nn.ModuleDict) -> Iterator[str]:
        """Say which regularizers are at odds with a D that has batch norm."""
        if not any(isinstance(layer, _BatchNorm) for layer in networks["D"].modules()):
            return
        for name, regularizer in zip(self.terms, self.regularizers, strict=True):
            if getattr(regularizer, "per_sample", False):
                yield (
                    f"'{name}' is meant for the slope of D at each sample, but D has batch norm, which lets each "
                    "score depend on the whole batch; a D without it, or with layer norm, has slopes of its own"
                )

    def after_step(self, networks: nn.ModuleDict, step: int) -> None:
        """Let an augmentation that adapts do so."""
        if isinstance(self.augmentation, Adaptive):
            self.augmentation.adapt(step)

    def extra_scalars(self) -> Mapping[str, Tensor]:
        """Return the state of an augmentation that adapts."""
        if not isinstance(self.augmentation, Adaptive):
            return {}
        return {f"augmentation/{name}": value for name, value in self.augmentation.extra_scalars().items()}

    def check_rows(self, rows: int) -> None:
        """Raise UserError unless ``rows`` samples make whole packs."""
        check_packs(rows, self.packing)

    def discriminator_losses(
        self, networks: nn.ModuleDict, batch: Batch | None, context: Context
    ) -> LossDict:
        """Return D's adversarial term, those of a further head, and its regularizers'."""
        assert batch is not None, "D's phase reads data"
        with torch.set_grad_enabled(self.reuse_fakes):
            z, y, made = self._made(networks, batch, context)
        if self.reuse_fakes:
            self._kept[context.draws.part] = z, y, made
        with torch.no_grad():
            fake = Batch(self.shown(made.detach(), context), y)
        real = batch
        if self.packing > 1 or self.augmentation is not None:  # a pack has no one label
            real = Batch(self.shown(batch.x, context), batch.y if self.packing == 1 else None)
        known = self._judged(networks["D"], real, fake)
        if isinstance(self.augmentation, Adaptive):
            self.augmentation.heed(known[0].scores, context)
        terms = {"adversarial": self.loss.discriminator(known[0].scores, known[1].scores)}
        terms |= self.extra_discriminator_losses(networks, (real, fake), known, z, context)

        def critic(x: Tensor, condition: Tensor | None) -> Tensor:
            for batch, judged in zip((real, fake), known, strict=True):
                if x is batch.x and (condition is batch.y or not self.conditional):
                    return judged.scores  # a term on the scores themselves costs no pass
            return self.discriminate(networks["D"], x, condition).scores

        for name, regularizer in zip(self.terms, self.regularizers, strict=True):
            if context.update % regularizer.every == 0:
                terms[name] = regularizer(critic, real, fake, context)
        return terms

    def _made(
        self, networks: nn.ModuleDict, batch: Batch | None, context: Context
    ) -> tuple[Tensor, Tensor | None, Tensor]:
        """Return the latents, labels and fakes of an update."""
        z = self.latents(networks, batch, context)
        y = self.labels_of_fakes(batch, context)
        return z, y, self.fakes(networks, z, y)

    def latents(self, networks: nn.ModuleDict, batch: Batch | None, context: Context) -> Tensor:
        """Return what ``context.rows`` fakes are made of, ``[N, size]``: drawn, unless an algorithm says otherwise."""
        return self.latent.draw(context.draws, context.rows)

    def fakes(self, networks: nn.ModuleDict, latents: Tensor, condition: Tensor | None) -> Tensor:
        """Return what D is shown of G's: samples, unless an algorithm says otherwise."""
        return self.sample(networks, latents, condition)

    def shown(self, x: Tensor, context: Context) -> Tensor:
        """Return what D sees of samples in training: augmented, then in packs, if either is asked for."""
        seen = x if self.augmentation is None else self.augmentation(x, context.draws)
        return pack(seen, self.packing)

    def labels_of_fakes(self, batch: Batch | None, context: Context) -> Tensor | None:
        """Return the classes of ``context.rows`` fakes, int64 ``[N]``, or None if they have none."""
        if not self.conditional:
            return None
        if self.labels == "real" and batch is not None:
            return batch.y
        return context.draws.integers(context.rows, self.classes)

    def discriminate(
        self, discriminator: nn.Module, x: Tensor, condition: Tensor | None
    ) -> DiscriminatorOutput:
        """Return what D says of samples: only their scores, unless an algorithm asks for more."""
        return DiscriminatorOutput(discriminator(x, condition) if self.conditional else discriminator(x))

    def _judged(
        self, discriminator: nn.Module, real: Batch, fake: Batch
    ) -> tuple[DiscriminatorOutput, DiscriminatorOutput]:
        if not self.one_pass:
            return self.discriminate(discriminator, real.x, real.y), self.discriminate(
                discriminator, fake.x, fake.y
            )
        both = None if real.y is None or fake.y is None else torch.cat([real.y, fake.y])
        return self.discriminate(discriminator, torch.cat([real.x, fake.x]), both).split(len(real))

    def extra_discriminator_losses(
        self,
        networks: nn.ModuleDict,
        batches: tuple[Batch, Batch],
        judged: tuple[DiscriminatorOutput, DiscriminatorOutput],
        latents: Tensor,
        context: Context,
    ) -> dict[str, Tensor]:
        """Return D's terms beside the adversarial one; none, unless an algorithm has some. Real comes before fake."""
        return {}

    def constrain(self, networks: nn.ModuleDict) -> None:
        """Bring D back to where its constraints want it."""
        for constraint in self.constraints:
            constraint(networks["D"])

    def generator_losses(self, networks: nn.ModuleDict, batch: Batch | None, context: Context) -> LossDict:
        """Return G's adversarial term and those of a further head of D."""
        if self.reuse_fakes:
            z, y, fake = self._kept[context.draws.part]
        else:
            z, y, fake = self._made(networks, batch, context)
        real = None
        if batch is not None and self.loss.generator_needs_real:
            real = self.discriminate(networks["D"], self.shown(batch.x, context), batch.y).scores
        judged = self.discriminate(networks["D"], self.shown(fake, context), y)
        terms = {"adversarial": self.loss.generator(real, judged.scores)}
        return terms | self.extra_generator_losses(networks, Batch(fake, y), judged, z, context)

    def extra_generator_losses(
        self,
        networks: nn.ModuleDict,
        fake: Batch,
        judged: DiscriminatorOutput,
        latents: Tensor,
        context: Context,
    ) -> dict[str, Tensor]:
        """Return G's terms beside the adversarial one; none, unless an algorithm has some."""
        return {}

    def sample(self, networks: nn.ModuleDict, latent: Tensor, condition: Tensor | None = None) -> Tensor:
        """Return G's samples ``[N, *shape]`` in about [-1, 1] for latents ``[N, size]`` and, if it has classes, theirs.

        Raises:
            UserError: a condition is missing, or given to a model without classes.
        """
        if not self.conditional:
            return super().sample(networks, latent, condition)
        if condition is None:
            raise UserError("this model makes samples of a class, so it must be told which")
        samples: Tensor = networks["G"](latent, condition)
        return samples

    def scores(self, networks: nn.ModuleDict, x: Tensor) -> Tensor:
        """Return D's raw scores ``[N]`` of samples ``[N, *shape]``. Raises UserError if D judges something else."""
        if self.packing > 1:
            raise UserError(f"D judges packs of {self.packing} samples, so no sample has a score of its own")
        if self.conditional:
            raise UserError("D judges a sample together with a class, so no sample has a score of its own")
        scores: Tensor = networks["D"](x)
        return scores
