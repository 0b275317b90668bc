from __future__ import annotations

import copy
import dataclasses
import json
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
import yaml

from ganbench.algorithms import Adversarial
from ganbench.augment import ADA
from ganbench.config.dotted_keys import paths, value_at
from ganbench.config.spec import Spec
from ganbench.data.toy import grid25, ring8
from ganbench.errors import UserError
from ganbench.experiment.build_trainer import make_trainer
from ganbench.latents import Gaussian
from ganbench.losses import Hinge, NonSaturating
from ganbench.networks import MLPDiscriminator, MLPGenerator
from ganbench.recipes.base import Budget, Paper, Recipe, recipe
from ganbench.recipes.overrides import parse_overrides
from ganbench.recipes.registry import find_recipe, import_file, recipe_functions
from ganbench.regularizers import R1
from ganbench.training.engine import Engine
from ganbench.training.schedule import Linear, Stages
from ganbench.training.settings import Machine, Schedule


def small_recipe(**changes: Any) -> Recipe:
    adam = Spec(torch.optim.Adam, lr=1e-3)
    parts: dict[str, Any] = {
        "name": "small",
        "summary": "for tests",
        "data": Spec(ring8, points=50, std=0.25),
        "latent": Spec(Gaussian, size=4),
        "networks": {"G": Spec(MLPGenerator, width=8), "D": Spec(MLPDiscriminator, width=8)},
        "algorithm": Spec(Adversarial, loss=Spec(NonSaturating), regularizers=(Spec(R1, gamma=10.0),)),
        "optimizers": {"G": adam, "D": adam},
        "schedule": Schedule(steps=10, batch=8),
        "papers": (Paper("A title", 2014, "1406.2661", ("A. Name", "B. Name")),),
    }
    return Recipe(**{**parts, **changes})


def override(*assignments: str) -> Recipe:
    return small_recipe().override(parse_overrides(assignments))


# Parsing overrides


@pytest.mark.parametrize(
    ("assignment", "value"),
    [
        ("a=1", 1),
        ("a=-2.5", -2.5),
        ("a=1e-3", 1e-3),
        ("a=1E3", 1000.0),
        ("a=null", None),
        ("a=", None),
        ("a=true", True),
        ("a=[0.5, 0.9]", [0.5, 0.9]),
        ("a=[]", []),
        ("a=Hinge", "Hinge"),
        ("a=folder:/x/y", "folder:/x/y"),
        ("a=folder:/x=y", "folder:/x=y"),
        ("a=2024-01-01", "2024-01-01"),
        ("a={b: 1}", {"b": 1}),
        ("a=[", "["),
    ],
)
def test_values_are_parsed_as_yaml(assignment: str, value: Any) -> None:
    parsed = parse_overrides([assignment])["a"]
    assert parsed == value
    assert type(parsed) is type(value)


@pytest.mark.parametrize("assignment", ["schedule.steps", "=3", "", "--steps"])
def test_an_assignment_that_is_not_key_value_is_refused(assignment: str) -> None:
    with pytest.raises(UserError, match=r"is not KEY=VALUE, as in schedule.steps=1000"):
        parse_overrides([assignment])


# Overrides that change a value


