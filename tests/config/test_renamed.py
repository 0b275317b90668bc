"""Old names of parts and arguments in recipes, records and overrides."""

from __future__ import annotations

import json
import warnings
from pathlib import Path
from typing import Any

import pytest

from ganbench.cli.main import main
from ganbench.config.renamed import ARGUMENTS, TARGETS, current_part, with_current_names
from ganbench.config.spec import Spec
from ganbench.errors import UserError
from ganbench.networks import SNDCGANDiscriminator, SNDCGANGenerator
from ganbench.recipes.base import Recipe
from ganbench.recipes.registry import find_recipe
from ganbench.studies.plan import recipe_differences

RESULTS = Path(__file__).parents[2] / "results"


@pytest.mark.parametrize("old", TARGETS)
def test_an_old_target_still_loads_with_a_warning(old: str) -> None:
    with pytest.warns(UserWarning, match=f"'{old}' is called '{TARGETS[old]}' now"):
        spec = Spec.from_dict({"target": old})
    assert spec.to_dict()["target"] == TARGETS[old]


@pytest.mark.parametrize("address", [address for address, _ in ARGUMENTS])
@pytest.mark.parametrize(("folded", "patch_size"), [(True, 2), (False, 1)])
def test_folded_is_patch_size(address: str, folded: bool, patch_size: int) -> None:
    with pytest.warns(UserWarning, match="the argument 'folded' of .* is called 'patch_size' now"):
        spec = Spec.from_dict({"target": address, "width": 8, "folded": folded})
    assert spec.to_dict() == {"target": address, "width": 8, "patch_size": patch_size}


def test_a_stored_recipe_with_old_names_loads() -> None:
    recipe = find_recipe("sndcgan-imagenette64", "laptop")
    stored = json.loads(json.dumps(recipe.to_dict()))
    for network in stored["networks"].values():
        assert network.pop("patch_size") == 2
        network["folded"] = True
    with pytest.warns(UserWarning, match="'folded'"):
        assert Recipe.from_dict(stored) == recipe
    with pytest.warns(UserWarning, match="'folded'"):
        assert with_current_names(stored) == recipe.to_dict()
    with pytest.warns(UserWarning, match="'folded'"):
        assert recipe_differences(stored, recipe.to_dict()) == {}


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_every_part_of_a_committed_record_loads() -> None:
    def parts(value: Any) -> list[dict[str, Any]]:
        inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
        own = [value] if isinstance(value, dict) and "target" in value else []
        return own + [part for item in inner for part in parts(item)]

    records = [json.loads(path.read_text()) for path in RESULTS.glob("*/*.json")]
    unique = {json.dumps(part): part for record in records for part in parts(record)}
    assert any(current_part(part) != part for part in unique.values()), "some records have old names"
    for part in unique.values():
        Spec.from_dict(part)


@pytest.mark.parametrize(("network", "target"), [("G", SNDCGANGenerator), ("D", SNDCGANDiscriminator)])
def test_an_override_may_use_an_old_argument(network: str, target: type) -> None:
    recipe = find_recipe("sndcgan-cifar10", "laptop")
    with pytest.warns(UserWarning, match="'folded'"):
        old = recipe.override({f"networks.{network}.folded": True})
    assert old == recipe.override({f"networks.{network}.patch_size": 2})
    assert old.networks[network].target is target
    with (
        pytest.warns(UserWarning, match="'folded'"),
        pytest.raises(UserError, match="must be a whole number"),
    ):
        recipe.override({f"networks.{network}.folded": "big"})


def test_an_override_may_use_an_old_target() -> None:
    recipe = find_recipe("infogan-mnist", "laptop")
    with pytest.warns(UserWarning, match="NoiseAndCodes"):
        assert (
            recipe.override({"latent": "Structured"}).latent.to_dict()["target"]
            == "ganbench.latents:NoiseAndCodes"
        )


def test_the_command_line_accepts_an_old_argument_and_warns(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["show", "sndcgan-cifar10", "--budget", "laptop", "networks.G.folded=true", "--json"]
    monkeypatch.setattr("sys.argv", ["ganbench", *words])
    monkeypatch.setattr(warnings, "showwarning", warnings.showwarning)  # restores what main() replaces
    warnings.simplefilter("always")
    with pytest.raises(SystemExit, match="0"):
        main()
    out, err = capsys.readouterr()
    assert json.loads(out)["networks"]["G"]["patch_size"] == 2
    assert err.startswith("warning: the argument 'folded' of ganbench.networks:SNDCGANGenerator is called")
