"""What has become of each run of a study: read from its folder, and written there by the study."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from ganbench.errors import UserError
from ganbench.metrics.score import Score
from ganbench.runs.run import Run
from ganbench.studies.plan import Plan
from ganbench.utils.files import read_json, write_json

Status = Literal[
    "waiting", "cut", "failed", "finished", "unlike"
]  # the last is no folder's, see split_incomparable


@dataclass(frozen=True, kw_only=True)
class Row:
    """One run: how far it came, its final scores, or why it failed.

    ``seconds`` is the time its training took, all attempts together, without what was lost with a kill.
    """

    recipe: str
    seed: int
    status: Status
    step: int
    steps: int
    seconds: float
    scores: tuple[Score, ...] = ()
    error: str = ""

    def numbers(self) -> dict[str, float]:
        """Return every number of its scores by column: the scores' names, and what goes with them.

        Further numbers of the first score keep their own names; of others, and where a score has that name, they
        are SCORE.NUMBER.
        """
        found = {score.name: score.value for score in self.scores}
        for i, score in enumerate(self.scores):
            for name, value in score.details.items():
                if isinstance(value, int | float) and not isinstance(value, bool):
                    found[f"{score.name}.{name}" if i or name in found else name] = float(value)
        return found


class StudyFolder:
    """Where a study keeps what: ``runs/``, ``results/`` and ``logs/``, one name for each recipe and seed."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def run(self, label: str, seed: int) -> Path:
        """Return the run folder."""
        return self.path / "runs" / f"{label}-seed{seed}"

    def log(self, label: str, seed: int) -> Path:
        """Return the file of what the run's processes said."""
        return self.path / "logs" / f"{label}-seed{seed}.txt"

    def result(self, label: str, seed: int) -> Path:
        """Return the file with the run's scores or failure."""
        return self.path / "results" / f"{label}-seed{seed}.json"

    def record_scores(self, label: str, seed: int, scores: Sequence[Mapping[str, Any]]) -> None:
        """Write the final scores of a run."""
        self._record(label, seed, {"scores": list(scores)})

    def record_failure(self, label: str, seed: int, *, command: str, code: int, said: Sequence[str]) -> None:
        """Write which command of a run failed, and the last lines that it said."""
        self._record(label, seed, {"failed": {"command": command, "code": code, "said": list(said)}})

    def forget_failure(self, label: str, seed: int) -> None:
        """Have a failed run tried again; what it saved stays."""
        if "failed" in self._recorded(label, seed):
            self.result(label, seed).unlink()

    def _record(self, label: str, seed: int, result: Mapping[str, Any]) -> None:
        path = self.result(label, seed)
        path.parent.mkdir(exist_ok=True)
        write_json(path, {"recipe": label, "seed": seed, **result})

    def _recorded(self, label: str, seed: int) -> dict[str, Any]:
        path = self.result(label, seed)
        return read_json(path) if path.exists() else {}

    def step(self, label: str, seed: int) -> int | None:
        """Return the step of a run's newest checkpoint, 0 if there is none; None if there is no run yet."""
        path = self.run(label, seed)
        return max([0, *Run(path).checkpoint_steps()]) if (path / "recipe.json").is_file() else None

    def row(self, plan: Plan, label: str, seed: int) -> Row:
        """Read what has become of a run.

        Raises:
            UserError: its files are damaged.
        """
        steps, step, recorded = plan.steps(label), self.step(label, seed), self._recorded(label, seed)
        try:
            scores = tuple(Score.from_dict(s) for s in recorded.get("scores", ()))
            failed = recorded.get("failed")
            error = f"{failed['said'][-1] if failed['said'] else failed['command']}" if failed else ""
        except (KeyError, TypeError, ValueError) as problem:
            raise UserError(f"{self.result(label, seed)} is damaged: {problem}") from problem
        status: Status = "waiting" if step is None else "cut"
        if failed:
            status = "failed"
        elif scores and step is not None and step >= steps:
            status = "finished"
        return Row(
            recipe=label,
            seed=seed,
            status=status,
            step=step or 0,
            steps=steps,
            seconds=self._seconds(label, seed) if step is not None else 0.0,
            scores=scores if status == "finished" else (),
            error=error,
        )

    def _seconds(self, label: str, seed: int) -> float:
        speed = Run(self.run(label, seed)).events.read("speed")
        return round(sum(float(event["seconds"]["total"]) for event in speed), 2)
