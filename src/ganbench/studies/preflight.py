"""Whether the scores of a plan's recipes could stand in one table; asked before anything is trained."""

from __future__ import annotations

from ganbench.errors import UserError
from ganbench.evaluation.scoring import EvaluationRequest, require_scorable
from ganbench.experiment.validation import held_out_from, untrained_model
from ganbench.inference.build import make_dataset
from ganbench.studies.plan import Plan


def require_one_table(plan: Plan) -> None:
    """Make the data set and ask whether every recipe is trained on it and the metrics can judge it.

    What the metrics keep on disk is worked out here, once, before runs side by side would each do it.

    Recipes may take from one data set in different ways; what counts is the set that they are scored against.

    Raises:
        UserError: recipes are on different data sets, or a metric cannot judge them.
    """
    recipes = plan.made()
    first = next(iter(recipes))
    dataset = make_dataset(recipes[first])
    for label, recipe in recipes.items():
        if recipe.data == recipes[first].data:
            continue
        theirs = make_dataset(recipe).info
        if (theirs.name, theirs.fingerprint) != (dataset.info.name, dataset.info.fingerprint):
            raise UserError(
                f"'{first}' is trained on the data set {dataset.info.name} ({dataset.info.fingerprint}) and "
                f"'{label}' on {theirs.name} ({theirs.fingerprint}), so their scores cannot stand in one table; "
                "make a study for each data set"
            )
    models = {
        model.classes: model for model in (untrained_model(recipe, dataset) for recipe in recipes.values())
    }
    for model in models.values():  # those with classes and those without may be scored by different metrics
        asked = EvaluationRequest(metrics=plan.metrics, n=plan.n)
        require_scorable(model, dataset, asked, held_out_from(recipes[first]))
