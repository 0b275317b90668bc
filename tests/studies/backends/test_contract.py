"""What every backend owes a study: each run is trained and scored once, whatever is killed in between."""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from benchmarks.slurm_node import SlurmNode, missing_programs
from tests.studies.conftest import StubStudy
from tests.support.fake_slurm import FakeSlurm

from ganbench.errors import RunError, Stopped
from ganbench.studies.study import Study

FAST = {
    "local": {"poll_seconds": 0.02},
    "slurm": {"poll_interval": 0.04, "grace": 0.2},
    "ray": {"poll_interval": 0.04, "grace": 0.2},
}
RUN = "gan-ring8-seed0"
_real_slurm_tests = pytest.param(
    "real slurm",
    marks=[
        pytest.mark.slow,
        pytest.mark.skipif(bool(missing_programs()), reason=f"no Slurm: {', '.join(missing_programs())}"),
    ],
)
_ray_tests = pytest.param(
    "ray",
    marks=[
        pytest.mark.slow,
        pytest.mark.skipif(find_spec("ray") is None, reason="Ray is not installed"),
    ],
)


class Bench:
    """Studies of stub workers on one backend."""

    def __init__(self, name: str, stubs: StubStudy) -> None:
        self.name, self.stubs = name, stubs

    def run(self, *recipes: str, **options: Any) -> Study:
        return self.stubs.run(*recipes, backend=self.name, backend_options=FAST[self.name], **options)

    def one(self, behaviour: Any = None, **options: Any) -> Study:
        """Run a study of one run."""
        given = {} if behaviour is None else {RUN: behaviour}
        return self.run("gan-ring8", seeds=1, behaviour=given, **options)

    def commands(self) -> list[str]:
        return [call.split()[0] for call in self.stubs.commands()]


@pytest.fixture(scope="module")
def ray_cluster() -> Iterator[None]:
    import ray

    ray.init(address="local", num_cpus=2, include_dashboard=False, log_to_driver=False)
    yield
    ray.shutdown()


@pytest.fixture(scope="module")
def slurm_node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SlurmNode]:
    node = SlurmNode(tmp_path_factory.mktemp("cluster"))
    node.start(cores=2)
    yield node
    node.stop()


@pytest.fixture(params=["local", "slurm", _real_slurm_tests, _ray_tests])
def bench(
    request: pytest.FixtureRequest,
    stub_study: StubStudy,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Bench]:
    if request.param == "slurm" and sys.platform != "linux":
        pytest.skip("the stand-ins for Slurm need Linux")
    if request.param == "ray":
        request.getfixturevalue("ray_cluster")
    if request.param == "real slurm":
        node = request.getfixturevalue("slurm_node")
        monkeypatch.setenv("SLURM_CONF", node.environment["SLURM_CONF"])
    slurm = FakeSlurm(tmp_path, monkeypatch) if request.param == "slurm" else None
    yield Bench(request.param.removeprefix("real "), stub_study)
    if slurm is not None:
        slurm.close()


def test_the_table_is_that_of_every_other_backend(bench: Bench) -> None:
    result = bench.run(behaviour={"gan-ring8-seed1": 3})
    assert bench.commands() == ["evaluate"] * 4 + ["train"] * 4
    assert [row.status for row in result.rows()] == ["finished"] * 4
    table = json.loads((result.path / "table.json").read_text())
    assert [(s["recipe"], s["mean"]) for s in table["summary"]] == [("gan-r1-ring8", 8.0), ("gan-ring8", 5.5)]
    assert bench.name not in (result.path / "table.json").read_text()
    assert bench.run().rows() == result.rows()
    assert bench.commands() == []


def test_a_run_that_is_killed_is_submitted_again_and_resumes(bench: Bench) -> None:
    assert bench.one("killed", max_restarts=1).rows()[0].status == "finished"
    assert bench.commands() == ["evaluate", "resume", "train"]


def test_a_run_that_is_killed_without_progress_is_given_up_until_the_study_is_continued(bench: Bench) -> None:
    with pytest.raises(RunError, match=f"{RUN.replace('-seed', ' seed ')}.*; continue with: ganbench study"):
        bench.one("dies", max_restarts=2)
    assert bench.commands() == ["resume", "resume", "train"]
    assert bench.one().rows()[0].status == "finished"
    assert bench.commands() == ["evaluate", "resume"]


def test_a_failure_is_a_result(bench: Bench) -> None:
    with pytest.raises(RunError, match=r"all 1 runs failed, the first with: the run failed: .* diverged"):
        bench.one("fail")
    record = json.loads((bench.stubs.path / "results" / f"{RUN}.json").read_text())["failed"]
    assert (record["code"], record["said"][0]) == (3, "step 5")
    assert bench.one(retry_failed=True).rows()[0].status == "finished"
    assert bench.commands() == ["evaluate", "resume"]


@pytest.mark.parametrize(
    "bench", ["local", "slurm", _real_slurm_tests], indirect=True
)  # Ray cannot be forked
def test_a_study_that_is_stopped_stops_its_runs(bench: Bench) -> None:
    child = _study_in_a_child(bench)
    os.kill(child, signal.SIGTERM)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == signal.SIGTERM
    assert bench.one().rows()[0].status == "finished"
    assert bench.commands() == ["evaluate", "resume"]


@pytest.mark.parametrize("bench", ["slurm", _real_slurm_tests], indirect=True)
def test_jobs_outlive_a_study_that_is_killed_which_finds_them_again(bench: Bench) -> None:
    child = _study_in_a_child(bench)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    threading.Timer(0.5, (bench.stubs.path.parent / "release").touch).start()
    assert bench.one().rows()[0].status == "finished"
    assert bench.commands() == ["evaluate"], "the training went on, and was not started again"


@pytest.mark.parametrize("bench", ["slurm"], indirect=True)
def test_a_study_continues_on_its_backend(bench: Bench) -> None:
    bench.one()
    stored = json.loads((bench.stubs.path / "backend.json").read_text())
    assert stored == {"backend": "slurm", "options": FAST["slurm"]}
    bench.stubs.run("gan-ring8", seeds=2)
    assert list((bench.stubs.path / "jobs" / "gan-ring8-seed1").glob("*.exit"))
    bench.stubs.run("gan-ring8", seeds=2, backend="local")
    assert not (bench.stubs.path / "backend.json").exists()


def _study_in_a_child(bench: Bench) -> int:
    """Start a study whose run stays halfway, in another process; return its id once the run is there."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            bench.one("stay")
        except Stopped as stop:
            code = stop.signal
        finally:
            os._exit(code)
    checkpoint = bench.stubs.path / "runs" / RUN / "checkpoints" / "step-00000005"
    end = time.monotonic() + 30
    while not checkpoint.exists():
        assert time.monotonic() < end
        time.sleep(0.01)
    time.sleep(0.1)  # until the stub has installed its signal handler
    return child
