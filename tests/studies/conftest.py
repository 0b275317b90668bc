"""Studies whose worker processes are stubs."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from ganbench.studies.figure import draw_study_figures
from ganbench.studies.study import Study, study


class StubStudy:
    """A study of two tiny recipes that records the commands of its stub workers."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.path, self._calls, self._patch = folder / "study", folder / "calls", monkeypatch
        worker = (sys.executable, str(Path(__file__).parent / "stub_worker.py"))
        monkeypatch.setattr("ganbench.studies.backends.worker.WORKER", worker)
        monkeypatch.setenv("GANBENCH_STUB_CALLS", str(self._calls))
        monkeypatch.setattr("ganbench.studies.figure.draw_study_figures", lambda *_: {})

    def enable_figures(self) -> None:
        """Draw the study's figures, which are off by default because they are slow."""
        self._patch.setattr("ganbench.studies.figure.draw_study_figures", draw_study_figures)

    def run(self, *recipes: str, behaviour: dict[str, Any] | None = None, **options: Any) -> Study:
        """Start or continue the study; ``behaviour`` says by folder name what a stub worker does."""
        self.prepare(behaviour or {})
        settings: dict[str, Any] = {
            "seeds": 2, "budget": "laptop", "overrides": {"schedule.steps": 10, "data.points": 5}, "n": 250,
        }  # fmt: skip
        settings["out"] = self.path
        return study(recipes or ("gan-ring8", "gan-r1-ring8"), **{**settings, **options})

    def prepare(self, behaviour: dict[str, Any]) -> None:
        """Forget the calls so far, and set what stub workers do."""
        self._calls.write_text("")
        self._patch.setenv("GANBENCH_STUB_BEHAVIOUR", json.dumps(behaviour))

    def calls(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self._calls.read_text().splitlines()]

    def commands(self) -> list[str]:
        """Return the sorted commands of the last study, such as "train gan-ring8-seed0"."""
        commands = []
        for call in self.calls():
            name, *rest = call["command"]
            commands.append(
                f"{name} {Path(rest[rest.index('--out') + 1] if name == 'train' else rest[0]).name}"
            )
        return sorted(commands)


@pytest.fixture
def stub_study(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> StubStudy:
    return StubStudy(tmp_path, monkeypatch)
