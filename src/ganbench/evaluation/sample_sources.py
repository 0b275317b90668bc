"""Sources of the samples to score: a model or a data set. Also a model's samples as a reference data set."""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

import torch
from torch import Tensor

from ganbench.algorithms.capabilities import ChoosesRepresentations
from ganbench.data.base import Batch, Dataset
from ganbench.errors import UserError
from ganbench.inference.labels import balanced_labels
from ganbench.inference.model import Model, Purpose
from ganbench.metrics.record import versions
from ganbench.metrics.sample_batch import LabelledSamples
from ganbench.runs.run import Run
from ganbench.utils.random_stream import RandomStream
from ganbench.visualization.sample_files import class_folder_name

BATCH_SIZE = 250
REFERENCE_SAMPLES = 10_000
_QUANTIZATION = "uint8: (x + 1) * 127.5, rounded to even, clamped to 0..255"


class SampleSource(Protocol):
    """Samples to score, in a fixed order."""

    @property
    def classes(self) -> tuple[str, ...]:
        """The names of the samples' classes; empty if they have none."""

    @property
    def size(self) -> int | None:
        """The number of available samples; None if it is unlimited."""

    def labels(self, count: int) -> Tensor | None:
        """Return the class numbers of the first ``count`` samples, int64 ``[count]``; None without classes."""

    def batches(self, count: int) -> Iterator[Tensor]:
        """Yield the first ``count`` samples in batches: uint8 ``[B, C, H, W]`` or float32 ``[B, D]``."""

    def record(self, count: int, *, labelled: bool) -> dict[str, Any]:
        """Return what a score stores about the origin of its first ``count`` samples.

        ``labelled``: whether it uses their labels.
        """


@dataclass(frozen=True)
class ModelSamples:
    """The samples of a model for one seed and purpose.

    An instance also serves as the :class:`~ganbench.metrics.requirements.Generator` of metrics that draw their own
    samples.

    Attributes:
        model: The model.
        seed: The seed of the latents.
        purpose: What the samples are for; each purpose has its own random stream.
        checkpoint: Entries about the checkpoint to add to the record, such as ``{"checkpoint": "best"}``.
    """

    model: Model
    seed: int = 1
    purpose: Purpose = "sample"
    checkpoint: Mapping[str, Any] = field(default_factory=dict)

    @property
    def classes(self) -> tuple[str, ...]:
        """The model's classes."""
        return self.model.classes

    @property
    def size(self) -> int | None:
        """None: a model has no limit."""
        return None

    def labels(self, count: int) -> Tensor | None:
        """Return the labels that condition the samples; see :func:`ganbench.inference.labels.balanced_labels`."""
        classes = len(self.model.classes)
        return balanced_labels(count, classes) if classes else None

    def batches(self, count: int) -> Iterator[Tensor]:
        """Yield ``count`` samples in batches."""
        if not count:
            return
        latents, labels = self.latents(count, self.seed), self.labels(count)
        for index in torch.split(torch.arange(count), BATCH_SIZE):
            yield self.model.decode(latents[index], None if labels is None else labels[index])

    def latents(self, n: int, seed: int = 0) -> Tensor:
        """Return ``n`` latents ``[n, size]`` from the random stream of this seed and the purpose."""
        return self.model.latents(n, seed, self.purpose)

    def decode(self, latents: Tensor, labels: Tensor | None = None) -> Tensor:
        """Return the samples of given latents, in data units: uint8 pixels or float32 coordinates."""
        return self.model.decode(latents, labels)

    def features(self, items: Tensor) -> dict[str, Tensor]:
        """Return the features ``[N, F]`` of items that the model's own networks compute, by name."""
        return self.model.features(items)

    def record(self, count: int, *, labelled: bool) -> dict[str, Any]:
        """Return the record of the generator and of how its samples are drawn.

        ``generator`` identifies the checkpoint, seed and weights. ``sampling`` is the sampling method: only scores
        that have it in common are comparable. Its ``weights`` are "the run's own" for EMA weights, and for live
        weights of a run without an EMA, so that recipes with and without an EMA stay comparable.
        """
        model = self.model
        ema_ignored = model.has_average and model.weights == "live"
        algorithm = model.algorithm
        representations = algorithm.sampling if isinstance(algorithm, ChoosesRepresentations) else None
        inputs = model.real_data.info if model.needs_real_inputs else None
        return {
            "generator": {
                "step": model.step,
                "seed": self.seed,
                "samples_for": "report" if self.purpose == "sample" else self.purpose,
                "weights": model.weights,
                **self.checkpoint,
            },
            "sampling": {
                "weights": "live, though an average is kept" if ema_ignored else "the run's own",
                "truncation": None,
                "labels": self._describe_labels(count),
                "normalisation": "eval: running statistics",
                **({} if representations is None else {"representations": representations}),
                **(
                    {}
                    if inputs is None
                    else {
                        "made_of": {
                            "name": inputs.name,
                            "fingerprint": inputs.fingerprint,
                            "split": inputs.split,
                        }
                    }
                ),
                "shape": list(model.info.shape),
                "quantised": _QUANTIZATION if model.info.kind == "image" else None,
            },
            **_environment_record(model.device.type),
        }

    def _describe_labels(self, count: int) -> str:
        classes = len(self.model.classes)
        if not classes:
            return "none: the model has no classes"
        return "each class in turn" + (", the last round at random" if count % classes else "")


