"""Search for settings, then compare the best ones with the recipe's own on fresh seeds."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ganbench.errors import Stopped, UserError
from ganbench.experiment.stop import StopRequest
from ganbench.recipes.base import Budget, Recipe
from ganbench.recipes.registry import import_file
from ganbench.studies.backends.choice import BackendChoice
from ganbench.studies.plan import Plan, make_plan
from ganbench.studies.preflight import require_shared_reference
from ganbench.studies.queue import Queue
from ganbench.studies.rows import StudyFolder
from ganbench.studies.search.settings import FOLDER, SearchOutcome, SearchSettings
from ganbench.studies.search.space import Space, describe_space, parse_space
from ganbench.studies.study import Study, study
from ganbench.studies.task import default_jobs
from ganbench.utils.console import Console, SilentConsole
from ganbench.utils.file_lock import exclusive_lock

if TYPE_CHECKING:
    from ganbench.studies.search.trials import Trials

_FIRST_SEED = 1000  # of a search; the study that follows it has the seeds 0, 1, ...
_UPDATE_SECONDS = 0.5  # between two looks at the scores of trials in progress
_PRUNE_FROM = 4  # a trial is not pruned in the first of so many parts of its training
_DEFAULT_SEARCH_SEEDS, _DEFAULT_SEEDS, _DEFAULT_TRIALS = 2, 5, 20


def search_study(
    recipes: Sequence[str],
    search: Sequence[str] = (),
    *,
    out: str | Path | None = None,
    trials: int | None = None,
    search_seeds: int | None = None,
    seeds: int | None = None,
    budget: Budget | None = None,
    jobs: int | None = None,
    overrides: Mapping[str, Any] | None = None,
    metrics: Sequence[str] = (),
    n: int | None = None,
    modules: Sequence[str | Path] = (),
    backend: str | None = None,
    backend_options: Mapping[str, Any] | None = None,
    max_restarts: int | None = None,
    console: Console | None = None,
) -> Study:
    """Search for settings of a recipe, then train the recipe with its own and with the best ones on fresh seeds.

    Trials that fall behind in the scores during training (``schedule.evaluate_every``) are pruned. Repeating the call
    continues a search, and more ``trials`` extend it.

    Args:
        recipes: One recipe, by name or file; none to continue the search at ``out``.
        search: The settings to vary, such as "optimizers.G.lr=1e-4..1e-2:log".
        out: The folder of the study; ``search/`` in it is a study of the trials.
        trials: The number of trials; default 20.
        search_seeds: The number of seeds of each trial; default 2.
        seeds: The number of fresh seeds of the study that follows; default 5.

    The other arguments, and what is raised, are those of :func:`ganbench.studies.study.study`.
    """
    if find_spec("optuna") is None:
        raise UserError("--search needs optuna: pip install 'ganbench[search]'")
    if out is None:
        raise UserError("a search needs the folder of its study: --out DIR")
    path = Path(out)
    before = SearchSettings.read(path)
    if before is None and (len(recipes) != 1 or not search):
        raise UserError("a search needs one recipe and at least one --search KEY=RANGE")
    asked: dict[str, Any] = {
        "recipe": recipes[0] if recipes else None,
        "space": tuple(describe_space(parse_space(search))) if search else None,
        "trials": trials,
        "seeds": search_seeds,
        "fresh_seeds": seeds,
    }
    asked = {name: value for name, value in asked.items() if value is not None}
    settings = before.extend(asked, path) if before else SearchSettings(**{**_DEFAULTS, **asked})
    plan = _plan(settings, path, budget, overrides, metrics, n, modules)
    place = BackendChoice.resolve(path / FOLDER, backend, backend_options)
    work = _Search(settings, plan, path, jobs, max_restarts, console or SilentConsole())
    outcome = work.complete(place)
    return study(
        [work.recipe, work.best_recipe(outcome)],
        seeds=settings.fresh_seeds,
        out=path,
        jobs=jobs,
        metrics=metrics or plan.metrics,
        n=plan.n,
        modules=plan.modules,
        backend=place.name,
        backend_options=place.options,
        max_restarts=max_restarts,
        console=console,
    )


_DEFAULTS = {"trials": _DEFAULT_TRIALS, "seeds": _DEFAULT_SEARCH_SEEDS, "fresh_seeds": _DEFAULT_SEEDS}


def _plan(
    settings: SearchSettings,
    path: Path,
    budget: Budget | None,
    overrides: Mapping[str, Any] | None,
    metrics: Sequence[str],
    n: int | None,
    modules: Sequence[str | Path],
) -> Plan:
    """Return a plan of the recipe itself with the seeds of the search; its settings are as before if not given."""
    stored = Plan.read(path / FOLDER) if (path / FOLDER / "study.json").exists() else None
    plan = make_plan(
        [settings.recipe],
        seeds=settings.seeds,
        budget=budget or (stored.budget if stored else None),
        overrides=overrides if overrides is not None else (stored.overrides if stored else None),
        metrics=tuple(metrics) or (stored.metrics if stored else ()),
        n=n or (stored.n if stored else None),
        modules=modules or (stored.modules if stored else ()),
    )
    plan = replace(plan, first_seed=_FIRST_SEED)
    if stored is not None:
        stored.extend(plan, path / FOLDER)  # raises if anything that matters differs
    return plan


@dataclass
class _Search:
    """A search in progress, below the folder ``path`` of its study."""

    settings: SearchSettings
    plan: Plan
    path: Path
    jobs: int | None
    max_restarts: int | None
    console: Console

    def __post_init__(self) -> None:
        (label, recipe), *_ = self.plan.build_recipes().items()
        self.recipe: Recipe = replace(recipe, name=label)
        self.space: Space = parse_space(self.settings.space)
        self._trusted = {import_file(Path(module)).__name__ for module in self.plan.modules}
        if self.settings.fresh_seeds > _FIRST_SEED:
            raise UserError(f"a study after a search has at most {_FIRST_SEED} seeds")
        for key, part in self.space.items():
            for value in part.examples:
                self.recipe.override(
                    {key: value}, self._trusted
                )  # raises if the key or the value does not fit

    def best_recipe(self, outcome: SearchOutcome) -> Recipe:
        """Return the recipe with the settings of the best trial."""
        best = self.recipe.override(outcome.overrides, self._trusted)
        return replace(best, name=f"{self.recipe.name}-trial{outcome.best}")

    def complete(self, choice: BackendChoice) -> SearchOutcome:
        """Run all trials to their ends.

        Raises:
            Stopped: a signal asked to stop; the runs have saved checkpoints.
            RunError: no trial has finished.
        """
        require_shared_reference(self.plan)
        backend = choice.open()
        folder = StudyFolder(self.path / FOLDER)
        folder.path.mkdir(parents=True, exist_ok=True)
        with exclusive_lock(folder.path, "the search", f"another process is searching in {folder.path}"):
            if not (folder.path / "study.json").exists():  # first, since a search continues with its settings
                replace(self.plan, recipes={}).write(folder.path)  # trials add theirs
            self.settings.write(self.path)
            choice.write(folder.path)
            total = replace(self.plan, seeds=self.settings.seeds * self.settings.trials)
            jobs = self.jobs or default_jobs(total, backend)
            restarts = backend.max_restarts if self.max_restarts is None else self.max_restarts
            queue = Queue(folder, self.plan, backend, jobs=jobs, max_restarts=restarts, console=self.console)
            trials = self._trials(folder, queue)
            stop = StopRequest()
            try:
                with stop.catch_signals():
                    self._run(trials, queue, stop, self._parallel(jobs))
            finally:
                queue.close()
                backend.close()
            if stop.signal is not None:
                raise Stopped(
                    f"stopped in trial {trials.count()} of {self.settings.trials}, checkpoints saved; "
                    f"continue with: ganbench study --out {self.path}",
                    stop.signal,
                )
            outcome = trials.outcome(self.settings)
            outcome.write(self.path)
        self.console.note(outcome.describe())
        return outcome

    def _trials(self, folder: StudyFolder, queue: Queue) -> Trials:
        from ganbench.studies.search.journal import open_journal
        from ganbench.studies.search.trials import Trials

        first = self.recipe.schedule.steps // _PRUNE_FROM
        journal = open_journal(folder.path / "journal.log", first_steps=first)
        trials = Trials(journal, self.space, self.recipe, self._trusted, folder, self.plan, queue)
        trials.resume()
        return trials

    def _parallel(self, jobs: int) -> int:
        """Return how many trials run at a time: not too many, since later ones learn from earlier ones."""
        return max(1, min(-(-jobs // self.settings.seeds), self.settings.trials // 4))

    def _run(self, trials: Trials, queue: Queue, stop: StopRequest, parallel: int) -> None:
        updated = time.monotonic()
        while not stop():
            while len(trials.open) < parallel and trials.count() < self.settings.trials:
                trials.draw()
            if not trials.open and trials.count() >= self.settings.trials and not queue.is_busy:
                return
            queue.advance(stop)
            while queue.interrupted:
                trials.give_up(queue.interrupted.pop().recipe)
            if time.monotonic() - updated > _UPDATE_SECONDS or not queue.is_busy:
                trials.update()
                updated = time.monotonic()
