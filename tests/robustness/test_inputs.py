"""Anything typed as overrides or in a recipe file is used exactly as typed, or is refused in one sentence."""

from __future__ import annotations

import contextlib
import functools
import io
import json
import random
import re
import sys
import traceback
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import typer.main
from tests.support.recording import record, repetitions
from tests.support.typed import Typed, close_to, flatten, flow, misspelt, plain, problem, read_record, typed

from ganbench.cli.main import main
from ganbench.config.dotted_keys import paths
from ganbench.recipes.registry import find_recipe

UNKNOWN: Typed = "["  # text that may have any meaning in YAML
INPUTS, SEED = repetitions(5000, 125), 0  # of each kind
RECIPES = (
    "gan-r1-ring8", "wgan-gp-grid25", "dcgan-mnist", "sagan-cifar10", "cyclegan-mnist", "infogan-mnist", "bigan-mnist",
    "congan-cifar10-3", "simsiam-gan-cifar10", "veegan-ring8",
)  # fmt: skip
Place = tuple[str, ...]


@pytest.fixture(autouse=True)
def fast_start(monkeypatch: pytest.MonkeyPatch) -> None:
    """Build the commands once, not for every input."""
    monkeypatch.setattr(typer.main, "get_command", functools.cache(typer.main.get_command))


def show(*words: str) -> tuple[int, str, str]:
    """Call ``ganbench show`` in this process; a traceback has exit code 1, as in a process."""
    out, err, code = io.StringIO(), io.StringIO(), 0
    with (
        pytest.MonkeyPatch.context() as patch,
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
    ):
        patch.setattr(sys, "argv", ["ganbench", "show", "--json", *words])
        try:
            main()
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else 1 if end.code else 0
        except BaseException:  # noqa: BLE001
            traceback.print_exc()
            code = 1
    return code, out.getvalue(), err.getvalue()


@functools.cache
def example(name: str) -> tuple[dict[Place, Any], dict[str, Any], tuple[str, ...]]:
    """Return the values of a recipe by path, the recipe as stored, and its dotted keys."""
    recipe = find_recipe(name, "laptop")
    parts = ("data", "latent", "networks", "algorithm", "optimizers", "schedule", "machine")
    keys = {key for part in parts for key in paths(getattr(recipe, part), part)}
    keys |= {key.rpartition(".")[0] for key in keys}
    stored = json.loads(json.dumps(recipe.to_dict()))
    leaves = [".".join(place) for place, value in flatten(stored).items() if isinstance(value, int | float)]
    common = [key for key in leaves if key.partition(".")[0] in parts] * 3
    return flatten(stored), stored, (*sorted(keys - {""}), *common)


def judge(words: list[str], given: dict[Place, Typed], before: dict[Place, Any]) -> tuple[str, str]:
    """Run ``show``; return "used" or "refused", or else what is wrong: "traceback", "silent" or "message", and why."""
    code, out, err = show(*words)
    if code not in (0, 2) or "Traceback" in err:
        return "traceback", err
    if code == 2:
        one_sentence = err.startswith("error: ") and err.count("\n") == 1 and len(err) < 2100 and not out
        return ("refused", "") if one_sentence else ("message", err[:3000])
    try:
        after = read_record(out)
    except ValueError as error:
        return "silent", str(error)
    for path, value in given.items():
        try:
            if value is not UNKNOWN and (wrong := problem(value, value_at(after, path))):
                return "silent", f"{path}: {wrong}"
        except LookupError:
            return "silent", f"{path} is ignored"
    for path, value in flatten(after).items():
        meant = any(path[: len(g)] == g or g[: len(path)] == path for g in given)
        if not meant and path in before and before[path] != value:
            return "silent", f"{path} changed, too: {before[path]!r} became {value!r}"
    return "used", ""


def value_at(tree: Any, path: Place) -> Any:
    for key in path:
        tree = tree[int(key)] if isinstance(tree, list) else tree[key]
    return tree


def changes(rng: random.Random, name: str) -> dict[str, Typed]:
    """Return what is typed for one to three keys of a recipe: half of it close to the present value."""
    before, _, keys = example(name)
    made: dict[str, Typed] = {}
    for _ in range(rng.choice([1, 1, 1, 1, 2, 3])):
        key = rng.choice(keys)
        present = before.get(tuple(key.split(".")))
        if rng.random() < 0.05:
            key = misspelt(rng, key)
        value = typed(rng) if present is None or rng.random() < 0.5 else close_to(rng, present)
        made[key] = value if isinstance(value, str) or plain(value) else rng.choice(["1", "0.5"])
    return made


