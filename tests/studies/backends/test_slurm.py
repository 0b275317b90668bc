"""Jobs of Slurm, with stand-ins for its commands."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from tests.support.fake_slurm import FakeSlurm

from ganbench.errors import UserError
from ganbench.studies.backends.base import Ended, Job, Submission, SubmitError
from ganbench.studies.backends.record import read_record
from ganbench.studies.backends.registry import find_backend
from ganbench.studies.backends.slurm import SlurmBackend

#: Prints its arguments but the first, and exits with the last one.
ECHO = "import sys; print(*sys.argv[2:]); print('note', file=sys.stderr); sys.exit(int(sys.argv[-1]))"
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the stand-ins for Slurm need Linux")


def fast() -> SlurmBackend:
    return SlurmBackend(poll_interval=0.02, grace=0.1)


@pytest.fixture
def slurm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeSlurm]:
    monkeypatch.setattr("ganbench.studies.backends.worker.WORKER", (sys.executable, "-S", "-c", ECHO))
    cluster = FakeSlurm(tmp_path, monkeypatch)
    yield cluster
    cluster.close()


@pytest.fixture
def job(tmp_path: Path) -> Job:
    return Job(folder=tmp_path / "jobs" / "run", command=("said", "0"), threads=2, log=tmp_path / "100%.txt")


def wait(backend: SlurmBackend, submission: Submission) -> Ended:
    pause = threading.Event()
    for _ in range(500):
        ended = backend.poll(submission)
        if ended is not None:
            return ended
        pause.wait(0.02)
    raise AssertionError("the job never ended")


def test_the_exit_code_and_the_output_come_back(slurm: FakeSlurm, job: Job) -> None:
    backend = fast()
    assert wait(backend, backend.submit(job)) == (0, "said 0\n")
    other = Job(folder=job.folder, command=("7",), threads=1, log=job.log)
    submission = backend.submit(other)
    assert wait(backend, submission).code == 7
    assert submission.log_offset == len("note\n")
    assert len(list(job.folder.iterdir())) == 3, "the files of the former job are gone"


def test_options_reach_sbatch(slurm: FakeSlurm, job: Job) -> None:
    options = {
        "partition": "short",
        "time": "1:00:00",
        "cpus": "4",
        "gpus": "1",
        "memory": "8G",
        "account": "a",
    }
    backend = find_backend("slurm", {**options, "notice": "90", "sbatch": "--qos=low --exclude=n7"})
    backend.submit(job)
    (line,) = slurm.options()
    for word in (
        *("--partition=short", "--time=1:00:00", "--cpus-per-task=4", "--gpus=1", "--mem=8G", "--account=a"),
        *("--signal=B:TERM@90", "--qos=low", "--exclude=n7", "--no-requeue", "100%%.txt"),
    ):
        assert word in line
    assert backend.threads(jobs=99) == 4
    assert backend.default_jobs([1], 500) == 100


def test_a_waiting_job_can_be_cancelled(slurm: FakeSlurm, job: Job) -> None:
    slurm.set(hold=True)
    backend = fast()
    submission = backend.submit(job)
    assert backend.poll(submission) is None
    backend.cancel(submission)
    assert wait(backend, submission).code == -9


def test_a_job_whose_record_was_replaced_does_nothing(slurm: FakeSlurm, job: Job) -> None:
    slurm.set(hold=True)
    first, second = fast().submit(job), fast().submit(job)
    assert slurm.run_held() == 2
    assert not list(job.folder.glob(f"{first.id}.*"))
    assert wait(fast(), second) == (0, "said 0\n")
    assert job.log.read_text() == "note\n"


def test_a_job_that_slurm_starts_twice_runs_once(slurm: FakeSlurm, job: Job) -> None:
    backend = fast()
    submission = backend.submit(job)
    wait(backend, submission)
    record = read_record(job.folder)
    assert record is None
    submission = backend.submit(job)
    while not list(job.folder.glob("*.exit")):
        pass
    subprocess.run(["sh", slurm.state / f"{submission.id}.script"], check=True)
    assert job.log.read_text() == "note\n" * 2


def test_a_job_between_record_and_submission_is_found_by_its_name(slurm: FakeSlurm, job: Job) -> None:
    backend = fast()
    backend.submit(job)
    record = read_record(job.folder)
    assert record is not None
    assert record.id.isdecimal()
    recovered = fast().recover(Job(folder=job.folder, command=(), threads=2, log=job.log))
    assert recovered is not None
    assert recovered.job.command == job.command
    assert wait(fast(), recovered) == (0, "said 0\n")


def test_a_controller_that_does_not_answer_loses_no_job(slurm: FakeSlurm, job: Job) -> None:
    slurm.set(hold=True)
    backend = SlurmBackend(poll_interval=0.0, grace=0.0)
    submission = backend.submit(job)
    slurm.set(away=True)
    assert [backend.poll(submission) for _ in range(3)] == [None] * 3
    slurm.run_held()
    assert backend.poll(submission) == (0, "said 0\n"), "its files count, whatever the controller says"


def test_a_controller_that_does_not_answer_is_asked_once_for_all_jobs(
    slurm: FakeSlurm, job: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    slurm.set(hold=True)
    backend = SlurmBackend(poll_interval=1000.0, grace=0.0)
    others = [replace(job, folder=job.folder.with_name(f"run-{i}")) for i in range(3)]
    submissions = [backend.submit(other) for other in others]
    calls: list[list[str]] = []

    def no_answer(command: list[str], script: str = "") -> subprocess.CompletedProcess[str]:
        calls.append(command)
        return subprocess.CompletedProcess(command, 1, "", "no answer")

    monkeypatch.setattr("ganbench.studies.backends.slurm._call", no_answer)
    assert [backend.poll(submission) for submission in submissions] == [None] * 3
    assert len(calls) == 1


@pytest.mark.parametrize("content", ["{}", '{"worker": 1, "command": []}'])
def test_a_damaged_record_is_named(job: Job, content: str) -> None:
    job.folder.mkdir(parents=True)
    (job.folder / "job.json").write_text(content)
    with pytest.raises(UserError, match=r"job\.json is damaged, or of another version"):
        read_record(job.folder)


def test_a_refused_job_leaves_no_record(slurm: FakeSlurm, job: Job) -> None:
    slurm.set(refuse=True)
    with pytest.raises(SubmitError, match="sbatch accepts no job: sbatch: error: too many jobs"):
        fast().submit(job)
    assert read_record(job.folder) is None


def test_slurm_is_missing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UserError, match="--backend slurm needs sbatch, squeue, scancel on the PATH"):
        find_backend("slurm")
