from __future__ import annotations

import dataclasses
import json
import math
import sys
import types
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from ganbench.algorithms import Adversarial
from ganbench.config.addresses import PART_PACKAGES
from ganbench.config.spec import Spec, check_value, parameters
from ganbench.data.shapes import shapes
from ganbench.data.toy import ring8
from ganbench.errors import UserError
from ganbench.latents import Uniform
from ganbench.losses import Hinge, NonSaturating
from ganbench.networks import MLPGenerator, SimpleCNNGenerator
from ganbench.regularizers import R1
from ganbench.training.schedule import Linear, Step


def everything(
    *,
    number: float = 0.0,
    whole: int = 0,
    text: str = "",
    flag: bool = False,
    choice: Literal["a", "b"] = "a",
    maybe: float | None = None,
    pair: tuple[float, float] = (0.0, 0.0),
    many: tuple[int, ...] = (),
    part: NonSaturating | None = None,
    parts: Sequence[NonSaturating] = (),
    number_or_tensor: float | torch.Tensor = 0.0,
    anything=None,
) -> dict[str, Any]:
    return dict(locals())


HERE = everything.__module__


# Written: names


def test_an_unknown_argument_is_refused_with_the_closest_known_one() -> None:
    with pytest.raises(UserError, match=r"^Adam has no argument 'learning_rate'; did you mean 'lr'\?$"):
        Spec(torch.optim.Adam, learning_rate=1e-3)
    with pytest.raises(UserError, match=r"^R1 has no argument 'gama'; did you mean 'gamma'\?$"):
        Spec(R1, gama=1.0)
    with pytest.raises(UserError, match=r"^R1 has no argument 'xyzzy'; known: every, gamma$"):
        Spec(R1, xyzzy=1.0)


def test_what_the_trainer_gives_an_optimizer_is_no_argument_of_the_recipe() -> None:
    assert "params" not in parameters(torch.optim.Adam)
    with pytest.raises(UserError, match="no argument 'params'"):
        Spec(torch.optim.Adam, params=())


def test_only_arguments_that_have_names_count() -> None:
    def loose(a: int, /, b: int, *rest: int, c: int = 1, **more: int) -> None: ...

    assert list(parameters(loose)) == ["b", "c"]


# Written: types


@pytest.mark.parametrize(
    ("name", "given", "kept"),
    [
        ("number", 1, 1.0),
        ("number", "1e-3", 1e-3),
        ("number", "0100", 100.0),
        ("whole", "1e3", 1000),
        ("whole", "10_000", 10_000),
        ("whole", 10**30, 10**30),
        ("flag", "yes", True),
        ("whole", 3.0, 3),
        ("maybe", None, None),
        ("maybe", 2, 2.0),
        ("pair", [0, 0.5], (0.0, 0.5)),
        ("pair", [0, "1e-3"], (0.0, 1e-3)),
        ("many", [1, 2, 3], (1, 2, 3)),
        ("many", [], ()),
        ("parts", [], ()),
        ("flag", True, True),
        ("choice", "b", "b"),
        ("number_or_tensor", 1, 1.0),
        ("anything", [1, 2], (1, 2)),
    ],
)
def test_a_value_is_kept_as_its_annotation_has_it(name: str, given: Any, kept: Any) -> None:
    found = Spec(everything, **{name: given}).kwargs[name]
    assert found == kept
    assert type(found) is type(kept)
    if isinstance(kept, tuple):
        assert [type(v) for v in found] == [type(v) for v in kept]


