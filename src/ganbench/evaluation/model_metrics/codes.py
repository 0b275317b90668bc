"""Score the codes that a model reads from real items: against the classes, and where they are known, the factors."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

import torch
from torch import Tensor

from ganbench.config.spec import parameters
from ganbench.data.base import Dataset
from ganbench.errors import UserError
from ganbench.inference.model import Model
from ganbench.metrics.record import versions
from ganbench.metrics.representation.cluster_agreement import (
    binned,
    majority_accuracy,
    matched_accuracy,
    normalised_mutual_information,
    told_share,
)
from ganbench.metrics.score import Score
from ganbench.runs.run import Run
from ganbench.utils.batched import evaluating

_CHUNK = 500
OF_CODES = "codes"  # a score of what a model reads from real items, not of its samples


def read_items(run: Run, against: str | None, reference: Dataset, trusted: Collection[str] = ()) -> Dataset:
    """Return the items whose codes are read: the test split of the run's data where there is one, or what was named."""
    data = run.recipe(trusted).data
    if against is not None or "split" not in parameters(data.target):
        return reference
    made: Dataset = data.replace(split="test")()
    return made


def code_scores(model: Model, items: Dataset) -> list[Score]:
    """Score the codes that the model reads from all items of a set; networks are in eval mode meanwhile.

    ``codes`` is the cluster accuracy of the first categorical code: each of its values stands for the class that is
    commonest there. The details have the accuracy with one class for each value, the normalised mutual information,
    and, where the set knows the factors of its items, how much of each factor's entropy each code tells (continuous
    numbers in 10 quantile bins).

    Raises:
        UserError: the model reads no codes, or the set has no classes.
    """
    codes, infer = getattr(model.latent, "codes", None), getattr(model.algorithm, "infer", None)
    if codes is None or infer is None or not codes.categorical:
        raise UserError(
            "'codes' needs a model that reads categorical codes from samples, such as infogan-mnist"
        )
    if not items.info.classes:
        raise UserError(f"'codes' needs items with classes, and '{items.info.name}' has none")
    if items.info.shape != model.info.shape:
        raise UserError(
            f"the items of '{items.info.name}' have shape {list(items.info.shape)}, "
            f"those of the model {list(model.info.shape)}"
        )
    everything = torch.arange(items.info.size)
    belief, labels = _belief(model, items, everything), items.labels(everything)
    assert labels is not None, "a set with classes has labels"
    found = dict(_read(codes, belief))
    clusters = next(iter(found.values()))
    details: dict[str, Any] = {"nmi": normalised_mutual_information(clusters, labels)}
    if len(items.info.classes) <= 12:
        details["accuracy_one_to_one"] = matched_accuracy(clusters, labels)
    factors = getattr(items, "factors", None)
    if factors is not None:
        details["told"] = {
            code: {
                name: told_share(binned(values), binned(known)) for name, known in factors(everything).items()
            }
            for code, values in found.items()
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
def _belief(model: Model, items: Dataset, everything: Tensor) -> Tensor:
    def parts() -> Iterator[Tensor]:
        for index in torch.split(everything, _CHUNK):
            seen = model.info.from_data(items.items(index)).to(model.device)
            yield model.algorithm.infer(model.networks, seen).cpu()  # type: ignore[operator]

    with evaluating(model.networks):
        return torch.cat(list(parts()))


def _read(codes: Any, belief: Tensor) -> Iterator[tuple[str, Tensor]]:
    """Yield each code's name and what it is believed to be: the likeliest value, or the mean."""
    for number, logits in enumerate(codes.categories(belief)):
        yield f"categorical-{number + 1}", logits.argmax(1)
    start = sum(codes.categorical)
    for number in range(codes.continuous):
        yield f"continuous-{number + 1}", belief[:, start + number]
