"""One generator against one discriminator: Generative Adversarial Networks, 2014, arXiv 1406.2661.

With class labels: Conditional Generative Adversarial Nets, 2014, arXiv 1411.1784. Networks choose how to use labels.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import ClassVar, TypeAlias

import torch
from torch import Tensor, nn

from ganbench.algorithms.base import GenerativeAlgorithm
from ganbench.algorithms.labels import Labels, check_labels
from ganbench.algorithms.packing import check_packs, pack, packed_shape
from ganbench.algorithms.top_k import keep_highest
from ganbench.augment import AdaptiveAugmentation, Augmentation
from ganbench.augment.apa import with_pseudo_reals
from ganbench.conditioning.discriminator_output import DiscriminatorOutput
from ganbench.data.base import Batch
from ganbench.errors import UserError
from ganbench.latents import Latent
from ganbench.losses.base import Loss, require_loss
from ganbench.regularizers.base import Constraint, Regularizer, stateful_terms, unique_names
from ganbench.regularizers.checks import batch_norm_warnings
from ganbench.regularizers.latent_consistency import LatentConsistency
from ganbench.training.phase import Context, LossDict, Phase
from ganbench.training.schedule import Constant, Factor

#: A batch of fakes: latents ``[N, size]``, labels ``[N]`` (or None) and samples ``[N, *shape]``.
_Fakes: TypeAlias = tuple[Tensor, Tensor | None, Tensor]


class Adversarial(GenerativeAlgorithm):
    """Trains a generator G against a discriminator D.

    A step is ``critic_steps`` updates of D, each on new data and new latents, then one update of G. D's updates do
    not backpropagate into G, and D is frozen while G is updated.

    Args:
        latent: The distribution of G's input.
        loss: The adversarial loss of D and G.
        regularizers: Extra terms of D's loss, on the same samples and labels that D gets.
        constraints: Applied to D after each of its updates.
        critic_steps: Updates of D per update of G.
        one_pass: Score real and fake samples in one pass of D. It is faster, and equivalent unless D has batch norm,
            whose statistics then mix both, or spectral norm, which then runs one power iteration in place of two.
        reuse_fakes: Update G on the fakes that D has just seen, which saves a pass of G. Needs ``critic_steps=1``.
        packing: How many samples D scores jointly, as one input (PacGAN; see :func:`pack`).
        augmentation: Random augmentation of all images that D sees in training, real and fake. An adaptive one adjusts
            its strength to D's scores of real samples.
        labels: The labels of fakes: "none" (G and D get no labels), "uniform" (random classes), or "real" (those of a
            real batch). Unless "none", G and D both get labels; real samples have their own.
        classes: The number of classes in the data.
        top_k: The share of the fakes that G learns from: those that D scores highest; see :func:`keep_highest`.
        latent_consistency: Terms of D and G that compare fakes with those of slightly changed latents.

    Raises:
        UserError: an option is out of range, or two options exclude each other.
    """

    networks: ClassVar[tuple[str, ...]] = ("G", "D")
    loss: Loss

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
        top_k: Factor | None = None,
        latent_consistency: LatentConsistency | None = None,
    ) -> None:
        super().__init__()
        for name, count in (("critic_steps", critic_steps), ("packing", packing)):
            if count < 1:
                raise UserError(f"algorithm.{name} must be at least 1, not {count}")
        if reuse_fakes and critic_steps > 1:
            raise UserError(
                f"algorithm.reuse_fakes needs algorithm.critic_steps=1, not {critic_steps}: G is updated once per step"
            )
        check_labels(labels, classes, packing)
        require_loss(loss)
        self.latent, self.loss, self.regularizers = latent, loss, tuple(regularizers)
        self.constraints = tuple(constraints)
        self.states = stateful_terms(self.regularizers)  # registered as submodules, so their state is saved
        self.logits = getattr(loss, "logits", False)  # losses need not define it
        self.critic_steps, self.one_pass, self.packing = critic_steps, one_pass, packing
        self.reuse_fakes, self.top_k = reuse_fakes, top_k or Constant()
        self._cached_fakes: dict[int, _Fakes] = {}  # by shard; stored in D's update, read in G's
        self.augmentation, self.latent_consistency = augmentation, latent_consistency
        self.labels, self.classes, self.conditional = labels, classes, labels != "none"
        self.regularizer_names = unique_names(self.regularizers)

    def phases(self) -> tuple[Phase, ...]:
        """Return D's phase, repeated ``critic_steps`` times, then G's."""
        reads_data = self.loss.generator_needs_real or self.labels == "real"
        losses, repeats = self.discriminator_losses, self.critic_steps
        graph = ("G",) if self.reuse_fakes else ()
        return (
            Phase("D", ("D",), losses, repeats=repeats, post_step=self.constrain, keep_graph_for=graph),
            Phase("G", ("G",), self.generator_losses, reads_data=reads_data),
        )

    def shape_of(self, network: str, shape: tuple[int, ...]) -> tuple[int, ...]:
        """Return the shape of a sample of G or an input of D (a pack), given that of the data.

        Raises:
            UserError: there is an augmentation, and the data are not images.
        """
        if self.augmentation is not None and len(shape) != 3:
            raise UserError("algorithm.augmentation needs images, and these data are points; set it to null")
        return packed_shape(shape, self.packing) if network == "D" else shape

    def check_batch_size(self, batch_size: int) -> None:
        """Raise UserError unless ``batch_size`` is a multiple of ``packing``."""
        check_packs(batch_size, self.packing)

    def compatibility_warnings(self, networks: nn.ModuleDict) -> Iterator[str]:
        """Return a warning for each regularizer that uses D's gradient at each sample, if D has batch norm."""
        return batch_norm_warnings(networks["D"], self.regularizer_names, self.regularizers)

    def discriminator_losses(
        self, networks: nn.ModuleDict, batch: Batch | None, context: Context
    ) -> LossDict:
        """Return D's loss terms: the adversarial loss, those that a subclass adds, and those of regularizers."""
        assert batch is not None, "D's phase reads data"
        with torch.set_grad_enabled(self.reuse_fakes):
            latents, labels, samples = self._draw_fakes(networks, batch, context)
        if self.reuse_fakes:
            self._cached_fakes[context.stream.shard] = latents, labels, samples
        with torch.no_grad():
            fake = Batch(self.discriminator_input(samples.detach(), context), labels)
        real = batch = with_pseudo_reals(batch, samples.detach(), labels, self.augmentation, context.stream)
        if self.packing > 1 or self.augmentation is not None:  # a pack has no single label
            real = Batch(self.discriminator_input(batch.x, context), batch.y if self.packing == 1 else None)
        real_output, fake_output = self._discriminate_both(networks["D"], real, fake)
        if isinstance(self.augmentation, AdaptiveAugmentation):
            self.augmentation.observe_scores(real_output.scores, context)
        losses = {"adversarial": self.loss.discriminator(real_output.scores, fake_output.scores)}
        losses |= self.extra_discriminator_losses(
            networks, (real, fake), (real_output, fake_output), latents, context
        )
        if (consistency := self.latent_consistency) is not None:

            def score(z: Tensor) -> Tensor:
                with torch.no_grad():
                    x = self.discriminator_input(self.generate(networks, z, labels), context)
                return self.discriminate(networks["D"], x, fake.y).scores

            losses |= consistency.discriminator_terms(score, latents, fake_output.scores, context.stream)

        def critic(x: Tensor, condition: Tensor | None) -> Tensor:
            """Return D's scores; those of ``real`` and ``fake`` are reused, without another pass of D."""
            for batch, output in ((real, real_output), (fake, fake_output)):
                if x is batch.x and (condition is batch.y or not self.conditional):
                    return output.scores
            return self.discriminate(networks["D"], x, condition).scores

        for name, regularizer in zip(self.regularizer_names, self.regularizers, strict=True):
            if context.update % regularizer.every == 0:  # lazy regularization
                losses[name] = regularizer(critic, real, fake, context)
        return losses

    def generator_losses(self, networks: nn.ModuleDict, batch: Batch | None, context: Context) -> LossDict:
        """Return G's loss terms: the adversarial loss and those that a subclass adds."""
        if self.reuse_fakes:
            latents, labels, samples = self._cached_fakes[context.stream.shard]
        else:
            latents, labels, samples = self._draw_fakes(networks, batch, context)
        real_scores = None
        if batch is not None and self.loss.generator_needs_real:
            real_input = self.discriminator_input(batch.x, context)
            real_scores = self.discriminate(networks["D"], real_input, batch.y).scores
        output = self.discriminate(networks["D"], self.discriminator_input(samples, context), labels)
        loss = self.loss.generator(real_scores, output.scores)
        loss = keep_highest(loss, output.scores, self.top_k(context.step, context.steps))
        losses = {"adversarial": loss}
        losses |= self.extra_generator_losses(networks, Batch(samples, labels), output, latents, context)
        if (consistency := self.latent_consistency) is not None:
            generate = partial(self.generate, networks, condition=labels)
            losses |= consistency.generator_terms(generate, latents, samples, context.stream)
        return losses

    def extra_discriminator_losses(
        self,
        networks: nn.ModuleDict,
        batches: tuple[Batch, Batch],
        outputs: tuple[DiscriminatorOutput, DiscriminatorOutput],
        latents: Tensor,
        context: Context,
    ) -> dict[str, Tensor]:
        """Return additional loss terms of D from the real and fake batches and D's outputs; empty by default."""
        return {}

    def extra_generator_losses(
        self,
        networks: nn.ModuleDict,
        fake: Batch,
        output: DiscriminatorOutput,
        latents: Tensor,
        context: Context,
    ) -> dict[str, Tensor]:
        """Return additional loss terms of G from the fakes and D's output for them; empty by default."""
        return {}

    def draw_latents(self, networks: nn.ModuleDict, batch: Batch | None, context: Context) -> Tensor:
        """Return ``context.batch_size`` latents for an update, ``[N, size]``; by default, from ``self.latent``."""
        return self.latent.draw(context.stream, context.batch_size)

    def draw_labels(self, batch: Batch | None, context: Context) -> Tensor | None:
        """Return the labels of ``context.batch_size`` fakes, int64 ``[N]``; None if G and D get no labels."""
        if not self.conditional:
            return None
        if self.labels == "real" and batch is not None:
            return batch.y
        return context.stream.integers(context.batch_size, self.classes)

    def generate(self, networks: nn.ModuleDict, latents: Tensor, condition: Tensor | None) -> Tensor:
        """Return the fakes that D scores in training. By default, these are the samples from :meth:`sample`."""
        return self.sample(networks, latents, condition)

    def _draw_fakes(self, networks: nn.ModuleDict, batch: Batch | None, context: Context) -> _Fakes:
        latents = self.draw_latents(networks, batch, context)
        labels = self.draw_labels(batch, context)
        return latents, labels, self.generate(networks, latents, labels)

    def discriminator_input(self, x: Tensor, context: Context) -> Tensor:
        """Return samples as D gets them in training: augmented if there is an augmentation, then packed."""
        augmented = x if self.augmentation is None else self.augmentation(x, context.stream)
        return pack(augmented, self.packing)

    def discriminate(
        self, discriminator: nn.Module, x: Tensor, condition: Tensor | None
    ) -> DiscriminatorOutput:
        """Return D's output for samples. It contains only scores; a subclass may add features or class predictions."""
        return DiscriminatorOutput(discriminator(x, condition) if self.conditional else discriminator(x))

    def _discriminate_both(
        self, discriminator: nn.Module, real: Batch, fake: Batch
    ) -> tuple[DiscriminatorOutput, DiscriminatorOutput]:
        """Return D's outputs for the real and the fake batch."""
        if self.one_pass:
            labels = None if real.y is None or fake.y is None else torch.cat([real.y, fake.y])
            return self.discriminate(discriminator, torch.cat([real.x, fake.x]), labels).split(len(real))
        real_output = self.discriminate(discriminator, real.x, real.y)
        return real_output, self.discriminate(discriminator, fake.x, fake.y)

    def constrain(self, networks: nn.ModuleDict) -> None:
        """Apply the constraints to D."""
        for constraint in self.constraints:
            constraint(networks["D"])

    def after_step(self, networks: nn.ModuleDict, step: int) -> None:
        """Let an adaptive augmentation adjust its strength."""
        if isinstance(self.augmentation, AdaptiveAugmentation):
            self.augmentation.adapt(step)

    def extra_scalars(self) -> Mapping[str, Tensor]:
        """Return the state of an adaptive augmentation, to log."""
        adaptive = self.augmentation if isinstance(self.augmentation, AdaptiveAugmentation) else None
        return {f"augmentation/{k}": v for k, v in adaptive.extra_scalars().items()} if adaptive else {}

    def sample(self, networks: nn.ModuleDict, latent: Tensor, condition: Tensor | None = None) -> Tensor:
        """Return G's samples ``[N, *shape]`` in about [-1, 1] for latents ``[N, size]`` and, if conditional, labels.

        Raises:
            UserError: labels are missing, or given to a model without classes.
        """
        if not self.conditional:
            return super().sample(networks, latent, condition)
        if condition is None:
            raise UserError("this model is conditional: give labels to sample")
        samples: Tensor = networks["G"](latent, condition)
        return samples

    def features(self, networks: nn.ModuleDict, x: Tensor) -> dict[str, Tensor]:
        """Return D's features ``[N, F]``; empty if D needs labels or does not return features."""
        if self.conditional or not hasattr(networks["D"], "discriminate"):
            return {}
        return {"D": networks["D"].discriminate(x).features}  # type: ignore[operator]

    def scores(self, networks: nn.ModuleDict, x: Tensor) -> Tensor:
        """Return D's raw scores ``[N]`` of samples. Raises UserError if D scores packs or needs labels."""
        if self.packing > 1:
            raise UserError(f"D scores packs of {self.packing} samples, not single samples")
        if self.conditional:
            raise UserError("D scores a sample together with a class, not a sample alone")
        scores: Tensor = networks["D"](x)
        return scores
