"""Settings of all tests: one thread, no time limit for hypothesis, no figures, and no waiting for disks.

Idle threads of a process sleep. Runs trained within a test's process write numbers in place of figures
(``tests.support.training.draw_figures`` draws them) and do not wait for fsync. Processes of the command line do both.
"""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ganbench.utils.openmp import wait_passively

if TYPE_CHECKING:
    from tests.support.command_line import CommandLine

wait_passively()  # before torch is imported
# torch and the like are imported by the functions, since the process that only starts workers needs none of it.

#: Files that take longest are begun first, so that with several workers none is left alone at the end.
LONG_FILES = (
    "robustness/test_resume.py",
    "browser/test_dashboard.py",
    "cli/test_main.py",
    "contracts/test_networks.py",
    "contracts/test_recipes_build.py",
    "export/test_formats.py",
    "cli/test_study.py",
    "robustness/test_processes.py",
    "robustness/test_full_disk.py",
    "robustness/test_run_files.py",
    "robustness/test_kill.py",
    "experiment/test_train.py",
    "docs/test_extending.py",
    "browser/test_report.py",
)


def pytest_configure(config: pytest.Config) -> None:
    if getattr(config.option, "dist", "no") == "no" or hasattr(config, "workerinput"):
        import hypothesis

        hypothesis.settings.register_profile("shared-machine", deadline=None, print_blob=True)
        hypothesis.settings.load_profile("shared-machine")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    places = {Path(__file__).parent / name: place for place, name in enumerate(LONG_FILES)}
    missing = [str(path) for path in places if not path.exists()]
    if missing:
        raise pytest.UsageError(f"tests/conftest.py names files that do not exist: {', '.join(missing)}")
    items.sort(key=lambda item: places.get(item.path, len(places)))  # a stable sort: files stay together


def pytest_collection_finish() -> None:
    gc.collect()
    gc.freeze()  # what is imported and collected stays until the end, so do not look for garbage in it


@pytest.fixture(autouse=True, scope="session")
def no_waiting() -> Iterator[None]:
    from tests.support.shapes import remember_shapes
    from tests.support.training import skip_figures

    with skip_figures(), remember_shapes(), pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", lambda file: None)
        yield


@pytest.fixture(scope="session")
def cli(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CommandLine]:
    from tests.support.command_line import CommandLine

    command_line = CommandLine(tmp_path_factory.mktemp("cli"))
    yield command_line
    command_line.close()


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    import torch

    torch.set_num_threads(1)
    torch.set_flush_denormal(False)  # hypothesis fails to draw numbers otherwise
    yield
    torch.set_num_threads(1)
    torch.set_flush_denormal(False)
