"""The rules that give the source its shape, held by reading it."""

from __future__ import annotations

import ast
import graphlib
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

import ganbench
from ganbench.recipes.registry import recipe_functions

ROOT = Path(ganbench.__file__).parent
FILES = sorted(ROOT.rglob("*.py"))
NAMES = [str(f.relative_to(ROOT)) for f in FILES]
GAN = ("algorithms", "losses", "regularizers", "networks", "recipes")

#: The packages from top to bottom. An import may only go down this list.
LAYERS = (
    "cli",
    "playground",
    "serve",
    "dashboard",
    "export",
    "report",
    "studies",
    "experiment",
    "evaluation",
    "health",
    "visualization",
    "inference",
    "runs",
    "auto",
    "recipes",
    "algorithms",
    "regularizers",
    "augment",
    "networks",
    "training",
    "metrics",
    "conditioning",
    "latents",
    "data",
    "layers",
    "losses",
    "config",
    "zoo",
    "utils",
    "errors",
)

#: Modules at the package root that are no layer: the public names, ``python -m ganbench``, and shims of old names.
ROOT_MODULES = {"__init__", "__main__", "errors", "recipe", "spec", "settings"}

#: What a package must not import although it lies above: directly or by way of other modules of ganbench.
FORBIDDEN = {
    "training": ("metrics", "conditioning", "latents"),
    "algorithms": ("networks", "metrics", "training.engine", "training.trainer"),
    "visualization": ("health",),
}


def module_of(path: Path) -> str:
    parts = ("ganbench", *path.relative_to(ROOT).with_suffix("").parts)
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module_of(f): f for f in FILES}


def imports(tree: ast.AST) -> Iterator[str]:
    """The dotted names that a module imports anywhere, a name taken from a package included."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            assert node.module is not None
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                yield inner if inner in MODULES else node.module


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


@cache
def graph() -> dict[str, set[str]]:
    """Which modules of ganbench each module imports, wherever in the file the import stands."""
    return {name: {i for i in imports(tree_of(path)) if i in MODULES} for name, path in MODULES.items()}


def package_of(module: str) -> str:
    return [*module.split("."), ""][1]


def upward(edges: dict[str, set[str]]) -> list[tuple[str, str]]:
    """The imports that go up the list of layers, or from a layer to the package root."""
    rank = {package: i for i, package in enumerate(LAYERS)}
    wrong = []
    for module, targets in edges.items():
        for target in targets:
            one, other = package_of(module), package_of(target)
            if one in rank and one != other and (other not in rank or rank[other] < rank[one]):
                wrong.append((module, target))
    return sorted(wrong)


def circles(edges: dict[str, set[str]]) -> list[tuple[str, ...]]:
    """The first circle of imports, as its nodes; an empty list if there is none."""
    try:
        tuple(graphlib.TopologicalSorter(edges).static_order())
    except graphlib.CycleError as error:
        return [tuple(error.args[1])]
    return []


def test_every_package_has_its_layer() -> None:
    packages = {f.name for f in ROOT.iterdir() if f.is_dir() and f.name != "__pycache__"}
    assert packages | {"errors"} == set(LAYERS)


def test_imports_only_go_down() -> None:
    assert upward(graph()) == []


def test_no_circle_between_files() -> None:
    assert circles(graph()) == []


def test_no_circle_between_packages() -> None:
    """Packages within packages, such as ``data.io``, count as parts of their parent."""
    edges: dict[str, set[str]] = {}
    for module, targets in graph().items():
        if package_of(module) in LAYERS:
            edges.setdefault(package_of(module), set()).update(
                {package_of(t) for t in targets} - {package_of(module)}
            )
    assert len(edges) == len(LAYERS)
    assert circles(edges) == []


def test_the_root_holds_only_what_it_must() -> None:
    assert {f.stem for f in ROOT.glob("*.py")} == ROOT_MODULES


def test_the_checks_see_what_is_wrong() -> None:
    up, down = {"ganbench.losses.hinge": {"ganbench.data.base"}}, {"ganbench.data.base": {"ganbench.errors"}}
    assert upward(up | down) == [("ganbench.losses.hinge", "ganbench.data.base")]
    assert upward({"ganbench.utils.files": {"ganbench"}}) == [("ganbench.utils.files", "ganbench")]
    assert circles({"a": {"b"}, "b": {"c"}, "c": {"a"}}) != []


def offences(package: str, names: Iterator[str]) -> set[str]:
    forbidden = [f"ganbench.{f}" for f in FORBIDDEN[package]]
    return {n for n in names if any(n == f or n.startswith(f + ".") for f in forbidden)}


@pytest.mark.parametrize("package", FORBIDDEN)
def test_a_package_imports_nothing_that_it_must_not_know(package: str) -> None:
    inside = [m for m in MODULES if m.startswith(f"ganbench.{package}.") or m == f"ganbench.{package}"]
    assert len(inside) > 2
    found = {module: offences(package, imports(tree_of(MODULES[module]))) for module in inside}
    assert {module: names for module, names in found.items() if names} == {}


def test_the_walker_sees_imports_of_every_form() -> None:
    source = """
import ganbench.metrics.intervals
from ganbench import metrics
from ganbench.latents import distributions, Gaussian
def f():
    from ganbench.conditioning.base import Conditioning
if TYPE_CHECKING:
    import ganbench.metrics.base as b
