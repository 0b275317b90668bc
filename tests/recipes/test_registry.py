from __future__ import annotations

import json
import os
import sys
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest
import torch

from ganbench.cli.options import BudgetOption
from ganbench.conditioning import Projection
from ganbench.config.spec import Spec
from ganbench.data.toy import grid25
from ganbench.errors import UserError
from ganbench.losses import Hinge
from ganbench.recipes.base import Budget, Recipe, recipe
from ganbench.recipes.registry import find_recipe, find_recipe_for_time, import_file, recipe_functions

OWN = '''
"""A user's recipe with a user's loss."""
from dataclasses import dataclass, replace

from ganbench.recipes.registry import find_recipe
from ganbench.recipe import recipe
from ganbench.spec import Spec

@dataclass(frozen=True)
class MyLoss:
    weight: float = 1.0

@recipe
def my_gan(budget="reference"):
    base = find_recipe("gan-ring8", budget)
    return replace(base, name="my-gan", algorithm=base.algorithm.replace(loss=Spec(MyLoss, weight=2)))

def no_budget():
    return find_recipe("gan-ring8")

def no_recipe(budget):
    return 3

number = 3
'''


@pytest.fixture
def modules() -> Iterator[None]:
    before = set(sys.modules)
    yield
    for name in set(sys.modules) - before:
        if not name.startswith(("ganbench", "torch")):
            del sys.modules[name]


@pytest.fixture
def own_file(tmp_path: Path, modules: None) -> Path:
    path = tmp_path / "own_recipes.py"
    path.write_text(OWN)
    return path


# Names


def test_every_recipe_is_found_by_name_at_both_budgets() -> None:
    functions = recipe_functions()
    assert {"gan-ring8", "gan-mnist", "dcgan-mnist", "dcgan-cifar10", "dcgan-shapes"} <= set(functions)
    assert list(functions) == sorted(functions)
    for name in functions:
        laptop, reference = find_recipe(name, "laptop"), find_recipe(name)
        assert laptop.name == reference.name == name
        assert (laptop.budget, reference.budget) == ("laptop", "reference")
        assert laptop != reference
        assert laptop.summary
        assert laptop.papers


def test_an_unknown_name_is_refused_with_a_suggestion() -> None:
    with pytest.raises(
        UserError, match=r"^there is no recipe 'dcgan-cifar'; did you mean 'dcgan-cifar10'\?$"
    ):
        find_recipe("dcgan-cifar")
    with pytest.raises(UserError, match="did you mean 'gan-ring8'"):
        find_recipe("gan_ring8")
    with pytest.raises(UserError, match="there is no recipe ''"):
        find_recipe("")


def test_an_unknown_budget_is_refused(own_file: Path) -> None:
    for source in ("gan-ring8", f"{own_file}:my_gan"):
        with pytest.raises(UserError, match="there is no budget 'laptob'; did you mean 'laptop'"):
            find_recipe(source, "laptob")  # type: ignore[arg-type]


def test_an_unsupported_budget_is_refused_with_the_supported_ones(own_file: Path) -> None:
    for source, name in (("gan-ring8", "gan-ring8"), (f"{own_file}:my_gan", "my-gan")):
        with pytest.raises(
            UserError, match=f"'{name}' has no budget 'hour', only 'laptop' and 'reference'; .* 1h"
        ):
            find_recipe(source, "hour")


def test_the_hour_budget_is_between_laptop_and_reference() -> None:
    names = [n for n, f in recipe_functions().items() if "hour" in f.budgets]  # type: ignore[attr-defined]
    assert {"sndcgan-cifar10", "sndcgan-projection-mnist"} <= set(names)
    for name in names:
        laptop, hour, reference = (find_recipe(name, budget) for budget in get_args(Budget))
        widths = [r.networks["G"].kwargs["width"] for r in (laptop, hour, reference)]
        assert widths == sorted(set(widths)), name
        assert laptop.schedule.steps < hour.schedule.steps < reference.schedule.steps
        assert hour.budget == "hour"


