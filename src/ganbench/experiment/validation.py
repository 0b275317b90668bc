"""Scores of a run on its way, the first of which selects the best checkpoint."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cache, cached_property

from torch import nn

from ganbench.data.base import Dataset
from ganbench.data.held_out import held_out_of
from ganbench.errors import UserError
from ganbench.evaluation.scoring import EvaluationRequest, HeldOut, require_scorable, scores_of, usual_metrics
from ganbench.inference.build import make_algorithm
from ganbench.inference.model import Model
from ganbench.metrics.requirements import NeedsHeldOut
from ganbench.metrics.score import Score
from ganbench.recipes.base import Recipe


def in_order_of_choice(reference: Dataset, metrics: Sequence[str], by: str) -> list[str]:
    """Return the metrics (the usual ones if none are named) with the one that decides first.

    Raises:
        UserError: the one that decides is not among them.
    """
    names = list(metrics) or usual_metrics(reference)
    if by and by not in names:
        raise UserError(
            f"schedule.best_by is '{by}', which is not measured; schedule.evaluate_metrics are {', '.join(names)}"
        )
    return sorted(names, key=lambda name: name != by)


def untrained_model(recipe: Recipe, dataset: Dataset) -> Model:
    """Return the recipe's model without its networks, to ask what it will be able to do."""
    algorithm, latent = make_algorithm(recipe, dataset.info)
    return Model(algorithm, nn.ModuleDict(), latent, dataset.info, 0)


def held_out_from(recipe: Recipe) -> HeldOut | None:
    """Return what makes the other split of a recipe's data, once; None if they have no splits."""
    spec = held_out_of(recipe.data)
    return None if spec is None else cache(spec)


@dataclass(frozen=True)
class PeriodicEvaluation:
    """What a recipe's schedule has measured of the run; ``trusted`` names the user's own modules."""

    recipe: Recipe
    dataset: Dataset
    trusted: Collection[str] = ()

    def require(self) -> None:
        """Raise UserError if something cannot be measured, or may not select; ask before training."""
        chosen = require_scorable(
            untrained_model(self.recipe, self.dataset), self.dataset, self._asked, self._held_out
        )
        if isinstance(chosen[0], NeedsHeldOut):
            raise UserError(
                f"the best checkpoint would be selected by '{self._asked.metrics[0]}', which looks at held-out "
                "pictures, so that its report on them would flatter it; set schedule.best_by to another metric of "
                "schedule.evaluate_metrics, such as fd"
            )

    def scores(self, model: Model, seed: int) -> list[Score]:
        """Score the model as it is now, on samples that no report uses; the score that decides comes first."""
        return scores_of(model, self.dataset, self._asked, seed, "selection", held_out=self._held_out)

    @cached_property
    def _asked(self) -> EvaluationRequest:
        schedule = self.recipe.schedule
        return EvaluationRequest(
            metrics=in_order_of_choice(self.dataset, schedule.evaluate_metrics, schedule.best_by),
            features=schedule.evaluate_features,
            n=schedule.evaluate_samples,
            trusted=self.trusted,
        )

    @cached_property
    def _held_out(self) -> HeldOut | None:
        return held_out_from(self.recipe)
