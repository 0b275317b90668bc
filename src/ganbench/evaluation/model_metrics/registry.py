"""Registry of the metrics of a model itself, such as the quality of its encoder."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TypeVar

from ganbench.config.addresses import user_modules
from ganbench.data.base import Dataset
from ganbench.errors import UserError
from ganbench.evaluation.model_metrics.codes import code_scores, items_to_encode
from ganbench.evaluation.model_metrics.consistency import consistency_scores
from ganbench.evaluation.model_metrics.counterparts import counterpart_scores
from ganbench.evaluation.model_metrics.disentanglement import (
    ROWS,
    disentanglement_scores,
    mutual_information_scores,
    require_factors,
)
from ganbench.evaluation.model_metrics.domains import domain_scores
from ganbench.evaluation.model_metrics.inversion import inversion_scores
from ganbench.evaluation.model_metrics.representation import representation_scores
from ganbench.evaluation.model_metrics.translation import translation_scores
from ganbench.inference.model import Model
from ganbench.inference.snapshots import untrained_model
from ganbench.inference.traversals import latent_traversals
from ganbench.metrics.disentanglement.factor_predictor import load_or_train_factor_predictor
from ganbench.metrics.score import Score
from ganbench.runs.run import Run


@dataclass(frozen=True)
class ModelEvaluation:
    """A run's model, its reference data set, and what loads the held-out items."""

    run: Run
    model: Model
    reference: Dataset
    against: str | None
    held_out: Callable[[], Dataset] | None
    trusted: Collection[str]

    def load_held_out(self, metric: str) -> Dataset:
        """Load the held-out items. Raises UserError if there are none."""
        if self.held_out is None:
            raise UserError(
                f"'{metric}' needs pictures that were held out of training, and '{self.reference.info.name}' has no "
                "other split; name some with --held-out"
            )
        return self.held_out()


def _codes(evaluation: ModelEvaluation) -> list[Score]:
    items = items_to_encode(evaluation.run, evaluation.against, evaluation.reference, evaluation.trusted)
    return code_scores(evaluation.model, items)


def _representation(evaluation: ModelEvaluation) -> list[Score]:
    run = evaluation.run
    untrained = untrained_model(run.recipe(evaluation.trusted), run.info, run.meta["seed"])
    held_out = evaluation.load_held_out("representation")
    return representation_scores(evaluation.model, evaluation.reference, held_out, untrained=untrained)


def _translation(evaluation: ModelEvaluation) -> list[Score]:
    return translation_scores(evaluation.model, evaluation.load_held_out("translation"))


def _counterparts(evaluation: ModelEvaluation) -> list[Score]:
    held_out = evaluation.load_held_out("counterparts")
    return counterpart_scores(evaluation.model, evaluation.reference, held_out)


def _domains(evaluation: ModelEvaluation) -> list[Score]:
    return domain_scores(evaluation.model, evaluation.reference, evaluation.load_held_out("domains"))


def _consistency(evaluation: ModelEvaluation) -> list[Score]:
    return consistency_scores(evaluation.model, evaluation.load_held_out("consistency"))


def _inversion(evaluation: ModelEvaluation) -> list[Score]:
    return inversion_scores(evaluation.model, evaluation.load_held_out("inversion"))


def _disentanglement(evaluation: ModelEvaluation) -> list[Score]:
    train = require_factors(evaluation.reference)
    traversals = latent_traversals(evaluation.model, ROWS, seed=0)  # before training: some models have none
    test = require_factors(evaluation.load_held_out("disentanglement"))
    if train.info.split == "test":
        train, test = test, train
    predictor = load_or_train_factor_predictor(train, test)
    return [
        *disentanglement_scores(evaluation.model, traversals, predictor),
        *mutual_information_scores(evaluation.model, predictor),
    ]


ModelMetric = Callable[[ModelEvaluation], list[Score]]
_F = TypeVar("_F", bound=ModelMetric)
_ATTRIBUTE = "model_metric_name"

#: ``codes`` reads the data's test split, or all of ``against``. ``representation`` trains probes on the reference and
#: tests them on the held-out items. ``translation`` translates the held-out items of both domains, ``counterparts``
#: those of the source domain, ``domains`` each to another class; ``consistency`` generates samples from the held-out
#: items, and ``inversion`` looks for their latents. ``disentanglement`` measures samples with a network that is trained
#: on one split and tested on the other.
MODEL_METRICS: Mapping[str, ModelMetric] = MappingProxyType(
    {
        "codes": _codes,
        "representation": _representation,
        "translation": _translation,
        "counterparts": _counterparts,
        "domains": _domains,
        "consistency": _consistency,
        "disentanglement": _disentanglement,
        "inversion": _inversion,
    }
)


def model_metric(name: str) -> Callable[[_F], _F]:
    """Decorate a function ``(ModelEvaluation) -> list[Score]`` to give it a name for ``--metrics``."""

    def register(function: _F) -> _F:
        setattr(function, _ATTRIBUTE, name)
        return function

    return register


def model_metrics(trusted: Collection[str]) -> dict[str, ModelMetric]:
    """Return every model metric by name: built-in ones, those of plug-ins, and those of the user's modules.

    Raises:
        UserError: two have the same name.
    """
    metrics = dict(MODEL_METRICS)
    for module in user_modules(trusted):
        for function in vars(module).values():
            name = getattr(function, _ATTRIBUTE, None)
            if isinstance(name, str) and metrics.setdefault(name, function) is not function:
                raise UserError(
                    f"there is another metric called '{name}'; rename the one in {module.__name__}"
                )
    return metrics