@pytest.mark.parametrize(
    ("name", "given", "words"),
    [
        ("number", "fast", "a number, not 'fast'"),
        ("number", True, "a number, not True"),
        ("number", None, "a number, not None"),
        ("number", math.nan, "a number, not nan"),
        ("number", math.inf, "a number, not inf"),
        ("number", [1.0], "a number, not [1.0]"),
        ("whole", 1.5, "a whole number, not 1.5"),
        ("whole", False, "a whole number, not False"),
        ("text", 3, "text, not 3"),
        ("whole", 1e23, "a whole number, not 1e+23"),
        ("whole", "true", "a whole number, not 'true'"),
        ("whole", "1:30", "a whole number, not '1:30'"),
        ("many", [1, 2.0**53], "a list of a whole number, not [1, 9007199254740992.0]"),
        ("flag", 1, "true or false, not 1"),
        ("flag", 0.0, "true or false, not 0.0"),
        ("flag", "1", "true or false, not '1'"),
        ("flag", "perhaps", "true or false, not 'perhaps'"),
        ("choice", "c", "one of a, b, not 'c'"),
        ("maybe", "much", "a number or none, not 'much'"),
        ("pair", [1.0], "a list of (a number, a number), not [1.0]"),
        ("pair", [True, 0.5], "a list of (a number, a number), not [True, 0.5]"),
        ("pair", 0.5, "a list of (a number, a number), not 0.5"),
        ("many", [1, "two"], "a list of a whole number, not [1, 'two']"),
        ("part", 3, "a part such as Spec(...) or none, not 3"),
        ("parts", [3], "a part such as Spec(...), not [3]"),
        ("number", Spec(R1), "a number, not a part"),
        ("number", [Spec(R1)], "a number, not a part"),
        ("many", [Spec(R1)], "a list of a whole number, not a part"),
        ("parts", [Spec(NonSaturating), 3], "a part such as Spec(...), not 3"),
    ],
)
def test_a_value_of_the_wrong_type_is_refused_and_the_place_named(name: str, given: Any, words: str) -> None:
    with pytest.raises(UserError) as caught:
        Spec(everything, **{name: given})
    wanted = "none" if name == "part" and given is None else words
    assert str(caught.value) == f"everything.{name} must be {wanted}"


@pytest.mark.parametrize(
    ("name", "given", "words"),
    [
        ("part", Spec(MLPGenerator), "a loss, not the network MLPGenerator"),
        ("part", MLPGenerator, "a loss, not the network MLPGenerator"),
        ("parts", [Spec(NonSaturating), Spec(R1)], "a loss, not the regularizer R1"),
    ],
)
def test_a_part_of_another_kind_is_refused(name: str, given: Any, words: str) -> None:
    with pytest.raises(UserError, match=rf"^everything\.{name} must be {words}$"):
        Spec(everything, **{name: given})


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("number", 2**53 + 1),
        ("number", str(2**53 + 1)),
        ("maybe", -(10**23)),
        ("pair", [0, 2**60 + 1]),
        ("number_or_tensor", 2**53 + 1),
    ],
)
def test_a_whole_number_that_a_float_cannot_hold_is_refused(name: str, given: Any) -> None:
    with pytest.raises(UserError, match=rf"^everything\.{name}: .* has more digits than a number can hold$"):
        Spec(everything, **{name: given})
    assert Spec(everything, number=2**60).kwargs["number"] == 2**60


def test_a_stored_argument_whose_name_is_no_text_is_refused() -> None:
    with pytest.raises(UserError, match=r"^Hinge has no argument 5; the names of arguments are text$"):
        Spec.from_dict({"target": "ganbench.losses:Hinge", 5: 5})  # type: ignore[dict-item]


def test_a_part_that_is_required_cannot_be_an_empty_list() -> None:
    with pytest.raises(UserError, match=r"Adversarial.loss must be a part"):
        Spec(Adversarial, loss=[])


def test_check_leaves_a_value_whose_annotation_cannot_be_resolved() -> None:
    assert check_value(3, "SomethingUnknown", "x") == 3
    assert check_value([3], "SomethingUnknown", "x") == (3,)


# Called


def test_calling_builds_the_inner_specs_first_and_adds_what_the_run_knows() -> None:
    made = Spec(
        everything,
        part=Spec(NonSaturating, real_target=0.9),
        parts=[Spec(NonSaturating), Spec(NonSaturating, fake_target=0.1)],
        pair=[1, 2],
    )(number=5.0)
    assert made["part"] == NonSaturating(real_target=0.9)
    assert made["parts"] == (NonSaturating(), NonSaturating(fake_target=0.1))
    assert made["pair"] == (1.0, 2.0)
    assert made["number"] == 5.0


def test_accepts_tells_which_arguments_are_left_open() -> None:
    spec = Spec(MLPGenerator, latent=3)
    assert spec.accepts("shape")
    assert not spec.accepts("latent")
    assert not spec.accepts("colour")


def test_a_refusal_of_the_target_is_the_users_error() -> None:
    with pytest.raises(UserError, match=r"^Adam: Invalid learning rate"):
        Spec(torch.optim.Adam, lr=-1.0)(params=[torch.nn.Parameter(torch.zeros(1))])


def test_a_missing_argument_is_the_users_error() -> None:
    with pytest.raises(UserError, match=r"^Step needs 'every', 'factor'$"):
        Spec(Step)()


def test_a_type_error_of_the_target_itself_is_not_hidden() -> None:
    def broken(a: int = 0) -> int:
        return a + "b"  # type: ignore[operator]

    with pytest.raises(TypeError, match="unsupported operand"):
        Spec(broken)()


