"""Which modules may hold parts, and how plain names are looked up in the user's own."""

from __future__ import annotations

import dataclasses
import importlib.metadata
import sys
import types
from typing import Any

import pytest

from ganbench.config import addresses
from ganbench.config.addresses import address_of, find_part, load_part, package_for
from ganbench.config.spec import Spec
from ganbench.errors import UserError
from ganbench.losses import Hinge
from ganbench.losses.base import Loss


@pytest.fixture
def mine(monkeypatch: pytest.MonkeyPatch) -> types.ModuleType:
    """A module of the user's with a part of its own, one of ganbench's, and one that shadows another."""
    module = types.ModuleType("my_parts")
    for name in ("MyLoss", "Wasserstein"):
        part = dataclasses.make_dataclass(name, [("weight", float, 1.0)], frozen=True)
        part.__module__, part.__qualname__ = "my_parts", name
        setattr(module, name, part)
    module.Hinge = Hinge  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "my_parts", module)
    return module


def test_a_plain_name_is_found_in_a_trusted_module(mine: types.ModuleType) -> None:
    assert find_part("MyLoss", "ganbench.losses", ["my_parts"]) == "my_parts:MyLoss"
    assert find_part("Hinge", "ganbench.losses", ["my_parts"]) == "ganbench.losses:Hinge"
    assert find_part("MyLoss", "ganbench.losses") == "ganbench.losses:MyLoss", "which does not exist"


def test_a_name_with_two_meanings_is_refused(mine: types.ModuleType) -> None:
    with pytest.raises(
        UserError, match=r"several parts 'Wasserstein'; write ganbench\.losses:.* or my_parts:"
    ):
        find_part("Wasserstein", "ganbench.losses", ["my_parts"])
    assert find_part("my_parts:Wasserstein", "ganbench.losses", ["my_parts"]) == "my_parts:Wasserstein"


def test_a_part_of_the_users_gives_way_to_one_of_ganbenchs(mine: types.ModuleType) -> None:
    assert find_part("MyLoss", "my_parts") == "my_parts:MyLoss"
    assert find_part("LeastSquares", "my_parts") == "ganbench.losses:LeastSquares"


class Entry:
    """An entry point of an installed package."""

    def __init__(self, value: str, broken: bool = False) -> None:
        self.name, self.value, self.module, self.broken = "plugin", value, value.partition(":")[0], broken

    def load(self) -> Any:
        if self.broken:
            raise ImportError("no such thing")
        return sys.modules[self.module]


def install(monkeypatch: pytest.MonkeyPatch, *entries: Entry) -> None:
    groups = {"ganbench.parts": list(entries)}
    monkeypatch.setattr(importlib.metadata, "entry_points", lambda *, group: groups.get(group, []))


def test_an_installed_package_is_trusted(mine: types.ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UserError, match="outside ganbench"):
        load_part("my_parts:MyLoss")
    install(monkeypatch, Entry("my_parts"))
    assert load_part("my_parts:MyLoss") is mine.MyLoss
    assert find_part("MyLoss", "ganbench.losses") == "my_parts:MyLoss"


def test_a_broken_plug_in_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    install(monkeypatch, Entry("gone", broken=True))
    with pytest.raises(UserError, match=r"the plug-in 'plugin' \(gone\) cannot be imported"):
        list(addresses.plugins("ganbench.parts"))


def test_the_running_program_may_define_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """As a notebook does; what it only imported is still refused."""
    part = dataclasses.make_dataclass("MyLoss", [("weight", float, 1.0)], frozen=True)
    part.__module__, part.__qualname__ = "__main__", "MyLoss"
    main = sys.modules["__main__"]
    monkeypatch.setattr(main, "MyLoss", part, raising=False)
    monkeypatch.setattr(main, "exit_now", sys.exit, raising=False)
    assert Spec.from_dict(Spec(part).to_dict()) == Spec(part)
    with pytest.raises(UserError, match="there is no part 'exit_now' in __main__"):
        load_part("__main__:exit_now")


def test_a_part_inside_a_function_has_no_address() -> None:
    @dataclasses.dataclass(frozen=True)
    class Inner:
        weight: float = 1.0

    with pytest.raises(UserError, match="'Inner' is defined inside a function"):
        address_of(Inner)


@pytest.mark.parametrize(
    ("annotation", "package"),
    [(Loss, "ganbench.losses"), (Loss | None, "ganbench.losses"), (int, None), (list[Loss], None)],
)
def test_the_package_that_an_annotation_asks_for(annotation: Any, package: str | None) -> None:
    assert package_for(annotation) == package
