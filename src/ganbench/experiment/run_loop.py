"""Train a run to its end, or until a signal or request stops it; at a checkpoint, its settings may change."""

from __future__ import annotations

import json
import signal
from contextlib import suppress
from typing import Any

from ganbench.errors import NotFiniteError, RunError, Stopped, UserError
from ganbench.experiment.closing import close_run
from ganbench.experiment.continuation import describe_jump, log_changes, record_changes
from ganbench.experiment.request_watch import RequestWatch
from ganbench.experiment.run_hooks import RunHooks
from ganbench.experiment.session import Session
from ganbench.experiment.stop import StopRequest
from ganbench.experiment.trackers.mirror import Mirror
from ganbench.recipes.changeable import change_settings
from ganbench.runs.changes import changed_settings, read_changes
from ganbench.utils.dict_diff import format_differences


class RunLoop:
    """The training of one run by this process.

    A change of settings ends a segment: the run saves a checkpoint, and goes on from it with the trainer of the changed
    recipe, exactly as if it had been resumed there. So it does not matter whether it is.

    Args:
        session: The run.
        hooks: Those of its first segment, which have the trainer and its recipe.
    """

    def __init__(self, session: Session, hooks: RunHooks) -> None:
        self._session, self._run, self._engine = session, session.run, session.engine
        self._hooks, self._stop = hooks, StopRequest()
        self._is_main = session.engine.is_main_process
        self._watch = RequestWatch(session.run, session.console)
        self._requested: dict[str, Any] = {}
        self._history = read_changes(session.run.meta) if self._is_main else []
        self._mirror = Mirror(
            self._run, session.track if self._is_main else (), hooks.trainer.step, session.console
        )

    def train(self) -> None:
        """Train to the last step or until a signal or a request, save a checkpoint, and log a failure.

        Raises:
            RunError: training failed; checkpoints are intact.
            Stopped: it was asked to stop; a checkpoint is saved.
        """
        status, start = "failed", self._hooks.trainer.step
        try:
            if self._is_main:
                self._run.remove_temporary_files()
                self._run.events.cut(start)  # drop events after the checkpoint; these steps are trained again
                log_changes(self._run, self._history, start)
            with self._stop.catch_signals():
                finished = self._train_segments()
            status = "finished" if finished else "stopped"
            if self._is_main and finished:
                findings = self._hooks.monitor.findings.values()
                close_run(self._run, findings, self._step, self._session.console, self._session.trusted)
        except (RunError, NotFiniteError) as error:  # the latter when the run's own samples are not finite
            self._log_failure(str(error))
            raise RunError(str(error)) from error
        except OSError as error:
            path, reason = error.filename or self._run.path, error.strerror or error
            problem = f"{path} could not be read or written ({reason}); checkpoints are intact"
            self._log_failure(problem)
            raise RunError(problem) from error
        finally:
            self._mirror.close(self._step, status)
        if not finished:
            self._raise_stopped()

    @property
    def _step(self) -> int:
        return self._hooks.trainer.step

    def _train_segments(self) -> bool:
        """Train until nothing more is to change; return whether the last step is reached."""
        while True:
            trainer, schedule = self._hooks.trainer, self._hooks.recipe.schedule
            with self._session.console.progress(trainer.step, schedule.steps, schedule.batch) as report:
                hooks = self._hooks.create(self._session.console, report, self._mirror)
                finished = trainer.train(hooks, self._must_pause)
                self._hooks.save(trainer)
            planned, values = json.loads(self._engine.broadcast(json.dumps(self._due_changes(finished))))
            if not values:
                return finished
            self._change(values, planned)

    def _must_pause(self) -> bool:
        """Whether to leave the loop after this step. Only the main process looks for requests."""
        if self._stop() or not self._is_main:
            return self._stop()
        if self._planned():
            return True
        self._requested = self._watch.look(self._hooks.recipe, self._step)
        if self._watch.stops:
            self._stop.signal = signal.SIGTERM
        return bool(self._requested) or self._watch.stops

    def _planned(self) -> dict[str, Any]:
        """Return the changes of the history at this step, which a run makes again that goes on from before it."""
        return changed_settings(self._history, self._step)

    def _due_changes(self, finished: bool) -> tuple[bool, dict[str, Any]]:
        """Return the new values that count from this step on, and whether they come from the history."""
        if self._stop.signal is not None or not self._is_main:
            return False, {}
        planned = self._planned()
        if planned and change_settings(self._hooks.recipe, planned)[1]:
            return True, planned
        return False, {} if finished else self._requested

    def _change(self, values: dict[str, Any], planned: bool) -> None:
        """Continue from the checkpoint of this step with other settings, and record the change."""
        step, self._requested = self._step, {}
        recipe, differences = change_settings(self._hooks.recipe, values)
        state = self._run.read_checkpoint(step)
        try:
            self._hooks = self._session.hooks(recipe, state)
        except UserError as error:
            if planned:
                raise
            if self._is_main:
                self._watch.refuse(step, str(error))
            return
        if not self._is_main:
            return
        if not planned:
            record_changes(self._run, recipe, step, differences, self._session.trusted)
            self._history = read_changes(self._run.meta)
            self._watch.finish()
        for key, (old, new) in differences.items():
            self._run.events.append("change", step, key=key, old=old, new=new)
        console = self._session.console
        console.note(f"step {step}: {format_differences(differences, 'was', 'is now')}")
        if jump := describe_jump(recipe, self._history, step):
            console.warn(jump)

    def _raise_stopped(self) -> None:
        saved = f"stopped at step {self._step}, checkpoint saved"
        if self._stop.signal is not None:
            raise Stopped(f"{saved}; continue with: ganbench resume {self._run.path}", self._stop.signal)
        raise Stopped(saved, signal.SIGTERM)  # another process received the signal

    def _log_failure(self, problem: str) -> None:
        """Log why the run failed, if the log can still be written: a full disk must not hide the reason."""
        if self._is_main:
            with suppress(OSError):
                self._run.events.append("failure", self._step, error=problem)
