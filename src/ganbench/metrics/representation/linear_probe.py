"""The linear probe: how well one layer on frozen features tells the classes of real pictures.

Alain and Bengio, "Understanding Intermediate Layers Using Linear Classifier Probes" (2016), arXiv:1610.01644.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import torch
from torch import Tensor
from torch.nn import functional

from ganbench.metrics.extractors.base import score_name
from ganbench.metrics.representation.feature_quality import FeatureQuality, Labelled
from ganbench.metrics.score import JSON

if TYPE_CHECKING:
    from ganbench.data.base import Dataset


@dataclass(frozen=True)
class LinearProbe(FeatureQuality):
    """``probe[<features>]``: the accuracy of logistic regression on features, each scaled to deviation 1.

    The cross-entropy of the logits plus ``decay / 2`` times the squared weights is convex, so there is one best
    probe, and no seed or rate: L-BFGS goes ``rounds`` steps towards it.
    """

    decay: float = 1e-3
    rounds: int = 100

    @property
    def name(self) -> str:
        """The features are in the name."""
        return score_name("probe", self.features)

    @property
    def settings(self) -> Mapping[str, JSON]:
        """What decides the score beside the features."""
        return {
            "decay": self.decay,
            "rounds": self.rounds,
            "scaled": "mean 0, deviation 1 of the training set",
        }

    def with_held_out(self, held_out: Dataset) -> LinearProbe:
        """Return the same metric with these pictures."""
        return replace(self, held_out=held_out)

    def accuracy(self, of: Labelled) -> tuple[float, dict[str, JSON]]:
        """Return the accuracy on the test features; that on the features it learnt from is in the details."""
        found = probed(of, self.decay, self.rounds)
        return found.accuracy, {"train_accuracy": found.train_accuracy}


@dataclass(frozen=True)
class Probed:
    """The best probe's accuracy on test features and on those it learnt from.

    ``cross_entropy`` is that of the test features in nats, each time the probe was tried on its way to the best.
    """

    accuracy: float
    train_accuracy: float
    cross_entropy: tuple[float, ...]


def probed(of: Labelled, decay: float = 1e-3, rounds: int = 100) -> Probed:
    """Return how well the best probe tells the classes."""
    deviation, mean = torch.std_mean(of.train, 0, correction=0)
    scale = torch.where(deviation > 0, deviation, 1.0)
    train = (of.train - mean) / scale
    test, curve = (of.test - mean) / scale, []

    def watch(weight: Tensor, bias: Tensor) -> None:
        curve.append(float(functional.cross_entropy(test @ weight + bias, of.test_labels)))

    weight, bias = fit(train, of.train_labels, of.classes, decay, rounds, watch)
    learnt = _share(train @ weight + bias, of.train_labels)
    return Probed(_share(test @ weight + bias, of.test_labels), learnt, tuple(curve))


@torch.enable_grad()
def fit(
    rows: Tensor,
    labels: Tensor,
    classes: int,
    decay: float,
    rounds: int,
    watch: Callable[[Tensor, Tensor], None] = lambda weight, bias: None,
) -> tuple[Tensor, Tensor]:
    """Return weight ``[D, classes]`` and bias ``[classes]`` of labels ``[N]`` regressed on rows ``[N, D]``.

    ``watch`` is called with both each time they are tried.
    """
    weight = torch.zeros(rows.shape[1], classes, dtype=rows.dtype, requires_grad=True)
    bias = torch.zeros(classes, dtype=rows.dtype, requires_grad=True)
    optimizer = torch.optim.LBFGS(
        [weight, bias],
        max_iter=rounds,
        tolerance_grad=1e-6,
        tolerance_change=1e-10,
        line_search_fn="strong_wolfe",
    )

    def loss() -> Tensor:
        optimizer.zero_grad()
        watch(weight.detach(), bias.detach())
        value = functional.cross_entropy(rows @ weight + bias, labels) + decay / 2 * weight.square().sum()
        value.backward()  # type: ignore[no-untyped-call]
        return value

    optimizer.step(loss)  # type: ignore[no-untyped-call]
    return weight.detach(), bias.detach()


def _share(logits: Tensor, labels: Tensor) -> float:
    return float((logits.argmax(1) == labels).double().mean())
