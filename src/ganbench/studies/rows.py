"""The state of each run of a study, and the study folder in which it is stored."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from ganbench.errors import UserError
from ganbench.metrics.score import Score
from ganbench.runs.changes import describe_identity, readable_changes
from ganbench.runs.run import Run
from ganbench.studies.plan import Plan
from ganbench.utils.files import read_json, write_sealed_json

#: "cut" is a run that was interrupted. "changed" is a finished one whose settings were changed in its midst, so that it
#: is no run of its recipe. "incomparable" is never stored; split_incomparable sets it.
Status = Literal["waiting", "cut", "failed", "finished", "changed", "incomparable"]


@dataclass(frozen=True, kw_only=True)
class Row:
    """One run: its progress, its final scores, or the error that ended it.

    ``seconds`` is the training time over all attempts, without work that was lost to a kill.
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
        """Return all numbers of its scores by column name: the scores and their numeric details.

        Details of the first score keep their own names. Details of other scores, and details named like a score,
        are called SCORE.DETAIL.
        """
        numbers = {score.name: score.value for score in self.scores}
        for i, score in enumerate(self.scores):
            for name, value in score.details.items():
                if isinstance(value, int | float) and not isinstance(value, bool):
                    numbers[f"{score.name}.{name}" if i or name in numbers else name] = float(value)
        return numbers


class StudyFolder:
    """The files of a study: ``runs/``, ``results/`` and ``logs/``, with one entry for each recipe and seed."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def run(self, label: str, seed: int) -> Path:
        """Return the path of the run folder."""
        return self.path / "runs" / f"{label}-seed{seed}"

    def log(self, label: str, seed: int) -> Path:
        """Return the path of the output of the run's processes."""
        return self.path / "logs" / f"{label}-seed{seed}.txt"

    def jobs(self, label: str, seed: int) -> Path:
        """Return the path of the folder for the run's jobs on other machines."""
        return self.path / "jobs" / f"{label}-seed{seed}"

    def result(self, label: str, seed: int) -> Path:
        """Return the path of the run's scores or failure."""
        return self.path / "results" / f"{label}-seed{seed}.json"

    def record_scores(self, label: str, seed: int, scores: Sequence[Mapping[str, Any]]) -> None:
        """Write the final scores of a run."""
        self._write_result(label, seed, {"scores": list(scores)})

    def record_failure(
        self, label: str, seed: int, *, command: str, code: int, output: Sequence[str]
    ) -> None:
        """Write the command that failed, its exit code and the last lines of its output."""
        self._write_result(label, seed, {"failed": {"command": command, "code": code, "said": list(output)}})

    def clear_failure(self, label: str, seed: int) -> None:
        """Delete the record of a failure, so that the run is tried again from its newest checkpoint."""
        if "failed" in self._read_result(label, seed):
            self.result(label, seed).unlink()

    def _write_result(self, label: str, seed: int, result: Mapping[str, Any]) -> None:
        path = self.result(label, seed)
        path.parent.mkdir(exist_ok=True)
        write_sealed_json(path, {"recipe": label, "seed": seed, **result})

    def _read_result(self, label: str, seed: int) -> dict[str, Any]:
        path = self.result(label, seed)
        return read_json(path) if path.exists() else {}

    def step(self, label: str, seed: int) -> int | None:
        """Return the step of a run's newest checkpoint, 0 if it has none, None if the run has not started."""
        path = self.run(label, seed)
        return max([0, *Run(path).checkpoint_steps()]) if (path / "recipe.json").is_file() else None

    def row(self, plan: Plan, label: str, seed: int) -> Row:
        """Read the state of a run.

        Raises:
            UserError: its files are damaged.
        """
        steps, step, result = plan.steps(label), self.step(label, seed), self._read_result(label, seed)
        try:
            scores = tuple(Score.from_dict(s) for s in result.get("scores", ()))
            failure = result.get("failed")
            error = f"{failure['said'][-1] if failure['said'] else failure['command']}" if failure else ""
        except (KeyError, TypeError, ValueError) as problem:
            raise UserError(f"{self.result(label, seed)} is damaged: {problem}") from problem
        status: Status = "waiting" if step is None else "cut"
        if failure:
            status = "failed"
        elif scores and step is not None and step >= steps:
            status = "finished"
            if changed := describe_identity(readable_changes(Run(self.run(label, seed)).meta)):
                status, error = "changed", f"its settings were {changed}, so it is no run of this recipe"
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
        speed = Run(self.run(label, seed)).events.stream("speed")
        return round(sum(float(event["seconds"]["total"]) for event in speed), 2)