# Equal and unchanging


def test_equal_specs_are_equal_and_hash_alike_in_any_order_of_arguments() -> None:
    one, other = Spec(R1, gamma=1, every=2), Spec(R1, every=2, gamma=1.0)
    assert one == other
    assert hash(one) == hash(other)
    assert one != Spec(R1, gamma=1)
    assert one != Spec(R1, gamma=1, every=3)
    assert Spec(Hinge) != Spec(NonSaturating)
    assert one != "R1"
    assert len({one, other, Spec(Hinge)}) == 2


def test_a_spec_never_changes() -> None:
    spec = Spec(R1, gamma=1)
    with pytest.raises(AttributeError, match="never changes"):
        spec.target = Hinge  # type: ignore[misc]
    with pytest.raises(TypeError):
        spec.kwargs["gamma"] = 2.0  # type: ignore[index]
    other = spec.replace(gamma=3, every=2)
    assert (spec.kwargs, other.kwargs) == ({"gamma": 1.0}, {"gamma": 3.0, "every": 2})
    with pytest.raises(UserError, match="no argument 'gama'"):
        spec.replace(gama=1)


def test_repr_reads_like_the_source() -> None:
    spec = Spec(Adversarial, loss=Spec(Hinge), critic_steps=2)
    assert repr(spec) == "Spec(Adversarial, loss=Spec(Hinge), critic_steps=2)"


# Stored

finite = st.floats(allow_nan=False, allow_infinity=False)
whole = st.integers(-(2**53), 2**53)
values = st.fixed_dictionaries(
    {},
    optional={
        "number": finite,
        "whole": whole,
        "text": st.text(),
        "flag": st.booleans(),
        "choice": st.sampled_from(["a", "b"]),
        "maybe": st.none() | finite,
        "pair": st.tuples(finite, finite),
        "many": st.lists(whole).map(tuple),
        "part": st.builds(lambda t: Spec(NonSaturating, real_target=t), finite),
        "parts": st.lists(st.builds(lambda t: Spec(NonSaturating, fake_target=t), finite)).map(tuple),
        "anything": st.tuples(finite, st.text(), st.booleans(), st.none(), st.tuples(whole)),
    },
)


@given(values)
def test_json_gives_back_an_equal_spec(kwargs: Mapping[str, Any]) -> None:
    spec = Spec(everything, **kwargs)
    text = json.dumps(spec.to_dict(), allow_nan=False)
    back = Spec.from_dict(json.loads(text), trusted=(HERE,))
    assert back == spec
    assert hash(back) == hash(spec)
    assert json.dumps(back.to_dict()) == text
    assert {k: type(v) for k, v in back.kwargs.items()} == {k: type(v) for k, v in spec.kwargs.items()}


def test_a_part_is_stored_under_the_package_that_publishes_it() -> None:
    stored = Spec(Adversarial, loss=Spec(Hinge), regularizers=(Spec(R1, gamma=2),), one_pass=True).to_dict()
    assert stored == {
        "target": "ganbench.algorithms:Adversarial",
        "loss": {"target": "ganbench.losses:Hinge"},
        "regularizers": [{"target": "ganbench.regularizers:R1", "gamma": 2.0}],
        "one_pass": True,
    }
    assert Spec(torch.optim.Adam, betas=(0, 0.9)).to_dict() == {
        "target": "torch.optim:Adam",
        "betas": [0.0, 0.9],
    }


@pytest.mark.parametrize(
    "target", [Adversarial, ring8, shapes, Uniform, Hinge, SimpleCNNGenerator, R1, Linear, torch.optim.SGD]
)
def test_every_kind_of_part_is_found_again(target: Any) -> None:
    assert Spec.from_dict(Spec(target).to_dict()).target is target


def test_a_stored_argument_of_the_wrong_type_is_refused() -> None:
    with pytest.raises(UserError, match=r"R1.gamma must be a number, not 'x'"):
        Spec.from_dict({"target": "ganbench.regularizers:R1", "gamma": "x"})


# Stored by a stranger

FOREIGN = [
    "os:system",
    "subprocess:run",
    "builtins:eval",
    "builtins:exec",
    "torch.hub:load",
    "torch:load",
    "torch.nn:Linear",
    "torch.optimx:Adam",
    "ganbench.cli.main:main",
    "ganbench.experiment.train:train",
    "ganbench.runs.checkpoint:save_checkpoint",
    "ganbench.losses_of_mine:Loss",
    "ganbench:train",
    "nosuchmodule:thing",
]