def test_the_command_line_help_lists_all_budgets() -> None:
    help_text = get_args(BudgetOption)[1].help
    assert all(f"{name} (" in help_text for name in get_args(Budget))


def test_projection_discriminators_use_sum_pooling_as_in_the_paper() -> None:
    pools = {}
    for name, function in recipe_functions().items():
        discriminator = function(budget="laptop").networks.get("D")
        conditioning = None if discriminator is None else discriminator.kwargs.get("conditioning")
        if discriminator is not None and isinstance(conditioning, Spec) and conditioning.target is Projection:
            pools[name] = discriminator.kwargs.get("pool")
    assert len(pools) > 5
    assert set(pools.values()) == {"sum"}, pools


# Plug-ins


def install_plugin(monkeypatch: pytest.MonkeyPatch, module: Any) -> None:
    class Entry:
        name, value = "mine", "my_plugin"

        def load(self) -> Any:
            if isinstance(module, Exception):
                raise module
            return module

    def entry_points(group: str) -> list[Entry]:
        return [Entry()] if group == "ganbench.recipes" else []

    monkeypatch.setattr("ganbench.config.addresses.entry_points", entry_points)


def test_recipes_of_plug_ins_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    module = types.ModuleType("my_plugin")

    @recipe
    def plugged_in(budget: Budget = "reference") -> Recipe:
        return find_recipe("gan-ring8", budget)

    module.plugged_in = plugged_in  # type: ignore[attr-defined]
    assert "plugged-in" not in recipe_functions()
    install_plugin(monkeypatch, module)
    assert recipe_functions()["plugged-in"] is plugged_in
    assert find_recipe("plugged-in", "laptop") == find_recipe("gan-ring8", "laptop")


def test_a_broken_plug_in_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    install_plugin(monkeypatch, ImportError("No module named 'torchx'"))
    with pytest.raises(
        UserError, match=r"plug-in 'mine' .*my_plugin.* cannot be imported: No module named 'torchx'"
    ):
        recipe_functions()


# YAML


