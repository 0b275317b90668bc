"""The trials of a search in progress: each is a recipe with several seeds in the queue of a study."""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import dataclass, replace

import optuna
from optuna.trial import TrialState

from ganbench.errors import RunError, UserError
from ganbench.recipes.base import Recipe
from ganbench.runs.run import Run
from ganbench.studies.plan import Plan, make_plan
from ganbench.studies.queue import Queue
from ganbench.studies.rows import Row, StudyFolder
from ganbench.studies.search.settings import SearchOutcome, SearchSettings
from ganbench.studies.search.space import Space
from ganbench.utils.bootstrap import mean


@dataclass
class Trial:
    """A trial in progress, and up to which step its scores are reported."""

    optuna: optuna.Trial
    label: str
    reported: int = 0


class Trials:
    """Draws trials, reports their scores to Optuna, and prunes them.

    Args:
        study: Optuna's study.
        space: The settings to vary.
        recipe: The recipe; trials are called ``trial-N``.
        trusted: Names of the user's own modules that it may use.
        folder: The folder of the search's own study.
        plan: Its settings, with any recipes; trials replace them.
        queue: Where runs are enqueued.
    """

    def __init__(
        self,
        study: optuna.Study,
        space: Space,
        recipe: Recipe,
        trusted: Collection[str],
        folder: StudyFolder,
        plan: Plan,
        queue: Queue,
    ) -> None:
        self._study, self._space, self._recipe, self._trusted = study, space, recipe, trusted
        stored = Plan.read(folder.path).recipes if (folder.path / "study.json").exists() else {}
        self._folder, self._plan, self._queue = folder, replace(plan, recipes=stored), queue
        self.open: list[Trial] = []

    def resume(self) -> None:
        """Continue the trials that a killed search has left."""
        for frozen in self._study.get_trials(states=(TrialState.RUNNING,)):
            self._enqueue(optuna.Trial(self._study, frozen._trial_id))

    def draw(self) -> None:
        """Start a new trial."""
        self._enqueue(self._study.ask())

    def count(self) -> int:
        """Return the number of trials so far."""
        return len(self._study.trials)

    def update(self) -> None:
        """Report new scores; prune trials that fall behind, and close those whose runs have all ended."""
        for trial in [*self.open]:
            rows = self._rows(trial)
            self._report(trial)
            if all(row.status in ("finished", "failed", "changed") for row in rows):
                self._close(trial, _loss(rows))
            elif any(row.status == "failed" for row in rows):
                self._queue.withdraw(trial.label)
                self._close(trial, None)
            elif trial.optuna.should_prune():
                self._queue.withdraw(trial.label)
                self._study.tell(trial.optuna, state=TrialState.PRUNED)
                self.open.remove(trial)

    def give_up(self, label: str) -> None:
        """Close a trial as failed whose runs were interrupted too often."""
        for trial in [*self.open]:
            if trial.label == label:
                self._queue.withdraw(label)
                self._close(trial, None)

    def outcome(self, settings: SearchSettings) -> SearchOutcome:
        """Return how the search ended.

        Raises:
            RunError: no trial has finished.
        """
        by_state = {
            state: len(self._study.get_trials(states=(state,), deepcopy=False))
            for state in (TrialState.COMPLETE, TrialState.PRUNED, TrialState.FAIL)
        }
        if not by_state[TrialState.COMPLETE]:
            raise RunError(
                f"no trial of the search has finished; {self._folder.path / 'logs'} has the output of their runs"
            )
        best = self._study.best_trial
        scores = [
            self._folder.row(self._plan, f"trial-{best.number}", seed).scores[0]
            for seed in self._plan.seed_numbers
        ]
        return SearchOutcome(
            space=settings.space,
            finished=by_state[TrialState.COMPLETE],
            pruned=by_state[TrialState.PRUNED],
            failed=by_state[TrialState.FAIL],
            seeds=settings.seeds,
            best=best.number,
            overrides={key: part.value(best.params[key]) for key, part in self._space.items()},
            score=scores[0].name,
            mean=mean([score.value for score in scores]),
        )

    def _enqueue(self, drawn: optuna.Trial) -> None:
        label = f"trial-{drawn.number}"
        overrides = {key: part.suggest(key, drawn) for key, part in self._space.items()}
        try:
            recipe = replace(self._recipe.override(overrides, self._trusted), name=label)
        except UserError:  # these settings do not fit together
            self._study.tell(drawn, state=TrialState.FAIL)
            return
        new = make_plan([recipe], seeds=self._plan.seeds)
        self._plan = replace(self._plan, recipes={**self._plan.recipes, **new.recipes})
        self._plan.write(self._folder.path)
        self._queue.add(self._plan, [label])
        self.open.append(Trial(drawn, label))

    def _rows(self, trial: Trial) -> list[Row]:
        return [self._folder.row(self._plan, trial.label, seed) for seed in self._plan.seed_numbers]

    def _report(self, trial: Trial) -> None:
        """Report the mean of the first score at each step that all seeds have reached."""
        by_seed = []
        for seed in self._plan.seed_numbers:
            path = self._folder.run(trial.label, seed)
            events = Run(path).events.read("score") if (path / "recipe.json").is_file() else []
            scores: dict[int, float] = {}
            for event in events:
                scores.setdefault(int(event["step"]), _signed(event["value"], event["better"]))
            by_seed.append(scores)
        steps = sorted(set(by_seed[0]).intersection(*by_seed[1:]))
        for step in steps:
            value = mean([scores[step] for scores in by_seed])
            if step > trial.reported and math.isfinite(value):
                trial.optuna.report(value, step)
                trial.reported = step

    def _close(self, trial: Trial, loss: float | None) -> None:
        state = TrialState.COMPLETE if loss is not None else TrialState.FAIL
        self._study.tell(trial.optuna, loss, state=state)
        self.open.remove(trial)


def _loss(rows: list[Row]) -> float | None:
    """Return the mean of the first score over all seeds, of which less is better; None if a seed has none."""
    values = [_signed(row.scores[0].value, row.scores[0].better) for row in rows if row.scores]
    return mean(values) if len(values) == len(rows) and all(map(math.isfinite, values)) else None


def _signed(value: float, better: str) -> float:
    return -float(value) if better == "higher" else float(value)
