"""What is to be measured of samples, by names or by a protocol, and the measuring."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from torch import Tensor

from ganbench.data.base import Dataset
from ganbench.errors import UserError
from ganbench.metrics.base import Metric, Score
from ganbench.metrics.chunk import Labelled
from ganbench.metrics.labels import require_labels
from ganbench.metrics.measure import measure, require_kind, require_samples
from ganbench.metrics.pictures import USUAL
from ganbench.metrics.protocols.base import EvaluationProtocol
from ganbench.metrics.registry import DEFAULT_FOR_NUMBERS, default_metric, metrics_named
from ganbench.metrics.supplies import NeedsHeldOut

FEATURES = "efficientnet-lite0"


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What is to be measured: a protocol, or metrics by name with their features and the number of samples."""

    metrics: Sequence[str] = ()
    features: str = FEATURES
    n: int | None = None
    trusted: Collection[str] = ()
    allow_rank_deficient: bool = False
    protocol: EvaluationProtocol | None = None
    held_out: str | None = None

    def chosen(self, reference: Dataset, *, labelled: bool) -> list[Metric]:
        """Make the metrics, which share one feature network. Raises UserError if there are no such ones.

        ``labelled`` says that samples come with labels: a protocol may then measure more.
        """
        if self.protocol is not None:
            return list(self.protocol.chosen(labelled=labelled))
        return metrics_named(
            self.metrics or usual_metrics(reference),
            self.features,
            trusted=self.trusted,
            shape=reference.info.shape,
            allow_rank_deficient=self.allow_rank_deficient,
        )

    def count(self, chosen: Sequence[Metric]) -> int:
        """Return the number of samples: as asked, else as many as usual; none if no metric looks at samples."""
        if self.protocol is not None:
            return self.protocol.samples
        if not any(getattr(metric, "uses_samples", True) for metric in chosen):
            return 0
        return self.n or max(metric.usual for metric in chosen)

    def measure(
        self,
        chosen: Sequence[Metric],
        samples: Callable[[], Iterator[Tensor | Labelled]],
        count: int,
        whole: Dataset,
        record: Mapping[str, Any],
        *,
        labels: Tensor | None,
    ) -> list[Score]:
        """Score ``count`` samples with these labels ``[count]``, if they have some.

        ``record`` is what is to be told of them. Raises UserError if they do not fit.
        """
        reference = whole if self.protocol is None else self.protocol.reference(whole)
        self.require(chosen, count, reference, labels=labels)
        scores = [
            replace(score, measured=_with_warning({**score.measured, **record}, count, reference))
            for score in measure(chosen, samples(), reference, expected=count)
        ]
        return scores if self.protocol is None else [self.protocol.named(score) for score in scores]

    def require(
        self, chosen: Sequence[Metric], count: int, reference: Dataset, *, labels: Tensor | None
    ) -> None:
        """Raise UserError if ``count`` samples with these labels could not be measured; ask before making them."""
        for metric in chosen:
            require_kind(metric, reference.info)
            require_samples(metric, count)
            require_labels(metric, labels, reference.info)


def supplied(metrics: Sequence[Metric], held_out: Callable[[], Dataset] | None) -> list[Metric]:
    """Give held-out items to the metrics that need them; they are made at most once."""
    if held_out is None or not any(isinstance(metric, NeedsHeldOut) for metric in metrics):
        return list(metrics)
    items = held_out()
    return [m.with_held_out(items) if isinstance(m, NeedsHeldOut) else m for m in metrics]


def _with_warning(measured: dict[str, Any], count: int, reference: Dataset) -> dict[str, Any]:
    if reference.info.kind == "image" and 0 < count < USUAL:
        few = f"measured on {count:,} samples: below {USUAL:,} chance and bias are large"
        measured.setdefault("warning", f"{few}; compare only at equal counts")
    return measured


def usual_metrics(reference: Dataset) -> list[str]:
    """Return the names of what such data are scored by. Raises UserError if there is nothing yet."""
    if reference.info.shape == (1,):
        return list(DEFAULT_FOR_NUMBERS)
    usual = default_metric(
        reference.info.kind, modes=hasattr(reference, "modes"), stacked=hasattr(reference, "stacked")
    )
    if usual is None:
        raise UserError(f"there is no metric yet for data such as {reference.info.name}")
    return [usual]
