"""A disk that fills up at any moment: one sentence names the file, nothing is lost, and with room work goes on."""

from __future__ import annotations

import shutil
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from tests.support.command_line import CommandLine
from tests.support.recording import record, repetitions
from tests.support.small_disk import SmallDisk, small_disk
from tests.support.training import final_state, override_arguments, read_files, tiny_overrides, tiny_recipe

from ganbench.experiment.train import train
from ganbench.runs.checkpoint import list_checkpoints, read_checkpoint
from ganbench.runs.run import Run

__all__ = ["small_disk"]
ROOMS, STEPS = repetitions(12, 5), 20


def command(name: str, out: Path) -> list[str]:
    changes = {
        **tiny_overrides(name),
        "schedule.steps": STEPS,
        "schedule.log_every": 1,
        "schedule.checkpoint_every": 3,
        "schedule.keep_last": 20,
        "schedule.sample_every": 10,
    }
    return ["train", name, "--budget", "laptop", "--out", str(out), *override_arguments(changes)]


def size_of(folder: Path) -> int:
    return sum(len(content) for content in read_files(folder).values())


def check_sentence(err: str, start: str) -> str:
    """Return the last line of the error output, which says that the disk is full."""
    last = err.splitlines()[-1]
    assert last.startswith(start), err
    assert "No space left on device" in last
    assert "Traceback" not in err
    return last


@pytest.mark.slow
def test_a_run_on_a_full_disk_ends_in_a_sentence_and_goes_on_with_room(
    cli: CommandLine, small_disk: SmallDisk, tmp_path: Path
) -> None:
    code, _, err = cli.run(*command("gan-r1-ring8", tmp_path / "whole"))
    assert code == 0, err
    expected, total = final_state(Run(tmp_path / "whole"), STEPS), size_of(tmp_path / "whole")
    failed_at = Counter[str]()
    for i in range(ROOMS):
        path = small_disk.path / f"run-{i}"
        small_disk.leave(4096 * (i % 5) + i * total // ROOMS)
        code, out, err = cli.run(*command("gan-r1-ring8", path))
        assert out == ""
        if code == 2:  # not even room for the description of the run
            assert str(path) in check_sentence(err, "error: ")
            assert not path.exists()
            failed_at["the start"] += 1
        else:
            assert code == 3, err
            last = check_sentence(err, "the run failed: ")
            assert str(path) in last
            assert "checkpoints are intact" in last
            kinds = ("checkpoints", "samples", "critic", "eval", "events.jsonl")
            failed_at[next(kind for kind in kinds if f"{path}/{kind}" in last)] += 1
            for checkpoint in list_checkpoints(path / "checkpoints"):
                read_checkpoint(checkpoint)
            assert [p for p in path.rglob(".*") if p.name not in (".lock", ".heartbeat")] == []
        small_disk.free()
        code, _, err = cli.run(*(["resume", path] if path.exists() else command("gan-r1-ring8", path)))
        assert code == 0, err
        assert final_state(Run(path), STEPS)["events"] == expected["events"]
        assert final_state(Run(path), STEPS) == expected
        shutil.rmtree(path)
    record("runs on a full disk", tried=ROOMS, silent=0, tracebacks=0, **failed_at)
    assert failed_at["checkpoints"] > 0
    assert len(failed_at) >= 3


COMMANDS = {
    "evaluate": ("evaluate", "{points}", "--n", "250"),
    "report": ("report", "{points}"),
    "sample as picture": ("sample", "{points}", "--out", "{disk}/new.png"),
    "sample as archive": ("sample", "{points}", "--n", "2000", "--out", "{disk}/new.npz"),
    "sample as folder": ("sample", "{pictures}", "--n", "20", "--out", "{disk}/new"),
    "translate": ("translate", "{pictures}", "{own}", "--out", "{disk}/new"),
    "prepare": ("data", "prepare", "{own}", "{disk}/new.npz"),
}
FULL = Counter[str]()
LEFT = (0, 4096)  # bytes; the second is room for a file's name and for part of its content


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two runs, of which one translates pictures, and a folder of pictures."""
    folder, changes = tmp_path_factory.mktemp("original"), {"schedule.steps": 1, "schedule.sample_every": 0}
    train(tiny_recipe("gan-ring8", changes), out=folder / "points")
    train(tiny_recipe("cyclegan-mnist", changes), out=folder / "pictures")
    for run in ("points", "pictures"):
        (folder / run / ".lock").touch()
    (folder / "own").mkdir()
    rng = np.random.default_rng(0)
    for i in range(4):
        Image.fromarray(rng.integers(0, 256, (64, 64, 3), np.uint8)).save(folder / "own" / f"{i}.png")
    return folder


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_on_a_full_disk_names_the_file_and_leaves_nothing_behind(
    cli: CommandLine, small_disk: SmallDisk, original: Path, tmp_path: Path, name: str
) -> None:
    runs = small_disk.path / "runs"
    shutil.copytree(original, runs)
    places = {name: runs / name for name in ("points", "pictures", "own")}
    arguments = [word.format(**places, disk=small_disk.path) for word in COMMANDS[name]]
    env = {"GANBENCH_CACHE": str(tmp_path / "cache")}
    before = read_files(runs)
    for left in LEFT[: 1 if name in ("evaluate", "report") else 2]:  # scores fit, and a report takes long
        small_disk.leave(left)
        code, out, err = cli.run(*arguments, env=env)
        assert code == 2, err
        assert str(small_disk.path) in check_sentence(err, "error: ")
        assert out == "" or name == "evaluate"  # scores are printed at least
        FULL["tried"] += 1
        assert read_files(runs) == before
        assert sorted(p.name for p in small_disk.path.iterdir()) == ["ballast", "runs"]
    small_disk.free()
    code, _, err = cli.run(*arguments, env=env)
    assert code == 0, err
    record("other commands on a full disk", tried=FULL["tried"], silent=0, tracebacks=0)


@pytest.mark.parametrize("arguments", [["show", "gan-ring8"], ["--version"], ["show", "--help"]])
def test_output_to_a_full_disk_is_an_error(cli: CommandLine, arguments: list[str]) -> None:
    assert cli.run(*arguments, stdout="/dev/full")[::2] == (
        2,
        "error: the output or a file: No space left on device\n",
    )