import ganbench.errors
"""
    assert offences("training", imports(ast.parse(source))) == {
        "ganbench.metrics.intervals",
        "ganbench.metrics",
        "ganbench.latents.distributions",
        "ganbench.latents",
        "ganbench.conditioning.base",
        "ganbench.metrics.base",
    }


@cache
def reached(start: str) -> set[str]:
    """Every module of ganbench that importing a module brings along at once, itself included."""
    todo, seen = [start], set[str]()
    while todo:
        module = todo.pop()
        if module in seen or module not in MODULES:
            continue
        seen.add(module)
        body = tree_of(MODULES[module]).body
        at_once = [n for n in body if isinstance(n, ast.Import | ast.ImportFrom)]
        todo += [*imports(ast.Module(at_once, [])), module.rpartition(".")[0]]
    return seen


@pytest.mark.parametrize("package", ["training", "visualization"])
def test_nor_by_way_of_others(package: str) -> None:
    for module in MODULES:
        if module.startswith(f"ganbench.{package}."):
            assert offences(package, iter(reached(module))) == set(), module


def test_the_walker_follows_imports() -> None:
    assert {"ganbench.training.trainer", "ganbench.data", "ganbench.data.base"} <= reached(
        "ganbench.experiment.build_trainer"
    )
    assert "ganbench.losses.hinge" in reached("ganbench.recipes.gan")


def calls(tree: ast.AST) -> Iterator[tuple[str, ast.Call]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield ast.unparse(node.func), node


def keyword(call: ast.Call, name: str) -> str | None:
    return next((ast.unparse(k.value) for k in call.keywords if k.arg == name), None)


def unsafe(tree: ast.AST) -> list[str]:
    found = [
        n
        for n in imports(tree)
        if n.split(".")[0] in ("pickle", "dill", "cloudpickle", "joblib", "shelve", "marshal")
    ]
    for name, call in calls(tree):
        last = name.rpartition(".")[2]
        if name in ("eval", "exec", "compile", "__import__", "os.system"):
            found.append(name)
        if name in ("torch.load", "torch.hub.load") and keyword(call, "weights_only") != "True":
            found.append(name)
        if name in ("np.load", "numpy.load") and keyword(call, "allow_pickle") != "False":
            found.append(name)
        if name.startswith("yaml.") and last in ("load", "unsafe_load", "full_load", "load_all"):
            found.append(name)
        if keyword(call, "shell") == "True" or keyword(call, "allow_pickle") == "True":
            found.append(f"{name}(...)")
    return found


@pytest.mark.parametrize("path", FILES, ids=NAMES)
def test_nothing_that_is_read_can_run_code(path: Path) -> None:
    assert unsafe(tree_of(path)) == []


@pytest.mark.parametrize(
    "source",
    [
        "import pickle",
        "from pickle import loads",
        "torch.load(f)",
        "torch.load(f, weights_only=False)",
        "np.load(f)",
        "np.load(f, allow_pickle=True)",
        "yaml.load(text)",
        "eval('1')",
        "exec(code)",
        "subprocess.run(x, shell=True)",
    ],
)
def test_the_check_sees_what_could_run_code(source: str) -> None:
    assert unsafe(ast.parse(source)) != []
    assert unsafe(ast.parse("yaml.safe_load(t); np.load(f, allow_pickle=False); m.eval()")) == []


@pytest.mark.parametrize("path", FILES, ids=NAMES)
def test_a_file_opens_with_a_docstring_and_stays_short(path: Path) -> None:
    docstring = ast.get_docstring(tree_of(path))
    assert docstring
    assert re.search(r"[.)!]$", docstring.splitlines()[0]), "the first line is a sentence"
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 300


def words(tree: ast.AST) -> set[str]:
    """Every text that is compared with, looked for, or a case of a match statement."""
    nodes: list[ast.AST] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Compare):
            nodes += [node.left, *node.comparators]
        elif isinstance(node, ast.match_case):
            nodes.append(node.pattern)
        elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith((".startswith", ".endswith")):
            nodes += node.args
    texts = {n.value for outer in nodes for n in ast.walk(outer) if isinstance(n, ast.Constant)}
    return {t for t in texts if isinstance(t, str)}


@cache
def model_names() -> set[str]:
    recipes = set(recipe_functions())
    families = {part for name in recipes for part in (name.split("-")[0], name)}
    classes = {
        node.name
        for package in GAN
        for path in (ROOT / package).rglob("*.py")
        for node in tree_of(path).body
        if isinstance(node, ast.ClassDef)
    }
    return {n.lower() for n in recipes | families | classes} | {
        "wgan",
        "sngan",
        "biggan",
        "cyclegan",
        "infogan",
    }


#: Words that are a model's name, too, in packages where they mean something else.
OTHER_MEANINGS = {"studies": {"cut"}}  # the status of a run that was interrupted


@pytest.mark.parametrize("path", FILES, ids=NAMES)
def test_nobody_asks_for_a_models_name(path: Path) -> None:
    asked = {w for w in words(tree_of(path)) if w.lower().rstrip("-_") in model_names()}
    assert asked - OTHER_MEANINGS.get(path.relative_to(ROOT).parts[0], set()) == set()


@pytest.mark.parametrize(
    "source",
    [
        "if name == 'dcgan': pass",
        "if recipe.name in ('gan-ring8', 'x'): pass",
        "match name:\n    case 'dcgan': pass",
        "if name.startswith('dcgan'): pass",
        "x = 1 if type(loss).__name__ == 'Hinge' else 2",
    ],
)
def test_the_check_sees_branches_on_names(source: str) -> None:
    assert {w.lower() for w in words(ast.parse(source))} & model_names()
