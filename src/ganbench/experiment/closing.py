"""The lines that close a run: its best step, its health, and the score of a run whose recipe was chosen by rules."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from ganbench.errors import UserError
from ganbench.evaluation.evaluate import evaluate
from ganbench.health import Finding, verdict
from ganbench.metrics.score import Score
from ganbench.runs.run import Run
from ganbench.utils.console import Console


def close_run(
    run: Run, findings: Collection[Finding], step: int, console: Console, trusted: Collection[str] = ()
) -> None:
    """Print what a finished run has come to.

    A run whose recipe was chosen by rules is scored here unless it has a score, since its user may not know how. Its
    score is saved like that of ``ganbench evaluate``.

    Args:
        run: The finished run.
        findings: What the health rules have found.
        step: Its last step.
        console: Receives the lines.
        trusted: Names of Python modules outside ganbench whose code the recipe may run.
    """
    if (best := run.best_score()) is not None:
        console.note(_describe_best(run, best))
    if run.meta.get("chosen") and any(run.eval.glob(f"*-step-{step:08d}-*.json")):
        console.note(f"score: in {run.eval} already; `ganbench evaluate {run.path}` measures it again")
    elif run.meta.get("chosen"):
        try:
            scores = evaluate(run, trusted=trusted)
            console.note(f"score: {', '.join(f'{score_line(s)}, {s.better} is better' for s in scores)}")
        except UserError as error:
            console.warn(f"the run is complete but has no score: {error}")
    console.note(f"health: {verdict(findings, step)}")


def score_line(score: Score) -> str:
    """Return a score with its numeric details as a short text."""
    details = [
        f"{'of ' if k == score.name else ''}{k} {v:.4g}"  # "modes 1 (of modes 8, ..."
        for k, v in score.details.items()
        if isinstance(v, int | float)
    ]
    return f"{score.name} {score.value:.4g}" + (f" ({', '.join(details)})" if details else "")


def _describe_best(run: Run, best: Mapping[str, Any]) -> str:
    return (
        f"best of {best['of_steps']} evaluated steps: {best['step']}, by {best['by']} {best['value']:.4g} on samples "
        f"drawn only for this selection; `ganbench evaluate {run.path} --step both` reports the best and the last"
    )
