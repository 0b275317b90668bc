"""A training that can be looked at between its updates: the trainer that ``ganbench train`` builds, run in pieces."""

from __future__ import annotations

import dataclasses
import json
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from torch import nn

from ganbench.errors import NotFiniteError, RunError, UserError, did_you_mean
from ganbench.experiment.build_trainer import make_trainer
from ganbench.experiment.misfit import explain_misfit
from ganbench.inference.build import assemble, load_pretrained_weights, make_dataset
from ganbench.playground.plane_score import SAMPLES, PlaneScore, PlaneScorer
from ganbench.playground.view import Frame, View
from ganbench.recipes.base import Recipe
from ganbench.training.engine import Engine
from ganbench.training.phase import Phase
from ganbench.training.trainer import Trainer

SCORE_EVERY = 100  # steps
GRADIENT = "G's loss pushes each point along its arrow"
_GENERATOR = "G"


class Training:
    """Trains a recipe of the plane in memory, without a run folder.

    Call its methods in one thread at a time, and train nothing else in the process meanwhile: layers and initial
    weights use torch's global random generator.

    Args:
        recipe: The recipe.
        seed: Determines every random number, as in ``ganbench train``.

    Attributes:
        recipe: The recipe, with the rates that are in use.
        trainer: The trainer.
        view: What there is to see.
        is_exact: Whether ``ganbench train`` of the recipe gives the same weights: no rate was changed on the way.

    Raises:
        UserError: The parts of the recipe do not fit together.
    """

    def __init__(self, recipe: Recipe, seed: int) -> None:
        self.recipe, self.seed, self.is_exact = recipe, seed, True
        self._engine = Engine(recipe.machine)
        with self._engine, explain_misfit(recipe):
            dataset = make_dataset(recipe)
            parts = assemble(recipe, dataset.info, seed)
            load_pretrained_weights(parts.networks, recipe.start)
            self.trainer = make_trainer(recipe, dataset, self._engine, seed, parts)
            average = None if self.trainer.average is None else self.trainer.sampling_networks()
            self.view = View(parts, dataset, seed, average)
            self._scoring = _Scoring(self.view, PlaneScorer(dataset, seed))
        self._snapshots: list[Frame] | None = None  # a list while the updates of a step are recorded
        phases = self.trainer.phases
        self.trainer.phases = tuple(
            self._observed(phase, following)
            for phase, following in zip(phases, (*phases[1:], None), strict=True)
        )

    @property
    def finished(self) -> bool:
        """Whether all steps of the schedule are trained."""
        return self.trainer.finished

    def advance(self, *, steps: int | None = None, seconds: float | None = None) -> None:
        """Train at least one step, until so many steps or seconds have passed; nothing if the schedule has ended.

        Raises:
            RunError: The training has diverged.
        """
        trainer = self.trainer
        last = None if steps is None else trainer.step + steps
        deadline = None if seconds is None else time.monotonic() + seconds

        def stop() -> bool:
            return (last is not None and trainer.step >= last) or (
                deadline is not None and time.monotonic() >= deadline
            )

        with self._engine, explain_misfit(self.recipe, trainer.networks), self._explain_divergence():
            trainer.train([self._scoring], stop)

    def advance_by_updates(self) -> list[Frame]:
        """Train one step, and return what there is to see after each of its updates but the last.

        Before G's first update there is a frame with the push of G's loss.

        Raises:
            RunError: The training has diverged.
        """
        snapshots = self._snapshots = []
        try:
            with self._engine, self._explain_divergence():
                self._record_gradient_before(self.trainer.phases[0])
            self.advance(steps=1)
        finally:
            self._snapshots = None
        return snapshots

    def frame(self, steps_per_second: float | None = None, phase: str = "") -> Frame:
        """Return what there is to see at the end of a step, with losses and scores since the last such frame.

        Raises:
            RunError: The training has diverged.
        """
        with self._engine, self._explain_divergence():
            frame = self.view.snapshot(self.trainer.step, phase)
            return dataclasses.replace(
                frame,
                losses=self.trainer.read_log(),
                scores=self._scoring.take(),
                steps_per_second=steps_per_second,
            )

    def change_rates(self, rates: Mapping[str, float]) -> None:
        """Use other learning rates from the next step on; they are multiplied by the schedule's factor as before.

        Raises:
            UserError: A network has no optimizer.
        """
        base = self.trainer.base_learning_rates
        for name in rates:
            if name not in base:
                raise UserError(f"no optimizer trains a network '{name}'{did_you_mean(name, base)}")
        changed = self.recipe.override({f"optimizers.{name}.lr": rate for name, rate in rates.items()})
        if changed == self.recipe:
            return
        self.recipe, self.is_exact = changed, self.is_exact and self.trainer.step == 0
        for name, rate in rates.items():
            base[name] = [rate] * len(base[name])

    def save(self) -> dict[str, Any]:
        """Return the recipe as a file for ``ganbench train``, and the command that trains it."""
        name = f"{self.recipe.name}.json"
        return {
            "name": name,
            "text": json.dumps(self.recipe.to_dict(), indent=1) + "\n",
            "command": f"ganbench train {name} --seed {self.seed}",
            "exact": self.is_exact,
        }

    def _observed(self, phase: Phase, following: Phase | None) -> Phase:
        """Return a phase that records what there is to see after its updates, if this is wanted."""
        updates = 0

        def post_step(networks: nn.ModuleDict) -> None:
            nonlocal updates
            if phase.post_step is not None:
                phase.post_step(networks)
            updates = updates % phase.repeats + 1
            if self._snapshots is not None:
                self._record(phase, updates, following)

        return dataclasses.replace(phase, post_step=post_step)

    def _record(self, phase: Phase, updates: int, following: Phase | None) -> None:
        assert self._snapshots is not None
        is_last = updates == phase.repeats
        if is_last and following is None:
            return  # the step is over: `frame` shows it
        label = f"{phase.name} has learned" + (f": update {updates} of {phase.repeats}" * (phase.repeats > 1))
        self._snapshots.append(self.view.snapshot(self.trainer.step, label, arrows=False))
        if is_last and following is not None:
            self._record_gradient_before(following)

    def _record_gradient_before(self, phase: Phase) -> None:
        if self._snapshots is not None and _GENERATOR in phase.updates and not self.view.hidden_reason:
            self._snapshots.append(self.view.snapshot(self.trainer.step, GRADIENT))

    @contextmanager
    def _explain_divergence(self) -> Iterator[None]:
        """Turn numbers that are not finite into a RunError; the training's own message is the better one."""
        try:
            yield
        except NotFiniteError as error:
            self.trainer.check_finite()
            raise RunError(f"{error}") from error


class _Scoring:
    """A hook of the trainer that scores what is shown every ``SCORE_EVERY`` steps."""

    def __init__(self, view: View, scorer: PlaneScorer) -> None:
        self._view, self._scorer = view, scorer
        self._latents = view.draw_latents("playground score", SAMPLES)
        self._scores: list[PlaneScore] = []

    def due(self, step: int, steps: int) -> bool:
        """Whether to score this step."""
        return step % SCORE_EVERY == 0

    def __call__(self, trainer: Trainer) -> None:
        """Score the points."""
        self._scores.append(self._scorer.score(self._view.points(self._latents, trainer.step), trainer.step))

    def take(self) -> list[PlaneScore]:
        """Return the scores since the last call."""
        scores, self._scores = self._scores, []
        return scores
