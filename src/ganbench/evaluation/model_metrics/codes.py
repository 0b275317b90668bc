"""Score the codes that a model infers from real items, against their classes and known factors."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

import torch
from torch import Tensor

from ganbench.algorithms.capabilities import InfersCodes
from ganbench.config.spec import parameters
from ganbench.data.base import Dataset
from ganbench.errors import UserError
from ganbench.inference.model import Model
from ganbench.metrics.record import versions
from ganbench.metrics.representation.cluster_agreement import (
    cluster_accuracy,
    majority_accuracy,
    normalised_mutual_information,
    quantile_bins,
    uncertainty_coefficient,
)
from ganbench.metrics.score import Score
from ganbench.runs.run import Run
from ganbench.utils.batched import eval_mode

_BATCH_SIZE = 500


def items_to_encode(
    run: Run, against: str | None, reference: Dataset, trusted: Collection[str] = ()
) -> Dataset:
    """Return the items to infer codes from: the named ``reference``, else the test split of the run's data."""
    data = run.recipe(trusted).data
    if against is not None or "split" not in parameters(data.target):
        return reference
    items: Dataset = data.replace(split="test")()
    return items


def code_scores(model: Model, items: Dataset) -> list[Score]:
    """Score the codes that a model infers from all items of a data set, with the networks in eval mode.

    ``codes`` is the cluster accuracy of the first categorical code: each value of the code predicts the class that is
    most frequent among its items. The details hold the accuracy of the best one-to-one assignment of values to
    classes, the normalised mutual information, and, where the data set knows the factors of its items, the share of
    each factor's entropy that each code explains (continuous values in 10 quantile bins).

    Raises:
        UserError: the model infers no codes, or the data set has no classes.
    """
    codes, algorithm = getattr(model.latent, "codes", None), model.algorithm
    if codes is None or not codes.categorical or not isinstance(algorithm, InfersCodes):
        raise UserError(
            "'codes' needs a model that infers categorical codes from samples, such as infogan-mnist"
        )
    if not items.info.classes:
        raise UserError(f"'codes' needs items with classes, and '{items.info.name}' has none")
    if items.info.shape != model.info.shape:
        raise UserError(
            f"the items of '{items.info.name}' have shape {list(items.info.shape)}, "
            f"those of the model {list(model.info.shape)}"
        )
    index = torch.arange(items.info.size)
    predictions, labels = _predictions(model, algorithm, items, index), items.labels(index)
    assert labels is not None, "a data set with classes has labels"
    code_values = dict(_code_values(codes, predictions))
    clusters = next(iter(code_values.values()))
    details: dict[str, Any] = {"nmi": normalised_mutual_information(clusters, labels)}
    if len(items.info.classes) <= 12:
        details["accuracy_one_to_one"] = cluster_accuracy(clusters, labels)
    factors = getattr(items, "factors", None)
    if factors is not None:
        details["told"] = {
            code: {
                name: uncertainty_coefficient(quantile_bins(values), quantile_bins(factor))
                for name, factor in factors(index).items()
            }
            for code, values in code_values.items()
        }
    info = items.info
    measured: dict[str, Any] = {
        "items": {"name": info.name, "split": info.split, "fingerprint": info.fingerprint},
        "samples": info.size,
        "mapping": "each value of the code to its commonest class, on the same items",
        "generator": {"step": model.step},
        "versions": versions("torch"),
    }
    accuracy = majority_accuracy(clusters, labels)
    return [Score(name="codes", value=accuracy, better="higher", details=details, measured=measured)]


@torch.no_grad()
def _predictions(model: Model, algorithm: InfersCodes, items: Dataset, index: Tensor) -> Tensor:
    def batches() -> Iterator[Tensor]:
        for batch in torch.split(index, _BATCH_SIZE):
            x = model.info.from_data(items.items(batch)).to(model.device)
            yield algorithm.infer(model.networks, x).cpu()

    with eval_mode(model.networks):
        return torch.cat(list(batches()))


def _code_values(codes: Any, predictions: Tensor) -> Iterator[tuple[str, Tensor]]:
    """Yield each code's name and its predicted values: the most likely category, or the mean."""
    for number, logits in enumerate(codes.split_categorical(predictions)):
        yield f"categorical-{number + 1}", logits.argmax(1)
    start = sum(codes.categorical)
    for number in range(codes.continuous):
        yield f"continuous-{number + 1}", predictions[:, start + number]