@pytest.mark.parametrize(
    ("assignment", "value"),
    [
        ("optimizers.G.lr=1e-4", 1e-4),
        ("optimizers.D.betas=[0, 1e-1]", (0.0, 0.1)),
        ("optimizers.D.amsgrad=true", True),
        ("optimizers.G.fused=null", None),
        ("schedule.steps=1_000", 1000),
        ("schedule.ema_half_life=null", None),
        ("schedule.ema_half_life=1e4", 1e4),
        ("networks.G.width=16", 16),
        ("latent.size=7", 7),
        ("algorithm.loss.real_target=0.9", 0.9),
        ("algorithm.regularizers.0.gamma=3", 3.0),
        ("algorithm.regularizers=[]", ()),
        ("algorithm.one_pass=true", True),
        ("machine.threads=2", 2),
        ("machine.precision=bf16", "bf16"),
        ("data.std=1", 1.0),
        ("data.split=test", "test"),
    ],
)
def test_an_override_sets_one_value(assignment: str, value: Any) -> None:
    before, after = small_recipe(), override(assignment)
    path = assignment.partition("=")[0]
    new = value_at(after, tuple(path.split(".")))
    assert new == value
    assert type(new) is type(value)
    others = [p for p in paths(before) if not p.startswith(path)]
    assert len(others) > 30
    for other in others:
        keys = tuple(other.split("."))
        assert value_at(after, keys) == value_at(before, keys), other
    assert before == small_recipe()


def test_overrides_apply_in_order() -> None:
    both = override("algorithm.loss=NonSaturating", "algorithm.loss.real_target=0.9", "schedule.steps=3")
    assert both.algorithm.kwargs["loss"] == Spec(NonSaturating, real_target=0.9)
    assert both.schedule.steps == 3


@pytest.mark.parametrize("text", ["0100", "100", "1e2", "100.0", "0x64", "1_00", "+100"])
def test_a_number_is_the_same_on_the_command_line_and_in_a_file(tmp_path: Path, text: str) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(f"extends: gan-ring8\nschedule: {{steps: {text}}}\n")
    assert find_recipe(str(path)).schedule.steps == 100
    assert override(f"schedule.steps={text}").schedule.steps == 100


@pytest.mark.parametrize(
    "text", ["1:30", "1e23", "9007199254740993.0", "0b11", "1__0", "१००", "100 # a", "ten"]
)
def test_what_is_no_whole_number_is_refused(text: str) -> None:
    with pytest.raises(UserError, match=r"schedule\.steps must be a whole number, not "):
        override(f"schedule.steps={text}")


def test_a_part_and_its_arguments_may_come_in_any_order() -> None:
    arguments = ["algorithm.loss.real_target=0.8", "algorithm.regularizers.0.gamma=2"]
    parts = ["algorithm.loss=NonSaturating", "algorithm.regularizers=[{target: 'ganbench.regularizers:R1'}]"]
    one, other = override(*arguments, *parts), override(*parts, *arguments)
    assert one == other
    assert one.algorithm.kwargs["loss"] == Spec(NonSaturating, real_target=0.8)
    assert one.algorithm.kwargs["regularizers"] == (Spec(R1, gamma=2.0),)
    assert override("data.path=b", "data=folder:a").data.kwargs["path"] == "b"


def test_settings_that_fit_only_together_may_come_in_any_order() -> None:
    for words in (
        ("schedule.batch=9", "schedule.microbatches=3"),
        ("schedule.microbatches=3", "schedule.batch=9"),
    ):
        assert (override(*words).schedule.batch, override(*words).schedule.microbatches) == (9, 3)
    rates = override("schedule.learning_rate.end=0.2", "schedule.steps=5", "schedule.learning_rate=Linear")
    assert rates.schedule.learning_rate == Spec(Linear, end=0.2)
    with pytest.raises(UserError, match="schedule has no key 'step'; did you mean 'steps'"):
        override("schedule.batch=9", "schedule.step=3")


def test_a_key_given_twice_is_refused() -> None:
    with pytest.raises(UserError, match=r"^schedule\.steps is given twice; leave one of the two out$"):
        override("schedule.steps=3", "schedule.batch=4", "schedule.steps=4")


# Overrides that replace a part


