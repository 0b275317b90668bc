"""A study whose seeds are trained together: the same rows, and what cannot be vectorized is trained one by one."""

from __future__ import annotations

import json
from pathlib import Path

from tests.support.command_line import CommandLine

from ganbench.runs.run import Run
from ganbench.studies.backends.base import Job, Submission, SubmitError
from ganbench.studies.backends.local import LocalBackend
from ganbench.studies.plan import make_plan
from ganbench.studies.rows import StudyFolder
from ganbench.studies.study import Study
from ganbench.studies.vectorized import train_vectorized
from ganbench.utils.console import SilentConsole

SETTINGS = [
    *("schedule.steps=6", "schedule.batch=8", "schedule.log_every=3", "schedule.sample_every=3"),
    *("schedule.samples=4", "schedule.checkpoint_every=3", "schedule.evaluate_every=0"),
    *("data.points=5", "machine.threads=1"),
]
LAYERED = "extends: gan-ring8\nbudget: laptop\nnetworks: {D: {norm: layer, width: 8}, G: {width: 8}}\n"


def test_seeds_are_trained_at_once_where_that_is_possible(cli: CommandLine, tmp_path: Path) -> None:
    (tmp_path / "layered.yaml").write_text(LAYERED)
    recipes = "wgan-ring8", str(tmp_path / "layered.yaml")
    budget = "--budget", "laptop", "--seeds", "2", "--n", "250", "--jobs", "1"
    path = tmp_path / "study"
    code, _, err = cli.run(
        "study", *recipes, *budget, "--vectorize", "--out", path, *SETTINGS, fork_workers=True
    )
    assert code == 0, err
    assert "wgan-ring8 seeds 0 to 1: trained together, " in err
    assert "layered seeds 0 to 1: error: networks.D cannot be vectorized: a LayerNorm holds weights" in err
    rows = Study(path).rows()
    assert [(row.recipe, row.seed, row.status, row.step) for row in rows] == [
        (recipe, seed, "finished", 6) for recipe in ("wgan-ring8", "layered") for seed in (0, 1)
    ]
    for seed in (0, 1):
        run = Run(path / "runs" / f"wgan-ring8-seed{seed}")
        assert run.meta["seed"] == seed
        assert run.checkpoint_steps() == [6, 3]
        assert not (path / "logs" / f"wgan-ring8-seed{seed}.txt").read_text().count("step 3/6")


def test_the_command_prints_every_run(cli: CommandLine, tmp_path: Path) -> None:
    code, out, err = cli.run(
        *("train", "wgan-ring8", "--budget", "laptop", "--seed", "5", "--vectorize", "2", "--out", "r"),
        *SETTINGS,
        cwd=tmp_path,
    )
    assert (code, out.splitlines()) == (0, ["r-seed5", "r-seed6"]), err
    assert json.loads((tmp_path / "r-seed6" / "meta.json").read_text())["seed"] == 6
    code, _, err = cli.run("train", "wgan-ring8", "--vectorize", "2", "--track", "tensorboard", cwd=tmp_path)
    assert (code, "--track shows single runs" in err) == (2, True)


class FullCluster(LocalBackend):
    """A backend that accepts one job at a time."""

    def submit(self, job: Job) -> Submission:
        if getattr(self, "busy", None) is not None and self.poll(self.busy) is None:
            raise SubmitError("the cluster is full")
        self.busy = super().submit(job)
        self.accepted = [*getattr(self, "accepted", []), job.command]
        return self.busy


def test_a_full_cluster_is_waited_for(tmp_path: Path) -> None:
    overrides = dict(setting.split("=") for setting in SETTINGS)
    plan = make_plan(["gan-ring8", "wgan-ring8"], seeds=2, budget="laptop", overrides=overrides)
    plan.write(tmp_path)
    backend = FullCluster()
    train_vectorized(StudyFolder(tmp_path), plan, backend, jobs=2, console=SilentConsole())
    assert len(backend.accepted) == 2
    assert all(
        Run(tmp_path / "runs" / f"{name}-seed{seed}").checkpoint_steps()[0] == 6
        for name in ("gan-ring8", "wgan-ring8")
        for seed in (0, 1)
    )
