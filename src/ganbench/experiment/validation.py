"""Periodic evaluation during training; its first metric selects the best checkpoint."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from functools import cache, cached_property

from ganbench.data.base import Dataset
from ganbench.data.held_out import held_out_split
from ganbench.data.subset import reference_subset
from ganbench.errors import UserError
from ganbench.evaluation.sample_sources import ModelSamples
from ganbench.evaluation.scoring import EvaluationRequest, HeldOut, fitting_metrics, require_scorable, score
from ganbench.inference.model import Model
from ganbench.metrics.requirements import NeedsHeldOut
from ganbench.metrics.sample_batch import RowMap, map_alone
from ganbench.metrics.score import Score
from ganbench.recipes.base import Recipe
from ganbench.utils.progress import print_note


@dataclass(frozen=True)
class PeriodicEvaluation:
    """The evaluation that a recipe's schedule asks for; ``trusted`` names the user's own modules."""

    recipe: Recipe
    dataset: Dataset
    trusted: Collection[str] = ()

    def check_metrics(self, model: Model) -> None:
        """Check before training that the metrics can score the model and that the first may select a checkpoint.

        Prints a line if there are too few images for the usual metric.

        Raises:
            UserError: a metric cannot be measured, or it would select on held-out items.
        """
        try:
            note = self._request_and_note[1]
            metrics = require_scorable(model, self._reference, self._request, self._held_out)
        except UserError as error:
            raise UserError(f"{error}; or set schedule.evaluate_every=0 to train without scores") from error
        if isinstance(metrics[0], NeedsHeldOut):
            raise UserError(
                f"the best checkpoint would be selected by '{self._request.metrics[0]}', which looks at held-out "
                "pictures, so that its report on them would flatter it; set schedule.best_by to another metric of "
                "schedule.evaluate_metrics, such as fd"
            )
        if note:
            print_note(note)

    def scores(self, model: Model, seed: int, map_rows: RowMap = map_alone) -> list[Score]:
        """Score the model as it is now, on samples that no report uses; the selecting metric comes first.

        ``map_rows`` computes features row by row; see :class:`EvaluationRequest`.
        """
        request = replace(self._request, map_rows=map_rows)
        return score(ModelSamples(model, seed, "selection"), self._reference, request, self._held_out)

    @cached_property
    def _reference(self) -> Dataset:
        return reference_subset(self.dataset)

    @cached_property
    def _request(self) -> EvaluationRequest:
        return self._request_and_note[0]

    @cached_property
    def _request_and_note(self) -> tuple[EvaluationRequest, str]:
        """The request with its metrics, and a sentence if the number of images rules out the usual metric."""
        schedule = self.recipe.schedule
        request = EvaluationRequest(
            features=schedule.evaluate_features, n=schedule.evaluate_samples, trusted=self.trusted
        )
        if schedule.evaluate_metrics:
            names, note = list(schedule.evaluate_metrics), ""
        else:
            names, note = fitting_metrics(self._reference, request)
        return replace(request, metrics=order_metrics(names, schedule.best_by)), note

    @cached_property
    def _held_out(self) -> HeldOut | None:
        return held_out_loader(self.recipe)


def order_metrics(names: Sequence[str], best_by: str) -> list[str]:
    """Return the metrics with the one that selects the checkpoint first.

    Raises:
        UserError: ``best_by`` is not among them.
    """
    if best_by and best_by not in names:
        raise UserError(
            f"schedule.best_by is '{best_by}', which is not measured; schedule.evaluate_metrics are {', '.join(names)}"
        )
    return sorted(names, key=lambda name: name != best_by)


def held_out_loader(recipe: Recipe) -> HeldOut | None:
    """Return a function that loads the other split of a recipe's data, once; None if the data have no splits."""
    spec = held_out_split(recipe.data)
    return None if spec is None else cache(spec)