def test_a_yaml_file_extends_a_recipe_with_nested_and_dotted_changes(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(
        "extends: gan-r1-ring8\n"
        "data: grid25\n"
        "algorithm:\n"
        "  loss: Hinge\n"
        "  regularizers: {0: {gamma: 5}}\n"
        "optimizers.G.lr: 1e-4\n"
        "optimizers: {D: {betas: [0, 0.9]}}\n"
        "networks:\n"
        "  G:\n"
        "    width: 16\n"
        "schedule: {steps: 7, ema_half_life: null}\n"
    )
    loaded = find_recipe(str(path))
    base = find_recipe("gan-r1-ring8")
    assert loaded.data == Spec(grid25)
    assert loaded.algorithm.kwargs["loss"] == Spec(Hinge)
    assert loaded.algorithm.kwargs["regularizers"][0].kwargs["gamma"] == 5.0
    assert loaded.optimizers["G"] == base.optimizers["G"].replace(lr=1e-4)
    assert loaded.optimizers["D"] == base.optimizers["D"].replace(betas=(0, 0.9))
    assert loaded.networks["G"] == base.networks["G"].replace(width=16)
    assert loaded.networks["D"] == base.networks["D"]
    assert loaded.schedule.steps == 7
    assert loaded.schedule.batch == base.schedule.batch


def test_a_yaml_file_extends_another_file_in_its_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "recipes"
    folder.mkdir()
    (folder / "base.yml").write_text("extends: gan-ring8\nschedule: {steps: 7, batch: 16}\n")
    (folder / "top.yaml").write_text("extends: base.yml\nschedule: {steps: 9}\n")
    monkeypatch.chdir(tmp_path)
    loaded = find_recipe("recipes/top.yaml")
    assert (loaded.schedule.steps, loaded.schedule.batch) == (9, 16)


def test_a_yaml_file_that_extends_a_recipe_can_have_its_own_name_and_summary(tmp_path: Path) -> None:
    path = tmp_path / "slow.yaml"
    path.write_text("extends: gan-ring8\nname: slow-gan\nsummary: slower\noptimizers.G.lr: 1e-5\n")
    loaded = find_recipe(str(path))
    assert (loaded.name, loaded.summary) == ("slow-gan", "slower")
    assert loaded.optimizers["G"].kwargs["lr"] == 1e-5
    path.write_text("extends: gan-ring8\nname: ../slow\n")
    with pytest.raises(UserError, match=r"name '\.\./slow' cannot name a folder"):
        find_recipe(str(path))


def test_a_yaml_file_extends_a_function_in_its_folder(
    own_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (own_file.parent / "top.yaml").write_text("extends: own_recipes.py:my_gan\nalgorithm.loss.weight: 3\n")
    monkeypatch.chdir("/")
    assert find_recipe(str(own_file.parent / "top.yaml")).algorithm.kwargs["loss"].kwargs == {"weight": 3.0}


def test_a_file_sets_its_budget_or_uses_the_callers(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text("extends: gan-ring8\n")
    assert find_recipe(str(path), "laptop") == find_recipe("gan-ring8", "laptop")
    path.write_text("extends: gan-ring8\nbudget: laptop\n")
    assert find_recipe(str(path)) == find_recipe("gan-ring8", "laptop")
    path.write_text("extends: gan-ring8\nbudget: huge\n")
    with pytest.raises(UserError, match="there is no budget 'huge'"):
        find_recipe(str(path))


def test_the_budget_that_is_asked_for_beats_a_files(tmp_path: Path) -> None:
    (tmp_path / "base.yaml").write_text("extends: dcgan-cifar10\nbudget: laptop\n")
    (tmp_path / "top.yaml").write_text("extends: base.yaml\n")
    (tmp_path / "other.yaml").write_text("extends: base.yaml\nbudget: reference\n")
    for name, own, other in (
        ("base", "laptop", "reference"),
        ("top", "laptop", "reference"),
        ("other", "reference", "laptop"),
    ):
        source = str(tmp_path / f"{name}.yaml")
        assert find_recipe(source) == find_recipe("dcgan-cifar10", own), name  # type: ignore[arg-type]
        assert find_recipe(source, other) == find_recipe("dcgan-cifar10", other), name  # type: ignore[arg-type]


def test_a_whole_recipe_cannot_be_resized(tmp_path: Path) -> None:
    path = tmp_path / "whole.json"
    path.write_text(json.dumps(find_recipe("gan-ring8", "laptop").to_dict()))
    assert find_recipe(str(path), "laptop") == find_recipe(str(path)) == find_recipe("gan-ring8", "laptop")
    with pytest.raises(
        UserError, match=r"whole\.json is a whole recipe of the budget 'laptop', and cannot be"
    ):
        find_recipe(str(path), "reference")
    assert find_recipe_for_time(str(path)) == (find_recipe("gan-ring8", "laptop"), frozenset())


def test_the_recipe_for_a_time_knows_what_files_have_set(tmp_path: Path) -> None:
    (tmp_path / "base.yaml").write_text("extends: gan-ring8\nbudget: reference\nschedule: {warmup: 7}\n")
    (tmp_path / "top.yaml").write_text("extends: base.yaml\noptimizers.G.lr: 1e-5\n")
    found, changed = find_recipe_for_time(str(tmp_path / "top.yaml"))
    expected = find_recipe("gan-ring8", "laptop").override({"schedule.warmup": 7, "optimizers.G.lr": 1e-5})
    assert found == expected
    assert changed == {"schedule.warmup", "optimizers.G.lr"}
    assert find_recipe_for_time("gan-ring8") == (find_recipe("gan-ring8", "laptop"), frozenset())


def test_a_file_may_start_with_a_byte_order_mark(tmp_path: Path) -> None:
    for name, text in (("a.yaml", "extends: gan-ring8\n"), ("a.json", '{"extends": "gan-ring8"}')):
        (tmp_path / name).write_text(text, encoding="utf-8-sig")
        assert find_recipe(str(tmp_path / name)) == find_recipe("gan-ring8")


@pytest.mark.parametrize("suffix", [".yaml", ".yml", ".json"])
def test_a_resolved_recipe_is_read_back_from_a_file(tmp_path: Path, suffix: str) -> None:
    base = find_recipe("dcgan-r1-cifar10", "laptop")
    path = tmp_path / f"resolved{suffix}"
    path.write_text(json.dumps(base.to_dict()))
    assert find_recipe(str(path)) == base


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("a.yaml", "extends: [", "a.yaml is not valid YAML"),
        ("a.json", "{", "a.json is not valid JSON"),
        ("a.yaml", "", "holds no recipe: a mapping with 'extends: NAME' or a whole recipe is needed"),
        ("a.yaml", "- 1", "holds no recipe"),
        ("a.json", "3", "holds no recipe"),
        ("a.yaml", "steps: 3", "this recipe has format None; this version reads 1"),
        ("a.yaml", "extends: gan-ring9", "there is no recipe 'gan-ring9'; did you mean 'gan-ring8'"),
        ("a.yaml", "extends: nowhere.yaml", "nowhere.yaml cannot be read: No such file"),
        ("a.yaml", "extends: a.yaml", "a.yaml extends itself"),
        ("a.yaml", "extends:", "there is no recipe 'None'"),
        (
            "a.yaml",
            "extends: gan-ring8\nschedule: {step: 3}",
            "schedule has no key 'step'; did you mean 'steps'?",
        ),
        ("a.yaml", "extends: gan-ring8\nlr: 3", "did you mean 'optimizers.G.lr'?"),
        ("a.yaml", "extends: gan-ring8\n1: 3", "has no key '1'"),
        ("a.yaml", "a: !!python/object/apply:os.system ['true']", "not valid YAML"),
        ("a.yaml", "extends: gan-ring8\nalgorithm: {loss: 'os:system'}", "names code outside ganbench"),
        ("a.yaml", "extends: b.yaml", "extends itself"),
        (
            "a.yaml",
            "extends: gan-ring8\nschedule:\n  steps: 30\nschedule:\n  batch: 8\n",
            "a.yaml is not valid YAML: found duplicate key in line 4: schedule:",
        ),
        ("a.yaml", "extends: gan-ring8\nextends: gan-mnist\n", "found duplicate key in line 2"),
        (
            "a.json",
            '{"extends": "gan-ring8", "budget": "laptop", "budget": "hour"}',
            "duplicate key 'budget'",
        ),
        (
            "a.yaml",
            "extends: gan-ring8\nschedule: {steps: 3}\nschedule.steps: 4",
            "schedule.steps is given twice; leave one of the two out",
        ),
        ("a.yaml", "extends: gan-ring8\noptimizers: {G.lr: 1, G: {lr: 2}}", "optimizers.G.lr is given twice"),
        ("a.yaml", "extends: gan-ring8\nbudget: 3", "the budget in {path} must be text or none, not 3"),
        ("a.yaml", "extends: gan-ring8\nschedule: &a {steps: *a}", "a.yaml is nested too deep"),
        ("a.yaml", "extends: " + "[" * 5000, "a.yaml is nested too deep"),
        ("a.yaml", f"extends: gan-ring8\nschedule: {{steps: {'9' * 5000}}}", "a number has too many digits"),
        ("a.json", f'{{"extends": "gan-ring8", "schedule": {{"steps": {"9" * 5000}}}}}', "too many digits"),
        ("a.yaml", "extends: gan-ring8\noptimizers.G.lr: 1e-400", "1e-400 is too close to 0"),
        ("a.yaml", "extends: gan-ring8\nschedule.steps: 1:30", "a whole number, not '1:30'"),
    ],
)
def test_an_invalid_file_is_a_user_error(tmp_path: Path, name: str, text: str, message: str) -> None:
    path = tmp_path / name
    path.write_text(text)
    (tmp_path / "b.yaml").write_text("extends: a.yaml")
    with pytest.raises(UserError) as caught:
        find_recipe(str(path))
    assert message.replace("{path}", str(path)) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_an_unreadable_file_is_a_user_error(tmp_path: Path) -> None:
    for name in ("none.yaml", "none.json"):
        with pytest.raises(UserError, match="cannot be read: No such file"):
            find_recipe(str(tmp_path / name))
    (tmp_path / "folder.yaml").mkdir()
    with pytest.raises(UserError, match="cannot be read: Is a directory"):
        find_recipe(str(tmp_path / "folder.yaml"))
    (tmp_path / "bytes.yaml").write_bytes(b"\xff\xfe\xfa")
    with pytest.raises(UserError, match="not valid YAML"):
        find_recipe(str(tmp_path / "bytes.yaml"))


# Python files


def test_a_function_in_a_users_file(own_file: Path) -> None:
    loaded = find_recipe(f"{own_file}:my_gan", "laptop")
    assert loaded.name == "my-gan"
    assert loaded.schedule == find_recipe("gan-ring8", "laptop").schedule
    stored = loaded.to_dict()
    assert stored["algorithm"]["loss"] == {"target": "own_recipes:MyLoss", "weight": 2.0}
    assert Recipe.from_dict(stored, trusted=("own_recipes",)) == loaded
    with pytest.raises(UserError, match="own_recipes:MyLoss"):
        Recipe.from_dict(stored)


def test_a_file_can_be_imported_twice(own_file: Path) -> None:
    first, second = import_file(own_file), import_file(own_file)
    assert sys.modules["own_recipes"] is second
    assert first.number == second.number == 3


@pytest.mark.parametrize(
    ("function", "message"),
    [
        ("my_gun", "has no recipe function 'my_gun'; did you mean 'my_gan'?"),
        ("number", "has no recipe function 'number'"),
        ("no_recipe", "own_recipes:no_recipe returned int, not a Recipe"),
        ("no_budget", "own_recipes.py:no_budget takes no budget"),
        ("", "has no recipe function ''"),
    ],
)
def test_a_wrong_function_is_a_user_error(own_file: Path, function: str, message: str) -> None:
    with pytest.raises(UserError) as caught:
        find_recipe(f"{own_file}:{function}")
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("wrong_syntax.py", "def f(:\n", "wrong_syntax.py cannot be imported: SyntaxError"),
        (
            "wrong_import.py",
            "import nosuchmodule\n",
            "wrong_import.py cannot be imported: ModuleNotFoundError",
        ),
        ("wrong_name.py", "x = y\n", "wrong_name.py cannot be imported: NameError: name 'y' is not defined"),
        ("json.py", "x = 1\n", "json.py has the name of a module in use; rename it"),
    ],
)
def test_a_file_that_cannot_be_imported_is_a_user_error(
    tmp_path: Path, modules: None, name: str, text: str, message: str
) -> None:
    path = tmp_path / name
    path.write_text(text)
    before = sys.modules.get(path.stem)
    with pytest.raises(UserError) as caught:
        find_recipe(f"{path}:f")
    assert message in str(caught.value)
    assert sys.modules.get(path.stem) is before


