"""Check before training that a study's runs can be scored and compared."""

from __future__ import annotations

from ganbench.errors import UserError
from ganbench.evaluation.scoring import EvaluationRequest, require_scorable
from ganbench.experiment.validation import held_out_loader
from ganbench.inference.build import make_dataset
from ganbench.inference.snapshots import untrained_model
from ganbench.studies.plan import Plan


def require_shared_reference(plan: Plan) -> None:
    """Check that all recipes are scored against the same data set and that the metrics apply to them.

    Recipes may sample from the data set in different ways; only the data set itself has to be the same. This also
    fills the metrics' caches on disk once, so that parallel runs do not each compute them.

    Raises:
        UserError: the recipes use different data sets, or a metric does not apply to them.
    """
    recipes = plan.build_recipes()
    first = next(iter(recipes))
    dataset = make_dataset(recipes[first])
    for label, recipe in recipes.items():
        if recipe.data == recipes[first].data:
            continue
        info = make_dataset(recipe).info
        if (info.name, info.fingerprint) != (dataset.info.name, dataset.info.fingerprint):
            raise UserError(
                f"'{first}' is trained on the data set {dataset.info.name} ({dataset.info.fingerprint}) and "
                f"'{label}' on {info.name} ({info.fingerprint}), so their scores cannot be compared; "
                "create one study per data set"
            )
    # Models with classes and models without may be scored by different metrics.
    models = {
        model.classes: model
        for model in (untrained_model(recipe, dataset.info) for recipe in recipes.values())
    }
    for model in models.values():
        request = EvaluationRequest(metrics=plan.metrics, n=plan.n)
        require_scorable(model, dataset, request, held_out_loader(recipes[first]))
