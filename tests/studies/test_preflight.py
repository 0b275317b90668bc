"""What is checked before a study trains: the steps of its panels."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ganbench.errors import UserError
from ganbench.studies.plan import make_plan
from ganbench.studies.preflight import require_panel_steps


@pytest.mark.parametrize("steps", [(200, 400), (1000,), (300,), (200, 300, 1000)])
def test_a_step_needs_a_picture_of_one_recipe(steps: tuple[int, ...]) -> None:
    long, short = (
        make_plan(["gan-ring8"], seeds=1, overrides={"schedule.steps": end, "schedule.sample_every": every})
        for end, every in ((1000, 200), (300, 0))
    )
    recipes = {"long": long.recipes["gan-ring8"], "short": short.recipes["gan-ring8"]}
    require_panel_steps(replace(long, recipes=recipes, panel_steps=steps))


@pytest.mark.parametrize(
    ("step", "message"),
    [
        (
            150,
            r"saves samples at step 150, .* end at step 1,000 and save samples every 200 steps; set schedule",
        ),
        (1200, "no recipe saves samples at step 1,200"),
        (0, "panels show steps from 1 on, not 0"),
    ],
)
def test_a_step_without_a_picture_is_refused(step: int, message: str) -> None:
    plan = make_plan(["gan-ring8"], seeds=1, overrides={"schedule.steps": 1000}, panel_steps=[step])
    with pytest.raises(UserError, match=message):
        require_panel_steps(plan)