@pytest.mark.parametrize(
    ("assignment", "part"),
    [
        ("algorithm.loss=Hinge", Spec(Hinge)),
        ("algorithm.loss=ganbench.losses:Hinge", Spec(Hinge)),
        ("schedule.learning_rate=Linear", Spec(Linear)),
        ("optimizers.G=SGD", Spec(torch.optim.SGD)),
        ("optimizers.G=torch.optim:RMSprop", Spec(torch.optim.RMSprop)),
        ("networks.D=MLPDiscriminator", Spec(MLPDiscriminator)),
        ("latent=Gaussian", Spec(Gaussian)),
        ("algorithm.regularizers.0=R1", Spec(R1)),
        ("algorithm.augmentation=ADA", Spec(ADA)),  # it was None
        ("algorithm.augmentation=ganbench.augment:ADA", Spec(ADA)),
    ],
)
def test_a_part_is_replaced_by_name(assignment: str, part: Spec) -> None:
    assert value_at(override(assignment), tuple(assignment.partition("=")[0].split("."))) == part


def test_a_data_set_is_replaced_by_name_and_keeps_common_arguments() -> None:
    assert override("data=grid25").data == Spec(grid25, points=50, std=0.25)
    assert override("data=mixture1d").data.kwargs == {"points": 50}  # mixture1d has no std
    folder = override("data=folder:some/pictures").data
    assert folder.kwargs == {"path": "some/pictures"}
    assert folder.target.dataset_name == "folder"
    assert override("data=ring8").data == small_recipe().data


@pytest.mark.parametrize(
    ("assignment", "message"),
    [
        ("algorithm.loss=Hing", "there is no part 'Hing' in ganbench.losses; did you mean 'Hinge'?"),
        ("algorithm.augmentation=AD", "there is no part 'AD' in ganbench.augment; did you mean 'ADA'?"),
        ("algorithm.augmentation=os:system", "the recipe names code outside ganbench ('os:system')"),
        (
            "algorithm.augmentation=3",
            "algorithm.augmentation must be a part such as Spec(...) or none, not 3",
        ),
        ("algorithm.loss=os:system", "the recipe names code outside ganbench ('os:system')"),
        ("algorithm.loss=3", "algorithm.loss must be a part such as Spec(...), not 3"),
        ("algorithm.loss=null", "algorithm.loss must be a part such as Spec(...), not None"),
        ("networks.G=3", "networks.G must be a part such as Spec(...), not 3"),
        ("networks=3", "networks must be a part such as Spec(...), not 3"),
        ("networks=[]", "networks must be a part"),
        ("optimizers=[]", "optimizers must be a part"),
        ("data=[]", "data must be a part"),
        ("data=ring9", "there is no data set 'ring9'; did you mean 'ring8'?"),
        ("data=folder", "the data set 'folder' needs a path: write folder:PATH"),
        ("data=ring8:x", "the data set 'ring8' takes no path"),
        ("optimizers.G.lr=fast", "optimizers.G.lr must be a number, not 'fast'"),
        ("optimizers.G.lr=true", "optimizers.G.lr must be a number, not True"),
        ("optimizers.G.lr=nan", "optimizers.G.lr must be a number, not 'nan'"),
        ("optimizers.G.betas=[0.5]", "optimizers.G.betas must be a list of (a number, a number), not [0.5]"),
        ("schedule.steps=null", "schedule.steps must be a whole number, not None"),
        ("schedule.steps=0", "schedule.steps must be at least 1, not 0"),
        ("schedule.microbatches=3", "schedule.batch=8 cannot be divided into 3 microbatches"),
        ("machine.device=tpu", "machine.device must be one of auto, cpu, cuda, mps, not 'tpu'"),
        ("algorithm.regularizers.3.gamma=1", "algorithm.regularizers has no key '3'"),
        ("schedule.steps.more=1", "schedule.steps is 10 and has no keys of its own"),
        # unknown keys: the closest known one is suggested
        ("optimizers.G.learning_rate=1", "optimizers.G has no key 'learning_rate'; did you mean 'lr'?"),
        ("optimizers.E.lr=1", "optimizers has no key 'E'"),
        ("schedule.step=3", "schedule has no key 'step'; did you mean 'steps'?"),
        ("lr=1", "recipe 'small' has no key 'lr'; did you mean 'optimizers.G.lr'?"),
        ("steps=1", "recipe 'small' has no key 'steps'; did you mean 'schedule.steps'?"),
        ("gamma=1", "did you mean 'algorithm.regularizers.0.gamma'?"),
        ("optimizer.G.lr=1", "recipe 'small' has no key 'optimizer.G.lr'; did you mean 'optimizers.G.lr'?"),
        ("name=other", "recipe 'small' has no key 'name'"),
        (".=1", "recipe 'small' has no key '.'"),
    ],
)
def test_an_invalid_override_is_refused(assignment: str, message: str) -> None:
    with pytest.raises(UserError) as caught:
        override(assignment)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