@dataclass(frozen=True)
class DatasetSamples:
    """The items of a data set in a fixed random order.

    Attributes:
        dataset: The data set.
        decoding: Stored in the record: how image files of a folder or archive are decoded, such as their size.
        class_numbers: Which class of the reference each class of the data set is; None if the names are the same.
        reference_classes: The names of the reference's classes, if there are ``class_numbers``.
    """

    dataset: Dataset
    decoding: Mapping[str, Any] = field(default_factory=dict)
    class_numbers: tuple[int, ...] | None = None
    reference_classes: tuple[str, ...] = ()

    @property
    def classes(self) -> tuple[str, ...]:
        """The data set's classes, by the reference's names."""
        return self.dataset.info.classes if self.class_numbers is None else self.reference_classes

    @property
    def size(self) -> int | None:
        """The data set's size."""
        return self.dataset.info.size

    def labels(self, count: int) -> Tensor | None:
        """Return the labels of the first ``count`` items in this order."""
        labels = self.dataset.labels(self._order(count))
        return (
            labels
            if labels is None or self.class_numbers is None
            else torch.tensor(self.class_numbers)[labels]
        )

    def batches(self, count: int) -> Iterator[Tensor]:
        """Yield the first ``count`` items in this order, in batches."""
        for index in torch.split(self._order(count), BATCH_SIZE) if count else ():
            yield self.dataset.items(index)

    def record(self, count: int, *, labelled: bool) -> dict[str, Any]:
        """Return the record of the data set; it has no ``generator`` entry."""
        info = self.dataset.info
        return {
            "items": {
                "name": info.name,
                "fingerprint": info.fingerprint,
                "of": info.size,
                "split": info.split,
            },
            "sampling": {
                "order": "a random one, always the same",
                "labels": "the items' own" if labelled else "none",
                "shape": list(info.shape),
                "read_as": dict(self.decoding),
            },
            **_environment_record(),
        }

    def _order(self, count: int) -> Tensor:
        return torch.randperm(self.dataset.info.size, generator=torch.Generator().manual_seed(0))[:count]


def match_classes(samples: DatasetSamples, classes: tuple[str, ...]) -> DatasetSamples:
    """Return samples labelled with a reference's classes, if their folders have the names that `ganbench sample` gives.

    So ``003-cat`` is the class ``cat`` again. Other samples are returned as they are.
    """
    numbers = {class_folder_name(number, name): number for number, name in enumerate(classes)}
    own = samples.classes
    if not own or own == classes or not set(own) <= numbers.keys():
        return samples
    return replace(samples, class_numbers=tuple(numbers[name] for name in own), reference_classes=classes)


def labelled_batches(batches: Iterator[Tensor], labels: Tensor) -> Iterator[LabelledSamples]:
    """Yield each batch with its slice of ``labels`` ``[N]``."""
    start = 0
    for samples in batches:
        yield LabelledSamples(samples, labels[start : start + len(samples)])
        start += len(samples)


class GeneratedDataset:
    """A fixed number of samples of a model, as a reference data set without labels.

    The latents have their own random stream, so these are never the samples that a score is measured on. The samples
    of a conditional model cycle through its classes. The fingerprint depends on the checkpoint, the choice of weights,
    the seed and the size.
    """

    def __init__(
        self, model: Model, name: str, checkpoint: str, size: int = REFERENCE_SAMPLES, seed: int = 0
    ) -> None:
        self._model = model
        self._latents = model.latents(size, seed, "reference")
        classes = len(model.classes)
        self._labels = balanced_labels(size, classes) if classes else None
        key = f"{checkpoint} {model.weights} {seed} {size}"
        if classes and size % classes:  # earlier versions took the first classes for the last round
            key += " last round at random"
        self.info = replace(
            model.info,
            name=f"run:{name} step {model.step}",
            size=size,
            split="generated",
            classes=(),
            fingerprint=hashlib.sha256(key.encode()).hexdigest()[:16],
        )

    def items(self, index: Tensor) -> Tensor:
        """Return the samples in data units: uint8 ``[N, C, H, W]``, or float32 ``[N, D]``."""
        return self._model.decode(self._latents[index], None if self._labels is None else self._labels[index])

    def labels(self, index: Tensor) -> Tensor | None:
        """Return None: the samples count as unlabelled, even those of a conditional model."""
        return None

    def batch(self, index: Tensor, random: RandomStream) -> Batch:
        """Return the samples as network inputs in [-1, 1], without augmentation; ``random`` is not used."""
        return Batch(self.info.from_data(self.items(index)))


def generated_dataset(run: Run, model: Model, size: int = REFERENCE_SAMPLES) -> GeneratedDataset:
    """Return samples of a run's model as a data set. Raises UserError if its checkpoint cannot be read."""
    path = run.checkpoints / f"step-{model.step:08d}" / "manifest.json"
    try:
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror}") from error
    return GeneratedDataset(model, run.path.resolve().name, digest, size)


def _environment_record(device: str = "cpu") -> dict[str, Any]:
    return {
        "versions": versions("ganbench", "torch", "numpy"),
        "machine": {"device": device, "threads": torch.get_num_threads(), "platform": platform.platform()},
    }
