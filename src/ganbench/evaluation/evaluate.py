"""Score a run, a data set or own pictures against another of these, and write down how it was measured."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from ganbench.config.spec import parameters
from ganbench.data.base import Dataset
from ganbench.data.held_out import held_out_of
from ganbench.errors import UserError
from ganbench.evaluation import sample_sources as origin
from ganbench.evaluation.inputs import as_run, data_of, dataset_like, is_folder, spec_like
from ganbench.evaluation.model_metrics.registry import OF_MODEL, ModelEvaluation
from ganbench.evaluation.result_files import _keep, _which
from ganbench.evaluation.sample_sources import SIZE, generated_by
from ganbench.evaluation.scoring import (
    CHUNK,
    FEATURES,
    EvaluationRequest,
    HeldOut,
    attach_held_out,
    scores_of,
)
from ganbench.inference.model import Weights, load
from ganbench.metrics.protocols.base import EvaluationProtocol
from ganbench.metrics.protocols.registry import protocol_named
from ganbench.metrics.sample_batch import Labelled
from ganbench.metrics.score import Score
from ganbench.runs.run import Run
from ganbench.utils.malloc import keep_pages


def evaluate(
    source: str | Path | Run,
    *,
    against: str | None = None,
    metrics: Sequence[str] = (),
    features: str | None = None,
    n: int | None = None,
    step: int | str | None = None,
    seed: int = 1,
    trusted: Collection[str] = (),
    protocol: str | EvaluationProtocol | None = None,
    split: str | None = None,
    weights: Weights = "averaged",
    allow_rank_deficient: bool = False,
    held_out: str | None = None,
) -> list[Score]:
    """Score a run (or a folder, an archive or a data set of pictures) and return the scores.

    ``against`` is a run, a folder, an archive or a data set's name, and ``split`` a split of the last; a run's
    default is the data it was trained on. ``n`` is the number of samples (default: the metric's own). ``step`` is
    a number, ``"best"``, or ``"both"`` for the best and the last. ``protocol`` fixes metrics, features, the number
    of samples and the split. ``held_out``, named as ``against`` is, is what metrics take that need other real
    pictures; the default is the reference's other split. A run's scores and their pictures are also written to
    ``eval/``. What a model makes of real items is scored by the metrics of ``OF_MODEL``.

    Raises:
        UserError: there is nothing to score, or the metric cannot judge it.
    """
    keep_pages()
    named = protocol_named(protocol) if isinstance(protocol, str) else protocol
    if named is not None and (metrics or features or n or split or allow_rank_deficient):
        raise UserError(
            f"protocol '{named.name}' fixes metrics, features, the number of samples and the split; leave them out"
        )
    asked = EvaluationRequest(
        metrics=[name for name in metrics if name not in OF_MODEL],
        features=features or FEATURES,
        n=n,
        trusted=trusted,
        allow_rank_deficient=allow_rank_deficient,
        protocol=named,
        held_out=held_out,
    )
    run = as_run(source)
    if run is None:
        return _evaluate_items(str(source), against, split, asked)
    if against is None:
        reference = data_of(run, run.recipe(trusted), _split(split, asked), strict=named is None)
    else:
        reference = _reference(against, run.info.shape, split, asked)
    scores: list[Score] = []
    for number in _steps(run, step):
        model = load(run, number, trusted, weights=weights)
        about, others = _which(run, model.step, seed), _held_out(asked, run, against, reference)
        reading = ModelEvaluation(run, model, reference, against, others, trusted)
        own = [s for name, read in OF_MODEL.items() if name in metrics for s in read(reading)]
        if asked.metrics or not own:
            own += scores_of(model, reference, asked, seed, which=about, held_out=others)
        _keep(run, own, model, seed, reference, against, held_out)
        scores += own
    return scores


def _steps(run: Run, step: int | str | None) -> list[int | str | None]:
    """Return the steps to score, each once: for "both" the best and then the last, which may be one and the same."""
    if step != "both":
        return [step]
    best, whole = run.best_step(), [int(path.name[5:]) for path in run.whole_checkpoints()]
    if best is None or not whole:
        raise UserError(
            f"{run.path} has no best checkpoint: schedule.evaluate_every has it scored on the way"
        )
    return [best] if best == whole[0] else [best, whole[0]]


def _evaluate_items(
    source: str, against: str | None, split: str | None, asked: EvaluationRequest
) -> list[Score]:
    """Score real items: a data set by name, a folder or an archive, taken in a fixed shuffled order."""
    if against is None:
        raise UserError(f"'{source}' is not a run, so --against must say what to compare it with")
    items, reference, read_as = _pair(source, against, split, asked)
    labelled = bool(items.info.classes) and items.info.classes == reference.info.classes
    chosen = attach_held_out(
        asked.chosen(reference, labelled=labelled), _held_out(asked, None, against, reference)
    )
    count = min(asked.count(chosen), items.info.size)
    if asked.protocol is not None and count < asked.protocol.samples:
        raise UserError(
            f"protocol '{asked.protocol.name}' takes {asked.protocol.samples:,} samples, and '{items.info.name}' "
            f"has {count:,}"
        )
    order = torch.randperm(items.info.size, generator=torch.Generator().manual_seed(0))[:count]
    labels = items.labels(order) if labelled else None

    def samples() -> Iterator[Tensor | Labelled]:
        for places in torch.split(torch.arange(count), CHUNK):
            found = items.items(order[places])
            yield found if labels is None else Labelled(found, labels[places])

    record = origin.of_items(items, labelled, read_as)
    return asked.measure(chosen, samples, count, reference, record, labels=labels)


def _pair(
    source: str, against: str, split: str | None, asked: EvaluationRequest
) -> tuple[Dataset, Dataset, dict[str, Any]]:
    """Make both sides; whichever is a folder is read at the size of the other."""
    if is_folder(against) and not is_folder(source):
        items, read_as = dataset_like(source, None)
        return items, _reference(against, items.info.shape, split, asked), read_as
    reference = _reference(against, None, split, asked)
    items, read_as = dataset_like(source, reference.info.shape)
    return items, reference, read_as


def _reference(
    against: str, shape: tuple[int, ...] | None, split: str | None, asked: EvaluationRequest
) -> Dataset:
    run = as_run(against)
    if run is None:
        return dataset_like(against, shape, _split(split, asked), strict=asked.protocol is None)[0]
    if split is not None or asked.protocol is not None:
        why = (
            f"protocol '{asked.protocol.name}' compares with real pictures"
            if asked.protocol
            else "it has no splits"
        )
        raise UserError(f"{against} is a run, and {why}; name a data set, a folder or an archive")
    return generated_by(run, load(run, None, asked.trusted), asked.n or SIZE)


def _held_out(
    asked: EvaluationRequest, run: Run | None, against: str | None, reference: Dataset
) -> HeldOut | None:
    """Return what makes the held-out items: those named, else the other split of the reference; None without."""
    shape = reference.info.shape
    if asked.held_out is not None:
        return spec_like(asked.held_out, shape)[0]
    if against is None:
        data = None if run is None else run.recipe(asked.trusted).data
    else:
        data = None if as_run(against) else spec_like(against, shape)[0]
    if data is None or "split" not in parameters(data.target):
        return None
    return held_out_of(data.replace(split=reference.info.split))


def _split(split: str | None, asked: EvaluationRequest) -> str | None:
    return split if asked.protocol is None else asked.protocol.split