# A recipe as a whole


@pytest.mark.parametrize("key", ["machine", "schedule", "networks", "optimizers"])
def test_a_part_in_place_of_settings_is_refused(key: str) -> None:
    with pytest.raises(
        UserError, match=f"^{key} is no part itself; set the keys below it, as in {key}.KEY=VALUE$"
    ):
        override(f"{key}={{target: 'ganbench.losses:Hinge'}}")


def test_a_recipe_is_immutable() -> None:
    original = small_recipe()
    with pytest.raises(dataclasses.FrozenInstanceError):
        original.name = "other"  # type: ignore[misc]
    with pytest.raises(TypeError):
        original.networks["G"] = Spec(MLPGenerator)  # type: ignore[index]
    with pytest.raises(TypeError):
        del original.optimizers["G"]  # type: ignore[attr-defined]


def test_a_missing_network_is_refused() -> None:
    with pytest.raises(UserError, match=r"^Adversarial needs the networks G, D; recipe 'small' lacks D$"):
        small_recipe(networks={"G": Spec(MLPGenerator)}, optimizers={})


def test_an_optimizer_without_network_is_refused() -> None:
    adam = Spec(torch.optim.Adam)
    with pytest.raises(UserError, match=r"^optimizers.Q: there is no network of that name; known: D, G$"):
        small_recipe(optimizers={"G": adam, "D": adam, "Q": adam})


def test_a_trained_network_without_optimizer_is_refused_before_training() -> None:
    original = small_recipe(optimizers={"G": Spec(torch.optim.Adam)})
    with pytest.raises(UserError, match=r"recipe 'small' trains the network D but has no optimizers.D"):
        make_trainer(original, original.data(), Engine(Machine(threads=1)), seed=0)


def test_a_missing_required_argument_is_refused_before_training() -> None:
    original = small_recipe(algorithm=Spec(Adversarial))
    with pytest.raises(UserError, match=r"algorithm: Adversarial needs 'loss'; set algorithm.loss=VALUE"):
        make_trainer(original, original.data(), Engine(Machine(threads=1)), seed=0)
    other = override("schedule.learning_rate=Step")
    with pytest.raises(UserError, match="Step needs 'every', 'factor'"):
        make_trainer(other, other.data(), Engine(Machine(threads=1)), seed=0)


# Serialisation


@pytest.mark.parametrize(
    ("name", "budget"),
    [(n, b) for n, f in recipe_functions().items() for b in f.budgets],  # type: ignore[attr-defined]
)
def test_every_recipe_round_trips_through_json_and_yaml(name: str, budget: Budget) -> None:
    original = recipe_functions()[name](budget=budget)
    stored = original.to_dict()
    assert Recipe.from_dict(json.loads(json.dumps(stored, allow_nan=False))) == original
    assert Recipe.from_dict(yaml.safe_load(yaml.safe_dump(stored))) == original
    assert original.name == name


