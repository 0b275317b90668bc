from __future__ import annotations

import json

import pytest
import torch

from ganbench.config.spec import Spec
from ganbench.data.plane import MAX_POINTS, plane
from ganbench.data.registry import find_dataset
from ganbench.errors import UserError
from ganbench.recipes.registry import find_recipe
from ganbench.utils.random_stream import RandomStream


def test_networks_see_the_limit_as_1() -> None:
    data = plane(points=((2.0, -4.0), (0.0, 1.0)), limit=4.0)
    index = torch.tensor([1, 0])
    assert torch.equal(data.items(index), torch.tensor([[0.0, 1.0], [2.0, -4.0]]))
    assert torch.equal(data.batch(index, RandomStream("x")).x, torch.tensor([[0.0, 0.25], [0.5, -1.0]]))


def test_a_recipe_carries_the_points_through_json() -> None:
    points = ((0.1, 0.2), (-0.3, 1 / 3))
    recipe = find_recipe("gan-ring8", "laptop").override({"data": Spec(plane, points=points)})
    again = type(recipe).from_dict(json.loads(json.dumps(recipe.to_dict())))
    assert again == recipe
    assert torch.equal(again.data().points, torch.tensor(points))
    assert find_dataset("plane") == (plane, {})


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"points": ()}, "1 to 5,000 pairs of numbers, not 0"),
        ({"points": ((0.0, 0.0),) * (MAX_POINTS + 1)}, "not 5,001"),
        ({"points": ((0.0, 1.5),)}, "from -1 to 1; raise limit"),
        ({"limit": 0.0}, "limit must be above 0"),
    ],
)
def test_what_it_refuses(arguments: dict[str, object], message: str) -> None:
    with pytest.raises(UserError, match=message):
        plane(**arguments)  # type: ignore[arg-type]


@pytest.mark.parametrize("points", [((float("nan"), 0.0),), ((1.0,),), "text", ((True, 0.0),)])
def test_a_recipe_refuses_what_is_no_list_of_pairs(points: object) -> None:
    with pytest.raises(UserError, match=r"plane.points must be a list of a list of \(a number, a number\)"):
        Spec(plane, points=points)
