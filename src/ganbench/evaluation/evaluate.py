"""Evaluate a run or real images: open the inputs, draw samples, score them, write the results."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path

from ganbench.errors import UserError
from ganbench.evaluation.inputs import (
    find_held_out,
    find_run,
    open_reference,
    open_samples_and_reference,
    open_training_data,
)
from ganbench.evaluation.model_metrics.registry import ModelEvaluation, model_metrics
from ganbench.evaluation.result_files import checkpoint_record, write_results
from ganbench.evaluation.sample_sources import ModelSamples
from ganbench.evaluation.scoring import FEATURES, EvaluationRequest, score
from ganbench.inference.model import Weights, load
from ganbench.metrics.base import Metric
from ganbench.metrics.protocols.base import EvaluationProtocol
from ganbench.metrics.protocols.registry import find_protocol
from ganbench.metrics.score import Score
from ganbench.runs.run import Run
from ganbench.utils.malloc import keep_pages


def evaluate(
    source: str | Path | Run,
    *,
    against: str | None = None,
    metrics: Sequence[str | Metric | type[Metric]] = (),
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
    """Score a run, or a folder, an archive or a data set of real items.

    A run's scores and their galleries are also written to its ``eval/``.

    Args:
        source: What to score.
        against: The reference: a run, a folder, an archive or a data set. A run's default is its training data.
        metrics: Metrics by name, or metrics of your own themselves; the default suits the data.
        features: The feature extractor; default "efficientnet-lite0".
        n: The number of samples; default the metrics' own.
        step: The checkpoint: a number, "best", or "both" for the best and the last. Default the newest.
        seed: The seed of the samples.
        trusted: Names of the user's own modules that the recipe or the metrics use.
        protocol: A published protocol, which fixes metrics, features, number of samples and split.
        split: The split of the reference.
        weights: "averaged" for the EMA weights where the run has them, or "live".
        allow_rank_deficient: Whether to accept fewer samples than feature dimensions.
        held_out: Real items that were not trained on, named as ``against`` is. Default the reference's other split.

    Raises:
        UserError: there is nothing to score, or a metric cannot score it.

    Example:
        >>> import ganbench
        >>> (score,) = ganbench.evaluate("ring8", against="ring8", n=500)
        >>> score.name, score.value
        ('modes', 8.0)
    """
    keep_pages()
    if protocol is not None and (metrics or features or n or split or allow_rank_deficient):
        name = protocol if isinstance(protocol, str) else protocol.name
        raise UserError(
            f"protocol '{name}' fixes metrics, features, the number of samples and the split; leave them out"
        )
    of_model = {name: measure for name, measure in model_metrics(trusted).items() if name in metrics}
    request = EvaluationRequest(
        metrics=[name for name in metrics if name not in of_model],
        features=features or FEATURES,
        n=n,
        trusted=trusted,
        allow_rank_deficient=allow_rank_deficient,
        protocol=find_protocol(protocol) if isinstance(protocol, str) else protocol,
    )
    run = find_run(source)
    if run is None:
        items, reference = open_samples_and_reference(str(source), against, split, request)
        return score(items, reference, request, find_held_out(held_out, None, against, reference, request))
    if against is None:
        reference = open_training_data(run, split, request)
    else:
        reference = open_reference(against, run.info.shape, split, request)
    held_out_items = find_held_out(held_out, run, against, reference, request)
    scores: list[Score] = []
    for number in _steps(run, step):
        model = load(run, number, trusted, weights=weights)
        samples = ModelSamples(model, seed, checkpoint=checkpoint_record(run, model.step, seed))
        evaluation = ModelEvaluation(run, model, reference, against, held_out_items, trusted)
        step_scores = [s for measure in of_model.values() for s in measure(evaluation)]
        if request.metrics or not step_scores:
            step_scores += score(samples, reference, request, held_out_items)
        write_results(run, step_scores, model, seed, reference, against=against, held_out=held_out)
        scores += step_scores
    return scores


def _steps(run: Run, step: int | str | None) -> list[int | str | None]:
    """Return the steps to score; for "both" the best and then the last, or one step if they are the same."""
    if step != "both":
        return [step]
    best, whole = run.best_step(), [int(path.name[5:]) for path in run.intact_checkpoints()]
    if best is None or not whole:
        raise UserError(
            f"{run.path} has no best checkpoint: schedule.evaluate_every has it scored on the way"
        )
    return [best] if best == whole[0] else [best, whole[0]]
