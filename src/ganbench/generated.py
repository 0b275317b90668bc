"""The samples of a run as a data set, for other samples to be compared with."""

from __future__ import annotations

import hashlib
from dataclasses import replace

from torch import Tensor

from ganbench.data.base import Batch
from ganbench.errors import UserError
from ganbench.model import Model
from ganbench.runs import Run
from ganbench.training.draws import Draws

SIZE = 10_000


class Generated:
    """``size`` samples of a model, made when they are asked for; they are never those that a score is made of.

    Its fingerprint stands for the checkpoint, the weights, the seed and the number.
    """

    def __init__(self, model: Model, name: str, checkpoint: str, size: int = SIZE, seed: int = 0) -> None:
        self._model = model
        self._latents = model.latents(size, seed, "reference")
        key = f"{checkpoint} {model.weights} {seed} {size}"
        self.info = replace(
            model.info,
            name=f"run:{name} step {model.step}",
            size=size,
            split="generated",
            classes=(),
            fingerprint=hashlib.sha256(key.encode()).hexdigest()[:16],
        )

    def items(self, index: Tensor) -> Tensor:
        """Return the samples in the data's own units: uint8 ``[N, C, H, W]``, or float32 ``[N, D]``."""
        classes = len(self._model.classes)
        return self._model.decode(self._latents[index], index % classes if classes else None)

    def labels(self, index: Tensor) -> Tensor | None:
        """Return None: samples have no classes."""
        return None

    def batch(self, index: Tensor, draws: Draws) -> Batch:
        """Return the samples as networks see them."""
        return Batch(self.info.from_data(self.items(index)))


def generated_by(run: Run, model: Model, size: int = SIZE) -> Generated:
    """Return the samples of a run's model. Raises UserError if its checkpoint cannot be read."""
    path = run.checkpoints / f"step-{model.step:08d}" / "manifest.json"
    try:
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror}") from error
    return Generated(model, run.path.resolve().name, digest, size)
