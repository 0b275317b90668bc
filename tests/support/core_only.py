"""Run command lines as after ``pip install ganbench``: what only extras bring cannot be imported.

``python core_only.py`` reads command lines as JSON lists from standard input, runs them in this process, and answers
each with a line of JSON: the exit code, standard output and standard error.
"""

from __future__ import annotations

import contextlib
import importlib.metadata
import io
import json
import sys
import traceback
from collections.abc import Iterable, Sequence
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name


def required_by(distribution: str, seen: set[str] | None = None) -> set[str]:
    """Return the canonical names of a distribution and of all that it requires here without an extra."""
    seen = set() if seen is None else seen
    name = canonicalize_name(distribution)
    if name not in seen:
        seen.add(name)
        for line in importlib.metadata.requires(name) or ():
            requirement = Requirement(line)
            if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
                required_by(requirement.name, seen)
    return seen


def optional_modules() -> set[str]:
    """Return the top-level modules of distributions that neither ganbench nor pytest requires."""
    core = required_by("ganbench") | required_by("pytest")
    return {
        module
        for module, distributions in importlib.metadata.packages_distributions().items()
        if not core & {canonicalize_name(name) for name in distributions}
    }


def hide_extras() -> None:
    """Make what only extras bring impossible to find. Raises RuntimeError if some of it has been imported."""
    hidden = optional_modules()
    if imported := hidden & {name.partition(".")[0] for name in sys.modules}:
        raise RuntimeError(f"already imported: {sorted(imported)}")

    class CoreFinder(PathFinder):
        """Finds modules on ``sys.path``, but not the hidden ones."""

        @classmethod
        def find_spec(
            cls, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
        ) -> ModuleSpec | None:
            is_hidden = fullname.partition(".")[0] in hidden
            return None if is_hidden else super().find_spec(fullname, path, target)

    sys.meta_path[sys.meta_path.index(PathFinder)] = CoreFinder


def run(arguments: list[str]) -> tuple[int, str, str]:
    """Run ``ganbench ARGUMENTS`` in this process."""
    from ganbench.cli.main import main

    sys.argv = ["ganbench", *arguments]
    out, err = io.StringIO(), io.StringIO()
    code: Any = 0
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            main()
        except SystemExit as end:
            code = end.code
        except BaseException:  # noqa: BLE001 (the caller wants the traceback)
            code = 1
            traceback.print_exc()
    return code or 0, out.getvalue(), err.getvalue()


def _serve(requests: Iterable[str]) -> None:
    hide_extras()
    from workers import InlineWorker, use_workers  # tests/support/workers.py

    with use_workers(InlineWorker):
        for line in requests:
            print(json.dumps(run(json.loads(line))), flush=True)


if __name__ == "__main__":
    _serve(sys.stdin)
