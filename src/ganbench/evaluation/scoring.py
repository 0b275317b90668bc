"""Score samples against a reference data set with the requested metrics."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any

from torch import Tensor

from ganbench.data.base import Dataset
from ganbench.errors import UserError
from ganbench.evaluation.sample_sources import ModelSamples, SampleSource, labelled_batches
from ganbench.inference.model import Model, Purpose
from ganbench.metrics.base import Metric
from ganbench.metrics.image_metric import DEFAULT_SAMPLES
from ganbench.metrics.labels import require_labels
from ganbench.metrics.measure import measure, require_kind, require_samples
from ganbench.metrics.protocols.base import EvaluationProtocol
from ganbench.metrics.registry import ONE_DIMENSIONAL_METRICS, create_metrics, default_metric
from ganbench.metrics.requirements import NeedsGenerator, NeedsHeldOut, SampleFreeMetric
from ganbench.metrics.sample_batch import RowMap, map_alone
from ganbench.metrics.score import Score
from ganbench.utils.float32 import float32_default
from ganbench.utils.progress import print_note

DEFAULT_FEATURES = "efficientnet-lite0"

HeldOut = Callable[[], Dataset]
"""A function that loads the real items that were held out of training."""


@dataclass(frozen=True, kw_only=True)
class EvaluationRequest:
    """What to measure.

    Attributes:
        metrics: Names of metrics, or ``Metric`` classes or instances; empty for the default of the data.
        features: The feature extractor.
        n: The number of samples; None for the largest default of the metrics.
        trusted: Names of Python modules outside ganbench whose code may be run.
        allow_rank_deficient: Whether to accept fewer samples than feature dimensions.
        protocol: A published protocol. It fixes the reference's split and all of the above except ``trusted``.
        map_rows: Computes the samples' features row by row. The processes of a run may share them; then all of them
            have to score the same samples together.
    """

    metrics: Sequence[str | Metric | type[Metric]] = ()
    features: str = DEFAULT_FEATURES
    n: int | None = None
    trusted: Collection[str] = ()
    allow_rank_deficient: bool = False
    protocol: EvaluationProtocol | None = None
    map_rows: RowMap = map_alone


@dataclass(frozen=True)
class _Plan:
    """The metrics, complete with held-out items and generator; the number of samples and their labels ``[count]``."""

    metrics: list[Metric]
    count: int
    labels: Tensor | None


@float32_default()
def score(
    samples: SampleSource,
    reference: Dataset,
    request: EvaluationRequest,
    held_out: HeldOut | None = None,
) -> list[Score]:
    """Score samples against a reference data set.

    The samples' labels are used if samples and reference have the same classes.

    Args:
        samples: The samples.
        reference: The real items, or another model's samples as a data set.
        request: What to measure.
        held_out: Loads the held-out items; called only if a metric needs them.

    Raises:
        UserError: the samples, the reference and the metrics do not fit together.
    """
    plan = _plan(samples, reference, request, held_out)
    _require_samples_of_a_model(samples, plan)
    _require_measurable(plan, reference)
    batches = samples.batches(plan.count)
    labelled = batches if plan.labels is None else labelled_batches(batches, plan.labels)
    record = samples.record(plan.count, labelled=plan.labels is not None)
    scores = [
        replace(s, measured=_with_warning({**s.measured, **record}, plan.count, reference))
        for s in measure(plan.metrics, labelled, reference, expected=plan.count, map_rows=request.map_rows)
    ]
    return scores if request.protocol is None else [request.protocol.tag_score(s) for s in scores]


def score_model(
    model: Model,
    reference: Dataset,
    *,
    metrics: Sequence[str | Metric | type[Metric]] = (),
    features: str = DEFAULT_FEATURES,
    n: int | None = None,
    seed: int = 1,
    trusted: Collection[str] = (),
    purpose: Purpose = "sample",
) -> list[Score]:
    """Score a model's samples against a data set; see :func:`score`.

    The samples of a conditional model cycle through its classes. Each purpose has its own random stream, so samples
    for "selection" (of the best checkpoint) differ from those of final scores, even for the same seed.
    """
    request = EvaluationRequest(metrics=metrics, features=features, n=n, trusted=trusted)
    return score(ModelSamples(model, seed, purpose), reference, request)


def require_scorable(
    model: Model, reference: Dataset, request: EvaluationRequest, held_out: HeldOut | None = None
) -> list[Metric]:
    """Check before training that a model can be scored, and return the metrics.

    The model may still lack its networks. The call also fills the metrics' caches on disk, such as reference
    statistics or a trained classifier.

    Raises:
        UserError: the model, the reference and the metrics do not fit together.
    """
    plan = _plan(ModelSamples(model), reference, request, held_out)
    _require_measurable(plan, reference)
    for metric in plan.metrics:
        metric.begin(reference)  # raises an error if the reference does not fit
    return plan.metrics


def default_metrics(reference: Dataset) -> list[str]:
    """Return the names of the default metrics for a data set. Raises UserError if there are none."""
    if reference.info.shape == (1,):
        return list(ONE_DIMENSIONAL_METRICS)
    modes = hasattr(reference, "modes")  # point sets with known modes have this attribute
    stacked = hasattr(reference, "base_name")  # and stacked MNIST has this one
    name = default_metric(reference.info.kind, modes=modes, stacked=stacked)
    if name is None:
        raise UserError(f"there is no metric yet for data such as {reference.info.name}")
    return [name]


def fitting_metrics(
    reference: Dataset, request: EvaluationRequest, size: int | None = None
) -> tuple[list[str], str]:
    """Return the default metrics that the number of images allows, and a sentence if they are not the usual ones.

    Images too few for the Fréchet distance are scored by the kernel distance.

    Args:
        reference: The real items.
        request: The features and where they may come from.
        size: The number of samples; None if there are as many as a metric asks for.

    Raises:
        UserError: there is no metric for such data, or there are too few images for any.
    """
    names = default_metrics(reference)
    count = min(reference.info.size, reference.info.size if size is None else size)
    if names != ["fd"] or request.allow_rank_deficient:
        return names, ""
    usual, other = create_metrics(
        ["fd", "kd"], request.features, trusted=request.trusted, shape=reference.info.shape
    )
    if count >= usual.min_samples:
        return names, ""
    if count < other.min_samples:
        raise UserError(
            f"{count:,} images are too few for a score: {other.name} needs {other.min_samples:,} and {usual.name} "
            f"{usual.min_samples:,}"
        )
    return ["kd"], (
        f"only {count:,} images: scored by the kernel distance (kd), since {usual.name} needs {usual.min_samples:,}"
    )


def _plan(
    samples: SampleSource, reference: Dataset, request: EvaluationRequest, held_out: HeldOut | None
) -> _Plan:
    """Build the metrics; choose the number of samples, at most ``samples.size``, and get their labels."""
    labelled = bool(samples.classes) and samples.classes == reference.info.classes
    metrics = _attach_generator(
        _attach_held_out(_build_metrics(request, reference, labelled, samples.size), held_out),
        samples,
        request.n,
    )
    count = _sample_count(metrics, request)
    if samples.size is not None:
        if request.protocol is not None and samples.size < count:
            raise UserError(
                f"protocol '{request.protocol.name}' takes {count:,} samples, and "
                f"'{samples.record(count, labelled=labelled)['items']['name']}' has {samples.size:,}"
            )
        count = min(count, samples.size)
    return _Plan(metrics, count, samples.labels(count) if labelled else None)


def _build_metrics(
    request: EvaluationRequest, reference: Dataset, labelled: bool, size: int | None
) -> list[Metric]:
    """Build the metrics with one shared feature extractor; some protocols add metrics for labelled samples."""
    if request.protocol is not None:
        return list(request.protocol.build_metrics(labelled=labelled))
    names = request.metrics
    if not names:
        names, note = fitting_metrics(reference, request, size)
        if note:
            print_note(note)
    return create_metrics(
        names,
        request.features,
        trusted=request.trusted,
        shape=reference.info.shape,
        allow_rank_deficient=request.allow_rank_deficient,
    )


def _attach_held_out(metrics: Sequence[Metric], held_out: HeldOut | None) -> list[Metric]:
    """Give the held-out items to the metrics that need them, loading them at most once."""
    if held_out is None or not any(isinstance(metric, NeedsHeldOut) for metric in metrics):
        return list(metrics)
    items = held_out()
    return [m.with_held_out(items) if isinstance(m, NeedsHeldOut) else m for m in metrics]


def _attach_generator(metrics: Sequence[Metric], samples: SampleSource, n: int | None) -> list[Metric]:
    """Give the generator to the metrics that need it, if the samples are a model's."""
    if not isinstance(samples, ModelSamples):
        return list(metrics)
    return [
        m.with_generator(samples, n, samples.seed) if isinstance(m, NeedsGenerator) else m for m in metrics
    ]