def test_a_missing_file_is_a_user_error(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"there is no file .*nowhere\.py"):
        find_recipe(f"{tmp_path / 'nowhere.py'}:f")


def test_a_file_without_a_function_name_is_refused(own_file: Path) -> None:
    with pytest.raises(UserError, match=r"own_recipes\.py:FUNCTION"):
        find_recipe(str(own_file))


def test_optimizers_resolve_to_torch_classes() -> None:
    assert find_recipe("gan-ring8").optimizers["G"].target is torch.optim.Adam


@pytest.mark.parametrize("name", ["mine.yaml", "mine.json"])
def test_a_huge_file_and_a_pipe_are_refused_unread(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    with path.open("wb") as file:
        file.truncate(60 * 2**30)
    with pytest.raises(
        UserError, match=f"{name} cannot be read: the file has .* bytes, which is above 16 MiB"
    ):
        find_recipe(str(path))
    path.unlink()
    os.mkfifo(path)
    with pytest.raises(UserError, match=f"{name} cannot be read: it is not a regular file"):
        find_recipe(str(path))


def test_line_ends_of_windows_change_no_recipe(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_bytes(b"extends: gan-ring8\r\nschedule.steps: 7\r\n")
    assert find_recipe(str(tmp_path / "mine.yaml")).schedule.steps == 7