def short_file(rng: random.Random, name: str, as_json: bool) -> tuple[str, dict[Place, Typed]]:
    """Return a file that extends a recipe, and the typed values by path as far as their meaning is plain."""
    made = changes(rng, name)
    entries = {"extends": name, "budget": "laptop"}
    lines = [
        f"{json.dumps(k) if as_json else k}: {json.dumps(v) if as_json else v}" for k, v in entries.items()
    ]
    for key, value in made.items():
        text = as_json_text(value) if as_json else flow(value)
        nested = key.split(".") if rng.random() < 0.5 else [key]
        if as_json:
            line = ": {".join(f"{json.dumps(k)}" for k in nested) + f": {text}" + "}" * (len(nested) - 1)
        elif plain(value) and rng.random() < 0.5:
            line = ": {".join(nested) + f": {text}" + "}" * (len(nested) - 1)
        else:
            line = "".join(f"{'  ' * i}{k}:\n" for i, k in enumerate(nested))[:-1] + f" {text}"
        lines.append(line)
    text = "{" + ",\n".join(lines) + "}" if as_json else "\n".join(lines) + "\n"
    # YAML reads a key such as 00 as the number 0
    places = {key: tuple(str(int(k)) if k.isdecimal() else k for k in key.split(".")) for key in made}
    return text, {places[key]: v if as_json or plain(v) else UNKNOWN for key, v in made.items()}


def whole_file(rng: random.Random, stored: dict[str, Any], as_json: bool) -> tuple[str, dict[Place, Typed]]:
    """Return a whole recipe with one or two values that are replaced, lost or renamed."""
    tree, given = json.loads(json.dumps(stored)), dict[Place, Typed]()
    for _ in range(rng.choice([1, 1, 2])):
        place = rng.choice(sorted(flatten(tree)))
        place = place[: rng.randrange(1, len(place) + 1)]
        node = tree
        for key in place[:-1]:
            node = node[int(key)] if isinstance(node, list) else node[key]
        key = int(place[-1]) if isinstance(node, list) else place[-1]
        kind, value = rng.random(), typed(rng)
        if kind < 0.1:
            del node[key]
            given[place[:-1] if isinstance(node, list) else place] = UNKNOWN
        elif kind < 0.2 and isinstance(node, dict):
            node[misspelt(rng, str(key))] = node.pop(key)
        elif as_json or plain(value):
            node[key] = Raw(value)
            given[place] = value
    text = render(tree, as_json)
    return text, {k: v for k, v in given.items() if not any(k != g and g == k[: len(g)] for g in given)}


@dataclass(frozen=True)
class Raw:
    """A value in a recipe that is written as it was typed."""

    value: Typed


def render(tree: Any, as_json: bool) -> str:
    """Return a recipe as JSON, or as YAML that looks like it."""
    if isinstance(tree, Raw):
        return as_json_text(tree.value) if as_json else flow(tree.value)
    if isinstance(tree, dict):
        return "{" + ", ".join(f"{json.dumps(k)}: {render(v, as_json)}" for k, v in tree.items()) + "}"
    return (
        "[" + ", ".join(render(v, as_json) for v in tree) + "]"
        if isinstance(tree, list)
        else json.dumps(tree)
    )


def as_json_text(value: Typed) -> str:
    """Return a typed value as JSON: what JSON knows as a number, true, false or null, and the rest as text."""
    if isinstance(value, str):
        known = re.fullmatch(
            r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?|true|false|null|NaN|-?Infinity", value
        )
        return value if known else json.dumps(value)
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(k)}: {as_json_text(v)}" for k, v in value.items()) + "}"
    return "[" + ", ".join(map(as_json_text, value)) + "]"


def report(kind: str, counts: Counter[str], faults: list[str]) -> None:
    record(
        f"{kind} as typed by anyone", tried=counts.total(), used=counts["used"], refused=counts["refused"],
        silent=counts["silent"], tracebacks=counts["traceback"],
    )  # fmt: skip
    assert faults == []
    assert counts["used"] > counts.total() // 20
    assert counts["refused"] > counts.total() // 20


def test_overrides_arrive_as_typed_or_are_refused() -> None:
    rng, counts, faults = random.Random(SEED), Counter[str](), list[str]()
    for _ in range(INPUTS):
        name = rng.choice(RECIPES)
        before, _, _ = example(name)
        made = changes(rng, name)
        words = [f"{key}={flow(value)}" for key, value in made.items()]
        if rng.random() < 0.05:
            words[0] = misspelt(rng, words[0])
            made = dict(word.partition("=")[::2] for word in words)
        given = {tuple(key.split(".")): value for key, value in made.items()}
        verdict, why = judge([name, "--budget", "laptop", "--", *words], given, before)
        counts[verdict] += 1
        if verdict not in ("used", "refused"):
            faults.append(f"{name} {words}: {verdict}: {why}")
    report("overrides", counts, faults)


def test_recipe_files_arrive_as_written_or_are_refused(tmp_path: Path) -> None:
    rng, counts, faults = random.Random(SEED), Counter[str](), list[str]()
    for i in range(INPUTS):
        name = rng.choice(RECIPES)
        before, stored, _ = example(name)
        path = tmp_path / f"mine{rng.choice(['.yaml', '.yml', '.json'])}"
        as_json = path.suffix == ".json"
        text, given = whole_file(rng, stored, as_json) if i % 3 == 0 else short_file(rng, name, as_json)
        if rng.random() < 0.15:  # a slip of the hand anywhere
            text, given, before = misspelt(rng, text), {}, {}
        content = text.encode(errors="surrogatepass")
        path.write_bytes(content)
        verdict, why = judge([str(path)], given, before)
        counts[verdict] += 1
        if verdict not in ("used", "refused"):
            faults.append(f"{path.name} {content[-2000:]!r}: {verdict}: {why}")
    report("recipe files", counts, faults)
