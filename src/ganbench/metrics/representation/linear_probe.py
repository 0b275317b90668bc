"""The linear probe: how accurately one linear layer on frozen features predicts the classes of real images.

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
from ganbench.metrics.representation.feature_quality import FeatureQuality, LabelledFeatures
from ganbench.metrics.score import JSON

if TYPE_CHECKING:
    from ganbench.data.base import Dataset


@dataclass(frozen=True)
class LinearProbe(FeatureQuality):
    """``probe[<features>]``: the accuracy of logistic regression on features, each scaled to standard deviation 1.

    The loss, the cross-entropy plus ``weight_decay / 2`` times the squared weights, is convex. So the best probe is
    unique and depends on no seed or learning rate; L-BFGS takes ``iterations`` steps towards it.
    """

    weight_decay: float = 1e-3
    iterations: int = 100

    @property
    def name(self) -> str:
        """The metric and its features."""
        return score_name("probe", self.features)

    @property
    def settings(self) -> Mapping[str, JSON]:
        """The settings of the metric, for the record of a score."""
        return {
            "decay": self.weight_decay,
            "rounds": self.iterations,
            "scaled": "mean 0, deviation 1 of the training set",
        }

    def with_held_out(self, held_out: Dataset) -> LinearProbe:
        """Return a copy of the metric with these images."""
        return replace(self, held_out=held_out)

    def accuracy(self, data: LabelledFeatures) -> tuple[float, dict[str, JSON]]:
        """Return the test accuracy; the training accuracy is in the details."""
        result = run_linear_probe(data, self.weight_decay, self.iterations)
        return result.accuracy, {"train_accuracy": result.train_accuracy}


@dataclass(frozen=True)
class ProbeResult:
    """The result of a linear probe.

    Attributes:
        accuracy: The test accuracy.
        train_accuracy: The training accuracy.
        cross_entropy: The test cross-entropy in nats at each evaluation of the optimizer.
    """

    accuracy: float
    train_accuracy: float
    cross_entropy: tuple[float, ...]


def run_linear_probe(
    data: LabelledFeatures, weight_decay: float = 1e-3, iterations: int = 100
) -> ProbeResult:
    """Fit a linear probe and return its accuracies."""
    std, mean = torch.std_mean(data.train, 0, correction=0)
    scale = torch.where(std > 0, std, 1.0)
    train, test = (data.train - mean) / scale, (data.test - mean) / scale
    cross_entropies = list[float]()

    def record_cross_entropy(weight: Tensor, bias: Tensor) -> None:
        cross_entropies.append(float(functional.cross_entropy(test @ weight + bias, data.test_labels)))

    weight, bias = fit_logistic_regression(
        train, data.train_labels, data.classes, weight_decay, iterations, record_cross_entropy
    )
    return ProbeResult(
        accuracy=_accuracy(test @ weight + bias, data.test_labels),
        train_accuracy=_accuracy(train @ weight + bias, data.train_labels),
        cross_entropy=tuple(cross_entropies),
    )


@torch.enable_grad()
def fit_logistic_regression(
    features: Tensor,
    labels: Tensor,
    classes: int,
    weight_decay: float,
    iterations: int,
    callback: Callable[[Tensor, Tensor], None] = lambda weight, bias: None,
) -> tuple[Tensor, Tensor]:
    """Return the weight ``[D, classes]`` and bias ``[classes]`` of a multinomial logistic regression.

    Args:
        features: ``[N, D]``.
        labels: int64 ``[N]``.
        classes: The number of classes.
        weight_decay: Twice the coefficient of the squared weights.
        iterations: The largest number of L-BFGS steps.
        callback: Receives weight and bias at each evaluation of the loss.
    """
    weight = torch.zeros(features.shape[1], classes, dtype=features.dtype, requires_grad=True)
    bias = torch.zeros(classes, dtype=features.dtype, requires_grad=True)
    optimizer = torch.optim.LBFGS(
        [weight, bias],
        max_iter=iterations,
        tolerance_grad=1e-6,
        tolerance_change=1e-10,
        line_search_fn="strong_wolfe",
    )

    def closure() -> Tensor:
        optimizer.zero_grad()
        callback(weight.detach(), bias.detach())
        cross_entropy = functional.cross_entropy(features @ weight + bias, labels)
        loss = cross_entropy + weight_decay / 2 * weight.square().sum()
        loss.backward()  # type: ignore[no-untyped-call]
        return loss

    optimizer.step(closure)  # type: ignore[no-untyped-call]
    return weight.detach(), bias.detach()


def _accuracy(logits: Tensor, labels: Tensor) -> float:
    return float((logits.argmax(1) == labels).double().mean())