@pytest.mark.parametrize("address", FOREIGN)
def test_code_outside_ganbench_is_refused(address: str) -> None:
    with pytest.raises(UserError, match=r"names code outside ganbench .* name its file with --module$"):
        Spec.from_dict({"target": address})


@pytest.mark.parametrize(
    "address",
    [
        "",
        "Hinge",
        "ganbench.losses:",
        "ganbench.losses",
        "torch.optim:Adam.step",
        "ganbench.losses:Hinge()",
        "ganbench.losses:a b",
        "ganbench.losses:Hinge:more",
        "torch.optim.adam:torch.load",
    ],
)
def test_what_is_not_one_name_in_one_module_is_refused(address: str) -> None:
    with pytest.raises(UserError, match="names no part"):
        Spec.from_dict({"target": address})


@pytest.mark.parametrize(
    "address",
    [
        "ganbench.losses:__class__",
        "ganbench.losses:__init__",
        "ganbench.losses:__getattribute__",
        "ganbench.losses:__builtins__",
        "torch.optim:__loader__",
        "ganbench.data.registry:importlib",  # a module, and not a part
        "ganbench.data.registry:Any",  # imported from elsewhere
        "ganbench.data.registry:Callable",
        "ganbench.data.io.decode:ProcessPoolExecutor",
        "torch.optim.adam:cast",
        "ganbench.losses.non_saturating:_cross_entropy",  # private
        "ganbench.data.audit.prepare:prepare",  # writes a file where its argument says
        "ganbench.data.base:UserError",
        "ganbench.losses:Hing",
    ],
)
def test_only_parts_can_be_named_in_allowed_modules(address: str) -> None:
    with pytest.raises(UserError, match="there is no part"):
        Spec.from_dict({"target": address})


@pytest.mark.parametrize(
    "address",
    ["ganbench.losses.nosuch:Hinge", "ganbench.losses.:Hinge", "torch.optim..:x", "ganbench.losses. os:x"],
)
def test_a_module_that_is_not_there_is_the_users_error(address: str) -> None:
    with pytest.raises(UserError, match="cannot be imported"):
        Spec.from_dict({"target": address})


def test_foreign_code_in_a_nested_part_is_refused() -> None:
    nested = {"target": "ganbench.algorithms:Adversarial", "loss": {"target": "os:system", "command": "true"}}
    with pytest.raises(UserError, match="os:system"):
        Spec.from_dict(nested)
    with pytest.raises(UserError, match="os:system"):
        Spec.from_dict({"target": "ganbench.algorithms:Adversarial", "regularizers": [nested["loss"]]})


def test_a_closest_part_is_offered() -> None:
    with pytest.raises(
        UserError, match=r"there is no part 'Hing' in ganbench.losses; did you mean 'Hinge'\?"
    ):
        Spec.from_dict({"target": "ganbench.losses:Hing"})


def test_a_module_that_is_not_allowed_is_never_imported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "planted.py").write_text("class Part:\n    pass\n")
    monkeypatch.syspath_prepend(tmp_path)
    try:
        for trusted in ((), ("plante",), ("planted.sub",), ("other",)):
            with pytest.raises(UserError, match="outside ganbench"):
                Spec.from_dict({"target": "planted:Part"}, trusted)
            assert "planted" not in sys.modules
        spec = Spec.from_dict({"target": "planted:Part"}, ("planted",))
        assert spec.target is sys.modules["planted"].Part
    finally:
        sys.modules.pop("planted", None)


def test_trust_reaches_nested_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    module = types.ModuleType("my_losses")

    @dataclasses.dataclass(frozen=True)
    class Mine:
        weight: float = 1.0

    Mine.__module__, Mine.__qualname__ = "my_losses", "Mine"
    module.Mine = Mine  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "my_losses", module)
    spec = Spec(Adversarial, loss=Spec(Mine, weight=2), regularizers=(Spec(Mine),))
    stored = spec.to_dict()
    assert stored["loss"]["target"] == "my_losses:Mine"
    assert Spec.from_dict(stored, ("my_losses",)) == spec
    with pytest.raises(UserError, match="my_losses:Mine"):
        Spec.from_dict(stored)


def test_the_allowed_packages_are_few_and_hold_no_machinery() -> None:
    for package in PART_PACKAGES:
        assert package.startswith("ganbench.") or package == "torch.optim"
        assert package not in ("ganbench.training", "ganbench.data.io.decode", "ganbench.cli.main")
