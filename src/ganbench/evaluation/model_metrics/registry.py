"""The scores of what a model makes of real items, rather than of its samples; each by its name."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from ganbench.data.base import Dataset
from ganbench.errors import UserError
from ganbench.evaluation.model_metrics.codes import code_scores, read_items
from ganbench.evaluation.model_metrics.consistency import consistency_scores
from ganbench.evaluation.model_metrics.disentanglement import ROWS, disentanglement_scores, require_factors
from ganbench.evaluation.model_metrics.representation import representation_scores
from ganbench.evaluation.model_metrics.translation import translation_scores
from ganbench.inference.model import Model
from ganbench.inference.snapshots import untrained_model
from ganbench.inference.traversals import latent_traversals
from ganbench.metrics.disentanglement.factor_predictor import factor_predictor
from ganbench.metrics.score import Score
from ganbench.runs.run import Run


@dataclass(frozen=True)
class ModelEvaluation:
    """A model of a run and the items it is to read: the reference, and what makes those that were held out."""

    run: Run
    model: Model
    reference: Dataset
    against: str | None
    held_out: Callable[[], Dataset] | None
    trusted: Collection[str]

    def others(self, metric: str) -> Dataset:
        """Return the held-out items. Raises UserError if there are none."""
        if self.held_out is None:
            raise UserError(
                f"'{metric}' needs pictures that were held out of training, and '{self.reference.info.name}' has no "
                "other split; name some with --held-out"
            )
        return self.held_out()


def _codes(reading: ModelEvaluation) -> list[Score]:
    return code_scores(
        reading.model, read_items(reading.run, reading.against, reading.reference, reading.trusted)
    )


def _representation(reading: ModelEvaluation) -> list[Score]:
    before = untrained_model(reading.run, reading.trusted)
    return representation_scores(
        reading.model, reading.reference, reading.others("representation"), untrained=before
    )


def _translation(reading: ModelEvaluation) -> list[Score]:
    return translation_scores(reading.model, reading.others("translation"))


def _consistency(reading: ModelEvaluation) -> list[Score]:
    return consistency_scores(reading.model, reading.others("consistency"))


def _disentanglement(reading: ModelEvaluation) -> list[Score]:
    train = require_factors(reading.reference)
    ways = latent_traversals(
        reading.model, ROWS, seed=0
    )  # before a reader is trained, for some models have none
    test = require_factors(reading.others("disentanglement"))
    if train.info.split == "test":
        train, test = test, train
    return disentanglement_scores(reading.model, ways, factor_predictor(train, test))


#: ``codes`` reads the data's test split, or all of ``against``; ``representation`` learns from the reference and is
#: judged on what was held out; ``translation`` translates what was held out of both domains, and ``consistency``
#: makes samples of what was held out; ``disentanglement`` reads samples by a network that learns from one split and is
#: judged on the other.
OF_MODEL: Mapping[str, Callable[[ModelEvaluation], list[Score]]] = MappingProxyType(
    {
        "codes": _codes,
        "representation": _representation,
        "translation": _translation,
        "consistency": _consistency,
        "disentanglement": _disentanglement,
    }
)