def test_non_default_values_round_trip_through_json() -> None:
    original = small_recipe(
        schedule=Schedule(
            steps=3, batch=4, ema_half_life=7.0, learning_rate=Spec(Stages, values=(0.1, 1), at=(0.5,))
        ),
        machine=Machine(device="cpu", precision="bf16", threads=2, channels_last=False),
        budget="laptop",
    )
    back = Recipe.from_dict(json.loads(json.dumps(original.to_dict())))
    assert back == original
    assert back != small_recipe()
    assert back.schedule.learning_rate()(0, 10) == 0.1
    assert back.papers == (Paper("A title", 2014, "1406.2661", ("A. Name", "B. Name")),)


def delete(*keys: str) -> Any:
    def damage(data: dict[str, Any]) -> None:
        for key in keys[:-1]:
            data = data[key]
        del data[keys[-1]]

    return damage


def put(value: Any, *keys: str) -> Any:
    def damage(data: dict[str, Any]) -> None:
        for key in keys[:-1]:
            data = data[key]
        data[keys[-1]] = value

    return damage


@pytest.mark.parametrize(
    "damage",
    [
        *[delete(key) for key in small_recipe().to_dict()],
        delete("schedule", "learning_rate"),
        delete("schedule", "steps"),
        delete("networks", "D"),
        delete("data", "target"),
        put(2, "format"),
        put("1", "format"),
        put("ring8", "data"),
        put(None, "data"),
        put([], "networks"),
        put([1], "networks"),
        put({"G": 3, "D": 3}, "networks"),
        put([], "optimizers"),
        put([], "schedule"),
        put("many", "schedule", "steps"),
        put(1.5, "schedule", "steps"),
        put(1, "schedule", "surprise"),
        put(0.5, "schedule", "learning_rate"),
        put("tpu", "machine", "device"),
        put(1, "machine", "surprise"),
        put(None, "machine"),
        put([{"title": "x"}], "papers"),
        put([3], "papers"),
        put(3, "papers"),
        put([{"title": "x", "year": 2014, "authors": "064"}], "papers"),
        put([{"title": "x", "year": "soon"}], "papers"),
        put(3, "name"),
        put(["x"], "summary"),
        put({"target": "os:system"}, "algorithm"),
        put({"target": "os:system"}, "networks", "Q"),
        put({"target": 3}, "latent"),
        put("x", "latent", "size"),
        put(1, "latent", "surprise"),
    ],
)
def test_a_damaged_recipe_is_refused(damage: Any) -> None:
    data = small_recipe().to_dict()
    assert Recipe.from_dict(copy.deepcopy(data)) == small_recipe()
    damage(data)
    with pytest.raises(UserError):
        Recipe.from_dict(data)


def test_the_decorator_sets_the_public_name_and_requires_a_budget() -> None:
    def my_own_gan(budget: Budget = "reference") -> Recipe:
        return small_recipe()

    assert recipe(my_own_gan) is my_own_gan
    assert my_own_gan.recipe_name == "my-own-gan"  # type: ignore[attr-defined]
    with pytest.raises(TypeError, match="takes no budget"):
        recipe(lambda: small_recipe())


def test_a_part_can_be_added_to_an_empty_list() -> None:
    assignments = ['algorithm.regularizers=[{target: "ganbench.regularizers:R1", gamma: 3.0}]']
    changed = find_recipe("gan-ring8", "laptop").override(parse_overrides(assignments))
    assert changed.algorithm.kwargs["regularizers"] == (Spec(R1, gamma=3.0),)


def test_a_users_part_must_be_trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "own_loss.py").write_text(
        "from ganbench.losses import Hinge\n\n\nclass Own(Hinge):\n    pass\n"
    )
    module = import_file(tmp_path / "own_loss.py")
    monkeypatch.setitem(sys.modules, "own_loss", module)
    recipe = find_recipe("gan-ring8", "laptop")
    with pytest.raises(UserError, match="--module"):
        recipe.override({"algorithm.loss": "own_loss:Own"})
    changed = recipe.override({"algorithm.loss": "own_loss:Own"}, trusted={"own_loss"})
    assert changed.algorithm.kwargs["loss"] == Spec(module.Own)
