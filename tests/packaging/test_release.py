"""The version, the changelog, the citation and the conda recipe say the same."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
CHANGELOG = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
CONDA: dict[str, Any] = yaml.safe_load((ROOT / "conda" / "recipe.yaml").read_text(encoding="utf-8"))
#: Distributions that conda has under another name.
CONDA_NAMES = {"torch": "pytorch", "matplotlib": "matplotlib-base"}
SECTIONS = ("Added", "Changed", "Deprecated", "Removed", "Fixed", "Security")


def releases() -> dict[str, str]:
    """Return the text of each release of the changelog by its heading, the newest first."""
    heading, *parts = re.split(r"^## (.+)$", CHANGELOG, flags=re.MULTILINE)
    assert heading.startswith("# Changelog")
    return dict(zip(parts[::2], parts[1::2], strict=True))


def test_the_changelog_begins_with_unreleased_and_then_this_version() -> None:
    unreleased, newest, *_ = releases()
    assert unreleased == "[Unreleased]"
    assert re.fullmatch(rf"\[{re.escape(PROJECT['version'])}\] - \d{{4}}-\d\d-\d\d", newest)


def test_the_sections_of_each_release_are_in_the_order_of_keep_a_changelog() -> None:
    for heading, text in releases().items():
        sections = re.findall(r"^### (.+)$", text, re.MULTILINE)
        assert sections == [name for name in SECTIONS if name in sections], heading


def test_each_release_has_a_link_to_what_changed() -> None:
    versions = [heading.partition("]")[0].removeprefix("[") for heading in releases()]
    links = dict(re.findall(r"^\[(.+)\]: (\S+)$", CHANGELOG, re.MULTILINE))
    assert list(links) == versions
    for newer, older in zip(versions, [*versions[1:], None], strict=True):
        tag = "HEAD" if newer == "Unreleased" else f"v{newer}"
        path = f"releases/tag/{tag}" if older is None else f"compare/v{older}...{tag}"
        assert links[newer] == f"{PROJECT['urls']['Homepage']}/{path}"


def test_the_citation_names_this_version_and_its_date() -> None:
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    heading = f"[{citation['version']}] - {citation['date-released']}"
    assert list(releases())[1] == heading


def test_the_conda_recipe_is_of_this_version_and_license() -> None:
    assert CONDA["context"]["version"] == PROJECT["version"]
    assert CONDA["about"]["license"] == PROJECT["license"]
    assert CONDA["about"]["homepage"] == PROJECT["urls"]["Homepage"]


def test_the_conda_recipe_needs_what_the_package_needs() -> None:
    bounds = [f"python{PROJECT['requires-python']}", *PROJECT["dependencies"]]
    expected = {CONDA_NAMES.get(name, name): bound for name, bound in map(_split, bounds)}
    assert dict(line.split(" ") for line in CONDA["requirements"]["run"]) == expected
    assert CONDA["build"]["noarch"] == "python"
    (script,) = PROJECT["scripts"].items()
    assert CONDA["build"]["python"]["entry_points"] == [" = ".join(script)]


def _split(requirement: str) -> tuple[str, str]:
    name, bound = re.split("(?==|>)", requirement, maxsplit=1)
    return name, bound
