"""Studies whose processes are stand-ins."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from ganbench.studies.figure import study_pictures
from ganbench.studies.study import Study, study


class Played:
    """Studies of two tiny recipes, and the commands that their processes were given."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.path, self._calls, self._patch = folder / "study", folder / "calls", monkeypatch
        program = (sys.executable, str(Path(__file__).parent / "stand_in.py"))
        monkeypatch.setattr("ganbench.studies.task.PROGRAM", program)
        monkeypatch.setenv("STAND_IN_CALLS", str(self._calls))
        monkeypatch.setattr("ganbench.studies.figure.study_pictures", lambda *_: {})

    def draw(self) -> None:
        """Have studies draw their pictures, which takes longer than all else that they do here."""
        self._patch.setattr("ganbench.studies.figure.study_pictures", study_pictures)

    def play(self, *recipes: str, todo: dict[str, Any] | None = None, **how: Any) -> Study:
        """Do the study, or go on with it, where runs do what ``todo`` says by their folders' names."""
        self._calls.write_text("")
        self._patch.setenv("STAND_IN", json.dumps(todo or {}))
        settings: dict[str, Any] = {
            "seeds": 2, "budget": "laptop", "overrides": {"schedule.steps": 10, "data.points": 5}, "n": 250,
        }  # fmt: skip
        return study(recipes or ("gan-ring8", "gan-r1-ring8"), out=self.path, **{**settings, **how})

    def calls(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self._calls.read_text().splitlines()]

    def did(self) -> list[str]:
        """Each command of the last study, as "train gan-ring8-seed0", in alphabetical order."""
        found = []
        for call in self.calls():
            name, *rest = call["command"]
            found.append(f"{name} {Path(rest[rest.index('--out') + 1] if name == 'train' else rest[0]).name}")
        return sorted(found)


@pytest.fixture
def played(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Played:
    return Played(tmp_path, monkeypatch)
