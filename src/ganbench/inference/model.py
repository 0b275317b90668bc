"""A trained run that you can call: ``load("runs/x").sample(64)``."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from functools import cached_property
from pathlib import Path
from typing import Literal, TypeAlias

import torch
from torch import Tensor, nn

from ganbench.algorithms.base import Algorithm
from ganbench.data.base import DataInfo, Dataset
from ganbench.data.held_out import held_out_of
from ganbench.errors import UserError, did_you_mean
from ganbench.inference.build import make_algorithm, make_networks
from ganbench.latents import Latent
from ganbench.latents.truncation import truncated
from ganbench.runs.run import Run
from ganbench.utils.batched import evaluating, map_batches
from ganbench.utils.progress import Forecast
from ganbench.utils.random_stream import RandomStream

Weights: TypeAlias = Literal["averaged", "live"]
#: What latents are for. Each has its own stream of numbers for every seed, so that none has another's samples.
Purpose: TypeAlias = Literal["sample", "selection", "reference"]


class Model:
    """Networks that sample: the averaged generator of a run, or the live one where no average is kept.

    ``step`` is how many generator steps it was trained; ``info`` describes the data it imitates; ``weights`` says
    which ones it samples with, and ``keeps_average`` whether its run has averaged ones. ``items`` makes real items,
    when they are asked for.
    """

    def __init__(
        self,
        algorithm: Algorithm,
        networks: nn.ModuleDict,
        latent: Latent,
        info: DataInfo,
        step: int,
        *,
        weights: Weights = "live",
        keeps_average: bool = False,
        items: Callable[[], Dataset] | None = None,
    ) -> None:
        self.algorithm, self.networks, self.latent = algorithm, networks, latent
        self.info, self.step = info, step
        self.weights, self.keeps_average = weights, keeps_average
        self._items = items

    @cached_property
    def items(self) -> Dataset:
        """Real items to be shown: of the data's other split where it has one. Raises UserError if none were given."""
        if self._items is None:
            raise UserError("this needs real items, and the model was given none; load it from its run")
        return self._items()

    @property
    def device(self) -> torch.device:
        """Where the networks are."""
        return next(self.networks.parameters()).device

    def latents(
        self, n: int, seed: int = 0, purpose: Purpose = "sample", *, truncation: float | None = None
    ) -> Tensor:
        """Return ``n`` latents ``[n, size]``, the same for the same seed, purpose and n on any machine.

        Raises UserError as :meth:`draw`.
        """
        if n < 1:
            raise UserError(f"the number of samples must be at least 1, not {n}")
        return self.draw(RandomStream(seed, purpose), n, truncation)

    def draw(self, draws: RandomStream, n: int, truncation: float | None = None) -> Tensor:
        """Return ``n`` latents ``[n, size]`` by ``draws``, or what samples start from where that is real items.

        Raises UserError if noise is to be truncated (see :func:`truncated`) and cannot be.
        """
        drawn = self.latent.draw(draws, n)
        if truncation is not None:
            drawn = truncated(self.latent, drawn, truncation)
        numbers, algorithm = {"drawn": drawn}, self.algorithm
        if getattr(algorithm, "needs_real_inputs", False):  # an algorithm may leave it out
            each = getattr(algorithm, "inputs_per_sample", 1)
            index = draws.integers(n * each, self.items.info.size)
            items = getattr(self.items, "given", self.items.items)(index)
            numbers["items"] = items if each == 1 else items.reshape(n, each, *items.shape[1:])
        elif not getattr(algorithm, "prepares_latents", False):
            return drawn

        def start(part: dict[str, Tensor]) -> dict[str, Tensor]:
            items = self.info.from_data(part["items"]) if "items" in part else None
            return {"": algorithm.prepare_latents(self.networks, part["drawn"], items)}

        return map_batches(self.networks, start, numbers, 256, Forecast(f"what {n:,} samples start from"))[""]

    @property
    def classes(self) -> tuple[str, ...]:
        """The names of the classes that it can be asked for; none if it was trained without."""
        told = getattr(self.algorithm, "conditional", False)  # an algorithm may leave it out
        return self.info.classes if told else ()

    def class_number(self, text: str) -> int:
        """Return the number of a class given by its name or its number. Raises UserError if there is none such."""
        if not self.classes:
            raise UserError(f"this model was trained without classes, so it cannot sample the class '{text}'")
        if text in self.classes:
            return self.classes.index(text)
        if text.isdecimal() and int(text) < len(self.classes):
            return int(text)
        known = ", ".join(self.classes)
        raise UserError(f"there is no class '{text}'{did_you_mean(text, self.classes)}; classes: {known}")

    def labels(self, n: int) -> Tensor | None:
        """Return class numbers, int64 ``[n]``, each class in turn; None if it was trained without classes."""
        return torch.arange(n) % len(self.classes) if self.classes else None

    def sample(
        self,
        n: int = 64,
        *,
        seed: int = 0,
        labels: Tensor | Sequence[int] | int | None = None,
        batch: int = 256,
    ) -> Tensor:
        """Return ``n`` samples in the data's own units: uint8 pictures ``[n, C, H, W]``, or points ``[n, D]``.

        ``labels`` is one class number for all or one for each (each class in turn unless given), or the weights of
        mixed classes, ``[n, classes]``. The same latents, given by ``seed`` and n, come with any labels. Networks are
        in eval mode meanwhile, and in the mode they had afterwards.

        Raises:
            UserError: a label is out of range, there are too many or too few, or the model knows no classes.
        """
        return self.decode(self.latents(n, seed), labels, batch=batch)

    @torch.no_grad()
    def decode(
        self, latents: Tensor, labels: Tensor | Sequence[int] | int | None = None, *, batch: int = 256
    ) -> Tensor:
        """Return the samples of given latents ``[N, size]``, in the data's own units, on the CPU.

        Labels are as in :meth:`sample`.
        """
        if not getattr(self.algorithm, "generates", True):
            raise UserError(f"{type(self.algorithm).__name__} makes no samples; it only reads items")
        told = self._told(labels, len(latents))
        with evaluating(self.networks):
            made = []
            for start in range(0, len(latents), batch):
                rows = slice(start, start + batch)
                z = latents[rows].to(self.device)
                condition = None if told is None else told[rows].to(self.device)
                x = self.algorithm.sample(self.networks, z, condition)
                made.append(self.info.to_data(x).cpu().contiguous())
        return torch.cat(made)

    def encode(self, items: Tensor, *, batch: int = 256) -> Tensor:
        """Return the latents ``[N, size]`` of items in the data's own units, on the CPU.

        Raises:
            UserError: the model has no encoder, or the items are of another shape.
        """
        return self._read(items, lambda x: {"": self.algorithm.encode(self.networks, x)}, batch)[""]

    def reconstruct(self, items: Tensor, *, batch: int = 256) -> Tensor:
        """Return what the model makes again of items, in the data's own units; raises as :meth:`encode`."""
        made = self._read(items, lambda x: {"": self.algorithm.reconstruct(self.networks, x)}, batch)[""]
        return self.info.to_data(made).contiguous()

    def features(self, items: Tensor, *, batch: int = 256) -> dict[str, Tensor]:
        """Return features ``[N, F]`` of items in the data's own units, by the name of the network they are of."""
        return self._read(items, lambda x: self.algorithm.features(self.networks, x), batch)

    def translate(self, items: Tensor, *, back: bool = False, batch: int = 256) -> Tensor:
        """Return items as they would be in domain b, or ``back`` in a, in the data's own units.

        Raises:
            UserError: the model translates nothing, or the items are of another shape.
        """
        made = self._read(
            items, lambda x: {"": self.algorithm.translate(self.networks, x, back=back)}, batch
        )[""]
        return self.info.to_data(made).contiguous()

    def _read(
        self, items: Tensor, reading: Callable[[Tensor], dict[str, Tensor]], batch: int
    ) -> dict[str, Tensor]:
        """Return what is read from items, part by part; networks are in eval mode meanwhile."""
        if tuple(items.shape[1:]) != self.info.shape:
            raise UserError(
                f"the items have shape {list(items.shape[1:])}, those of the model {list(self.info.shape)}"
            )
        return map_batches(
            self.networks, lambda part: reading(self.info.from_data(part["items"])), {"items": items}, batch
        )

    def _told(self, labels: Tensor | Sequence[int] | int | None, n: int) -> Tensor | None:
        """Return labels as the generator takes them: class numbers ``[n]`` or weights ``[n, classes]``."""
        if labels is None:
            return self.labels(n)
        if not self.classes:
            raise UserError("this model was trained without classes, so it can be given no labels")
        told = torch.as_tensor(labels)
        if told.dim() == 0:
            told = told.expand(n)
        if told.is_floating_point():
            if told.shape != (n, len(self.classes)):
                raise UserError(
                    f"weights of classes are [{n}, {len(self.classes)}] numbers, not {list(told.shape)}"
                )
            return told
        if told.shape != (n,):
            raise UserError(f"{n} samples need {n} labels, not {list(told.shape)}")
        if n and not 0 <= int(told.min()) <= int(told.max()) < len(self.classes):
            raise UserError(
                f"labels must be from 0 to {len(self.classes) - 1}, not from {int(told.min())} to {int(told.max())}"
            )
        return told.long()


