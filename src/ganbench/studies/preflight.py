"""Check before training that a study's runs can be scored, compared and shown."""

from __future__ import annotations

from ganbench.errors import UserError
from ganbench.evaluation.scoring import EvaluationRequest, require_scorable
from ganbench.experiment.validation import held_out_loader
from ganbench.inference.build import make_dataset
from ganbench.inference.snapshots import untrained_model
from ganbench.studies.plan import Plan


def require_panel_steps(plan: Plan) -> None:
    """Check that some recipe saves a sample picture at each of the panels' steps.

    Raises:
        UserError: no recipe does, or a step is below 1.
    """
    if min(plan.panel_steps, default=1) < 1:
        raise UserError(f"panels show steps from 1 on, not {plan.panel_steps[0]}")
    schedules = [recipe["schedule"] for recipe in plan.recipes.values()]
    for step in plan.panel_steps:
        if not any(
            step == s["steps"] or (step < s["steps"] and s["sample_every"] and step % s["sample_every"] == 0)
            for s in schedules
        ):
            every = sorted({s["sample_every"] for s in schedules})
            raise UserError(
                f"no recipe saves samples at step {step:,}, which a panel is to show: the runs end at step "
                f"{max(s['steps'] for s in schedules):,} and save samples every {' or '.join(map(str, every))} steps; "
                "set schedule.sample_every or schedule.steps"
            )


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
