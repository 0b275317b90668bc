from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

import pytest

from ganbench.algorithms import Adversarial
from ganbench.config.dotted_keys import paths, value_at, with_value
from ganbench.config.spec import Spec
from ganbench.errors import UserError
from ganbench.latents import Gaussian, Uniform
from ganbench.losses import Hinge, NonSaturating
from ganbench.regularizers import R1
from ganbench.training.schedule import Constant, Stages


@dataclasses.dataclass(frozen=True)
class Node:
    spec: Spec
    mapping: Mapping[str, Spec]
    numbers: tuple[float, ...] = (1.0, 2.0)
    count: int = 3


def node() -> Node:
    algorithm = Spec(Adversarial, loss=Spec(NonSaturating), regularizers=(Spec(R1), Spec(R1, gamma=2)))
    return Node(spec=algorithm, mapping={"G": Spec(Gaussian, size=3)})


@pytest.mark.parametrize(
    ("path", "value", "kept"),
    [
        ("count", 5, 5),
        ("count", "5", 5),
        ("numbers", [1, 2, 3], (1.0, 2.0, 3.0)),
        ("mapping.G.size", 7, 7),
        ("mapping.G", Spec(Uniform), Spec(Uniform)),
        ("spec.critic_steps", 2, 2),
        ("spec.loss.real_target", 1, 1.0),
        ("spec.regularizers.1.gamma", 5, 5.0),
        ("spec.regularizers.0.every", 4, 4),
        ("spec.regularizers", [], ()),
        ("spec.loss", Spec(Hinge), Spec(Hinge)),
    ],
)
def test_with_value_changes_one_place_and_nothing_else(path: str, value: Any, kept: Any) -> None:
    before = node()
    after = with_value(before, tuple(path.split(".")), value)
    assert value_at(after, tuple(path.split("."))) == kept
    assert type(value_at(after, tuple(path.split(".")))) is type(kept)
    assert before == node()
    others = [p for p in paths(before) if not p.startswith(path)]
    assert len(others) > 5
    for other in others:
        keys = tuple(other.split("."))
        assert value_at(after, keys) == value_at(before, keys)


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ("coutn", 5, "the recipe has no key 'coutn'; did you mean 'count'?"),
        ("count", "many", "count must be a whole number, not 'many'"),
        ("count.more", 1, "count is 3 and has no keys of its own"),
        ("mapping.D.size", 1, "mapping has no key 'D'; known: G"),
        ("mapping.G.sise", 1, "mapping.G has no key 'sise'; did you mean 'size'?"),
        ("mapping.G.size", "big", "mapping.G.size must be a whole number, not 'big'"),
        ("mapping.G", 5, "mapping.G must be a part such as Spec(...), not 5"),
        ("spec.regularizers.2.gamma", 1, "spec.regularizers has no key '2'; known: 0, 1"),
        ("spec.regularizers.-1.gamma", 1, "spec.regularizers has no key '-1'; did you mean '1'?"),
        ("spec.regularizers.0", 5, "spec.regularizers.0 must be a part such as Spec(...), not 5"),
        ("spec.regularizers.0.gamma", [1], "spec.regularizers.0.gamma must be a number, not [1]"),
        ("spec.loss", 5, "spec.loss must be a part such as Spec(...), not 5"),
        ("spec", [], "spec must be a part such as Spec(...), not []"),
        ("spec.loss.real_target.x", 1, "spec.loss.real_target is 1.0 and has no keys of its own"),
    ],
)
def test_with_value_names_the_dotted_place(path: str, value: Any, message: str) -> None:
    with pytest.raises(UserError) as caught:
        with_value(node(), tuple(path.split(".")), value)
    assert str(caught.value) == message


def test_value_at_reads_defaults_and_is_none_where_nothing_stands() -> None:
    assert value_at(node(), ("spec", "critic_steps")) == 1
    assert value_at(node(), ("spec", "regularizers", "1", "gamma")) == 2.0
    assert value_at(node(), ("mapping", "D")) is None
    assert value_at(node(), ("count", "x", "y")) is None


def test_paths_lists_every_value_once() -> None:
    listed = paths(node())
    assert len(listed) == len(set(listed))
    assert {"count", "mapping.G.size", "numbers.0", "numbers.1"} <= set(listed)
    assert {"spec.loss.real_target", "spec.regularizers.1.gamma", "spec.critic_steps"} <= set(listed)
    assert "spec" not in listed
    assert "mapping.G" not in listed
    assert paths(Spec(Constant), "a") == ["a.factor"]
    assert paths(Spec(Stages, values=(1.0, 0.5), at=(0.5,))) == ["values.0", "values.1", "at.0"]
