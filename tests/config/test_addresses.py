"""Which modules may hold parts, and how plain names are looked up in the user's own."""

from __future__ import annotations

import contextlib
import dataclasses
import importlib
import importlib.metadata
import os
import pkgutil
import sys
import types
from pathlib import Path
from typing import Any

import pytest
import torch

from ganbench.config import addresses
from ganbench.config.addresses import (
    PART_PACKAGES,
    address_of,
    find_part,
    load_part,
    package_for,
    require_kind,
)
from ganbench.config.spec import Spec
from ganbench.data.base import Batch
from ganbench.data.registry import datasets
from ganbench.errors import UserError
from ganbench.losses import Hinge
from ganbench.losses.base import Loss
from ganbench.training.schedule import Factor, Linear


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
    monkeypatch.setattr(addresses, "entry_points", lambda group: groups.get(group, []))


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


def test_a_package_that_is_installed_later_is_noticed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    group = "ganbench.parts"
    before = list(addresses.entry_points(group))
    monkeypatch.syspath_prepend(tmp_path)
    assert list(addresses.entry_points(group)) == before
    modified = tmp_path.stat().st_mtime_ns
    metadata = tmp_path / "later-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: later\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text(f"[{group}]\nlater = later.parts\n")
    os.utime(tmp_path, ns=(modified, modified + 10**9))  # clocks of file systems may be coarse
    assert {entry.value for entry in addresses.entry_points(group)} == {
        "later.parts",
        *(entry.value for entry in before),
    }


def test_entry_points_are_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    first = addresses.entry_points("ganbench.parts")
    monkeypatch.delattr(importlib.metadata, "entry_points")
    assert addresses.entry_points("ganbench.parts") is first


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


def reachable() -> dict[str, Any]:
    """Everything in the modules that recipe files may name, by its address there."""
    names = []
    for package in PART_PACKAGES:
        path = getattr(importlib.import_module(package), "__path__", [])
        names += [package, *(m.name for m in pkgutil.walk_packages(path, f"{package}."))]
    modules = [importlib.import_module(name) for name in names]
    return {f"{m.__name__}:{name}": value for m in modules for name, value in vars(m).items()}


def test_recipe_files_reach_parts_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """No other function or class of the allowed modules can be called, such as one that writes files."""
    for suggestion in ("did_you_mean", "did_you_mean_or_own"):  # slow, for thousands of names
        monkeypatch.setattr(addresses, suggestion, lambda *names: "")
    parts = {}
    for address, value in reachable().items():
        with contextlib.suppress(UserError):
            parts[address] = load_part(address)
            assert parts[address] is value
    functions = {part for part in parts.values() if not isinstance(part, type)}
    assert functions == set(datasets().values())
    classes = {part for part in parts.values() if isinstance(part, type)}
    assert {Hinge, torch.optim.Adam, torch.optim.SGD, Linear} <= classes
    for part in classes:
        assert part.__module__.startswith(tuple(PART_PACKAGES))
        assert not part.__module__.startswith("ganbench.data")
        assert not part.__module__.startswith("torch") or issubclass(part, torch.optim.Optimizer)
        assert not issubclass(part, BaseException | tuple)
    assert classes.isdisjoint({torch.optim.Optimizer, Loss, Batch})
    assert 80 < len(classes) < 160


@pytest.mark.parametrize(
    "address",
    [
        "torch.optim:swap_in_optimizer_params_and_state",
        "torch.optim.swa_utils:update_bn",
        "torch.optim.lr_scheduler:LambdaLR",
        "torch.optim._multi_tensor:partialclass",
        "ganbench.data.archive:Archive",
        "ganbench.data.audit.prepare:prepare",
        "ganbench.networks.encoder:make_projector",
        "ganbench.losses:Loss",
        "ganbench.losses:Path",
        "ganbench.losses:__name__",
        "ganbench.regularizers:gradient_norm",
        "ganbench.training.schedule:_Ramp",
    ],
)
def test_what_is_no_part_is_refused(address: str) -> None:
    with pytest.raises(UserError, match="there is no part"):
        load_part(address)


def test_a_misspelt_name_is_suggested_from_the_users_own(mine: types.ModuleType) -> None:
    with pytest.raises(UserError, match=r"no part 'MyLos' in ganbench\.losses; did you mean 'MyLoss'\?$"):
        load_part("ganbench.losses:MyLos", ["my_parts"])
    with pytest.raises(UserError, match=r"did you mean 'Hinge'\?$"):
        load_part("ganbench.losses:Hing")
    with pytest.raises(UserError, match=r"\(one of your own needs --module FILE\.py\)$"):
        load_part("ganbench.losses:MyLoss")


def test_a_part_of_another_kind_is_refused() -> None:
    require_kind(Hinge, "ganbench.losses", "algorithm.loss")
    require_kind(test_a_part_of_another_kind_is_refused, "ganbench.losses", "algorithm.loss")
    with pytest.raises(UserError, match=r"^latent must be a latent distribution, not the loss Hinge$"):
        require_kind(Hinge, "ganbench.latents", "latent")
    with pytest.raises(UserError, match=r"^networks\.G must be a network, not the optimizer Adam$"):
        require_kind(torch.optim.Adam, "ganbench.networks", "networks.G")


def test_a_part_inside_a_function_has_no_address() -> None:
    @dataclasses.dataclass(frozen=True)
    class Inner:
        weight: float = 1.0

    with pytest.raises(UserError, match="'Inner' is defined inside a function"):
        address_of(Inner)


@pytest.mark.parametrize(
    ("annotation", "package"),
    [
        (Loss, "ganbench.losses"),
        (Loss | None, "ganbench.losses"),
        (Factor, "ganbench.training.schedule"),
        (int, None),
        (list[Loss], None),
    ],
)
def test_the_package_that_an_annotation_asks_for(annotation: Any, package: str | None) -> None:
    assert package_for(annotation) == package