def load(
    run: str | Path | Run,
    step: int | str | None = None,
    trusted: Collection[str] = (),
    *,
    weights: Weights = "averaged",
) -> Model:
    """Return the model of a run: of its newest whole checkpoint, of a step, or of ``"best"``.

    The data set is not needed. ``trusted`` names the user's own modules that the recipe may use. ``weights`` are
    the averaged ones where the run keeps them, unless the live ones are asked for.

    Raises:
        UserError: there is no such run or checkpoint.
    """
    run = run if isinstance(run, Run) else Run(run)
    recipe, info = run.recipe(trusted), run.info
    state = run.read_checkpoint(step)
    if state is None:
        raise UserError(f"{run.path} has no whole checkpoint yet; `ganbench resume {run.path}` trains it")
    algorithm, latent = make_algorithm(recipe, info)
    networks = make_networks(recipe, info, algorithm, latent, seed=0)
    with run.fits(state["step"]):
        average = state["average"] if weights == "averaged" else {}
        networks.load_state_dict({**state["networks"], **average})
        algorithm.load_state_dict(state["algorithm"])
    networks.requires_grad_(False).eval()
    return Model(
        algorithm,
        networks,
        latent,
        info,
        state["step"],
        weights="averaged" if average else "live",
        keeps_average=bool(state["average"]),
        items=held_out_of(recipe.data) or recipe.data,
    )