def _sample_count(metrics: Sequence[Metric], request: EvaluationRequest) -> int:
    """Return the protocol's number of samples, the requested one, or the largest default; 0 if no metric uses any."""
    if request.protocol is not None:
        return request.protocol.samples
    if all(isinstance(metric, SampleFreeMetric) for metric in metrics):
        return 0
    return request.n or max(metric.default_samples for metric in metrics)


def _require_samples_of_a_model(samples: SampleSource, plan: _Plan) -> None:
    """Raise UserError if samples are needed of a model that makes none: before features are computed, in minutes."""
    if plan.count and isinstance(samples, ModelSamples) and not samples.model.generates:
        names = ", ".join(f"'{metric.name}'" for metric in plan.metrics)
        raise UserError(
            f"{type(samples.model.algorithm).__name__} generates no samples, which {names} needs; "
            "it only encodes items, which --metrics representation scores"
        )


def _require_measurable(plan: _Plan, reference: Dataset) -> None:
    for metric in plan.metrics:
        require_kind(metric, reference.info)
        require_samples(metric, plan.count)
        require_labels(metric, plan.labels, reference.info)


def _with_warning(measured: dict[str, Any], count: int, reference: Dataset) -> dict[str, Any]:
    if reference.info.kind == "image" and 0 < count < DEFAULT_SAMPLES:
        warning = f"measured on {count:,} samples: below {DEFAULT_SAMPLES:,} chance and bias are large"
        measured.setdefault("warning", f"{warning}; compare only at equal counts")
    return measured
