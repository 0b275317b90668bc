"""Evaluate a run or a set of real images: open the inputs, score the samples, write the results."""

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
from ganbench.evaluation.result_files import (
    UnsavedScoresError,
    check_results,
    checkpoint_record,
    write_results,
)
from ganbench.evaluation.sample_sources import ModelSamples
from ganbench.evaluation.scoring import DEFAULT_FEATURES, EvaluationRequest, score
from ganbench.inference.load import load
from ganbench.inference.model import Weights
from ganbench.metrics.base import Metric
from ganbench.metrics.protocols.base import EvaluationProtocol
from ganbench.metrics.protocols.registry import find_protocol
from ganbench.metrics.sample_batch import map_alone
from ganbench.metrics.score import Score
from ganbench.runs.run import Run
from ganbench.training.engine import Engine, select_device
from ganbench.utils.float32 import float32_default
from ganbench.utils.malloc import keep_pages
from ganbench.utils.whole_number import whole_number


@float32_default()
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
    device: str = "cpu",
    engine: Engine | None = None,
) -> list[Score]:
    """Score the samples of a trained run, or real items: images or points from a folder, an archive or a data set.

    A run's scores are also written to its ``eval/`` as JSON, with a PNG if a metric illustrates its score.

    Args:
        source: The run, folder, archive (``.npz``) or data set to score.
        against: The reference to compare with: a run, a folder, an archive or a data set. Required unless ``source``
            is a run, whose default is its training data.
        metrics: Names of metrics, or your own ``Metric`` classes or instances. The default depends on the data.
        features: The feature extractor; default "efficientnet-lite0".
        n: The number of samples; default the largest default of the metrics.
        step: The checkpoint: its training step, "best", or "both" for the best and the last. Default the newest.
        seed: The seed of the generated samples.
        trusted: Names of Python modules outside ganbench whose code the recipe and the metrics may run.
        protocol: A published protocol, which fixes metrics, features, number of samples and split.
        split: The split of the reference, such as "test".
        weights: "averaged" for the EMA weights where the run has them, or "live".
        allow_rank_deficient: Whether to accept fewer samples than feature dimensions.
        held_out: Real items that were held out of training: a folder, an archive or a data set. Default the other
            split of the reference.
        device: Where a run's networks compute: "cpu", "cuda", "mps", or "auto" for the first that there is. Feature
            networks always run on the CPU, so that features are the same everywhere.
        engine: The processes of torchrun that share the computation of features, all with the same arguments. The first
            one stores the scores. Default this process alone.

    Raises:
        UserError: an argument is wrong, an input cannot be read, a metric does not fit the data, or scores cannot be
            stored; if that is found only after the work, it is an ``UnsavedScoresError``, which has the ``scores``.

    Example:
        >>> import ganbench
        >>> (score,) = ganbench.evaluate("ring8", against="ring8", n=500)
        >>> score.name, score.value
        ('modes', 8.0)
    """
    keep_pages()  # faster memory allocation
    place = select_device(device)
    seed = whole_number(seed, "the seed")
    n = None if n is None else whole_number(n, "the number of samples", at_least=1)
    if protocol is not None and (metrics or features or n or split or allow_rank_deficient):
        name = protocol if isinstance(protocol, str) else protocol.name
        raise UserError(
            f"protocol '{name}' fixes metrics, features, the number of samples and the split; leave them out"
        )
    # Model metrics call the networks of a run; all others compare samples with the reference.
    run_metrics = {name: metric for name, metric in model_metrics(trusted).items() if name in metrics}
    request = EvaluationRequest(
        metrics=[name for name in metrics if name not in run_metrics],
        features=features or DEFAULT_FEATURES,
        n=n,
        trusted=trusted,
        allow_rank_deficient=allow_rank_deficient,
        protocol=find_protocol(protocol) if isinstance(protocol, str) else protocol,
        map_rows=map_alone if engine is None else engine.map_rows,
    )
    run = find_run(source)
    if run is None and run_metrics:
        raise UserError(
            f"metric '{next(iter(run_metrics))}' needs the networks of a run, and '{source}' is none; "
            "name a run folder, or leave this metric out"
        )
    if run is None and place.type != "cpu":
        raise UserError(f"'{source}' is no run, and only a run's networks use a device; leave '{device}' out")
    if run is None:
        items, reference = open_samples_and_reference(str(source), against, split, request)
        return score(items, reference, request, find_held_out(held_out, None, against, reference, request))
    check_results(run)
    if against is None:
        reference = open_training_data(run, split, request)
    else:
        reference = open_reference(against, run.info.shape, split, request)
    load_held_out = find_held_out(held_out, run, against, reference, request)
    scores: list[Score] = []
    for scored_step in _steps_to_score(run, step):
        model = load(run, scored_step, trusted, weights=weights)
        for module in (model.algorithm, model.networks):
            module.to(place)
        samples = ModelSamples(model, seed, checkpoint=checkpoint_record(run, model.step, seed))
        evaluation = ModelEvaluation(run, model, reference, against, load_held_out, trusted)
        step_scores = [s for metric in run_metrics.values() for s in metric(evaluation)]
        if request.metrics or not step_scores:  # no default metric if only model metrics are requested
            step_scores += score(samples, reference, request, load_held_out)
        scores += step_scores
        if engine is not None and not engine.is_main_process:
            continue
        try:
            write_results(run, step_scores, model, seed, reference, against=against, held_out=held_out)
        except OSError as error:
            reason = f"{error.filename or run.eval}: {error.strerror or error}"
            raise UnsavedScoresError(f"the scores are not stored: {reason}", scores) from error
    return scores


def _steps_to_score(run: Run, step: int | str | None) -> list[int | str | None]:
    """Return the steps to score: for "both" the best, then the last if that is another; else ``step`` itself."""
    if step != "both":
        return [step]
    best, checkpoints = run.best_step(), run.intact_checkpoints()
    if best is None or not checkpoints:
        raise UserError(
            f"{run.path} has no best checkpoint: schedule.evaluate_every must select one during training"
        )
    last = int(checkpoints[0].name.removeprefix("step-"))
    return [best] if best == last else [best, last]
