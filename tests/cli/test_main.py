"""Every command in a real process: its output, its files, and a one-line message for every mistake."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from PIL import Image
from tests.support.command_line import CommandLine
from tests.support.training import override_arguments, read_files, tiny_overrides

import ganbench
from ganbench.runs.run import Run
from ganbench.utils.sealed_json import parse_sealed


@pytest.fixture(scope="module")
def runs(cli: CommandLine, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a run of points, evaluated during training, and a run of images."""
    folder = tmp_path_factory.mktemp("runs")
    extra = {"schedule.evaluate_every": 4, "schedule.evaluate_samples": 250, "schedule.keep_last": 9}
    for name, out, more in (("gan-ring8", "points", extra), ("dcgan-shapes", "pictures", {})):
        changes = override_arguments({**tiny_overrides(name), **more})
        code, out_, err = cli.run(
            "train", name, *changes, "--budget", "laptop", "--seed", 2, "--out", folder / out
        )
        assert (code, out_) == (0, f"{folder / out}\n"), err
    return folder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with 6 images in two classes, an empty folder, and a folder without images."""
    rng = np.random.default_rng(0)
    for i in range(6):
        (tmp_path / "own" / f"class-{i % 2}").mkdir(parents=True, exist_ok=True)
        picture = Image.fromarray(rng.integers(0, 256, (40, 40, 3), dtype=np.uint8))
        picture.save(tmp_path / "own" / f"class-{i % 2}" / f"{i}.png")
    (tmp_path / "empty").mkdir()
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "notes.txt").write_text("no picture")
    return tmp_path


FEW = (
    "{} has 6 readable images; auto needs at least 16, and a GAN learns little from fewer than a few hundred"
)

# --- what each command does ------------------------------------------------------------------------------------------


def test_recipes(cli: CommandLine) -> None:
    code, out, err = cli.run("recipes")
    assert (code, err) == (0, "")
    lines = [line for line in out.splitlines() if line.startswith("  ")]
    assert any(line.startswith("  dcgan-shapes ") for line in lines)
    code, as_json, _ = cli.run("recipes", "--json")
    recipes = json.loads(as_json)
    assert code == 0
    assert [r["name"] for r in recipes] == [line.split()[0] for line in lines]
    assert all(r["summary"] and r["data"]["target"] for r in recipes)
    headings = [line for line in out.splitlines() if line and line not in lines]
    assert headings == [f"{task}:" for task in dict.fromkeys(r["task"] for r in recipes)]
    for task in {r["task"] for r in recipes}:
        families = [r["family"] for r in recipes if r["task"] == task]
        assert families == sorted(families)


def test_recipes_by_words(cli: CommandLine) -> None:
    code, out, _ = cli.run("recipes", "Ring8", "r1")
    assert code == 0
    assert {line.split()[0] for line in out.splitlines()[1:]} >= {"gan-r1-ring8", "r3gan-ring8"}
    assert "wgan" not in out
    code, out, err = cli.run("recipes", "ring8", "nonsense")
    assert (code, out) == (2, "")
    assert err == "error: no recipe has all of these words: ring8 nonsense; `ganbench recipes` lists all\n"


def test_show(cli: CommandLine) -> None:
    code, out, _ = cli.run("show", "dcgan-shapes", "optimizers.G.lr=5e-4", "--budget", "laptop")
    recipe = yaml.safe_load(out)
    assert code == 0
    assert recipe["optimizers"]["G"]["lr"] == 5e-4
    assert recipe["optimizers"]["D"]["lr"] != 5e-4
    assert recipe["papers"][0]["arxiv"] == "1511.06434"
    code, out, _ = cli.run("show", "dcgan-shapes", "optimizers.G.lr=5e-4", "--budget", "laptop", "--json")
    assert json.loads(out) == recipe


def test_the_output_of_show_can_be_trained(cli: CommandLine, tmp_path: Path) -> None:
    changes = override_arguments({**tiny_overrides("gan-ring8"), "schedule.steps": 2})
    (tmp_path / "mine.yaml").write_text(cli.run("show", "gan-ring8", *changes)[1])
    code, _, err = cli.run("train", tmp_path / "mine.yaml", "--out", tmp_path / "run")
    assert code == 0, err
    assert Run(tmp_path / "run").recipe().schedule.steps == 2


def test_show_auto_explains_its_choices_and_its_output_can_be_trained(
    cli: CommandLine, tmp_path: Path
) -> None:
    arguments = (
        "auto",
        "data=shapes",
        "data.size=40",
        "networks.G.width=2",
        "networks.D.width=2",
        "schedule.steps=1",
    )
    code, out, err = cli.run("show", *arguments)
    assert (code, err) == (0, "")
    assert out.startswith("# data: shapes, 40 images, 32x32 colour, 6 classes")
    (tmp_path / "mine.yaml").write_text(out)
    code, _, err = cli.run("train", tmp_path / "mine.yaml", "--out", tmp_path / "run")
    assert code == 0, err
    code, as_json, err = cli.run("show", *arguments, "--json")
    assert json.loads(as_json)["name"] == Run(tmp_path / "run").recipe().name == "auto"
    assert err.splitlines() == [line for line in out.splitlines() if line.startswith("# ")]


def test_train_writes_a_complete_run(runs: Path) -> None:
    run = Run(runs / "points")
    assert run.meta["seed"] == 2
    assert run.checkpoint_steps() == [12, 10, 8, 5, 4]
    assert [p.name for p in sorted(run.samples.iterdir())] == [f"step-{s:08d}.png" for s in (4, 8, 12)]
    assert [e["step"] for e in run.events.read("score")] == [4, 8, 12]
    assert {p.name for p in run.path.iterdir()} == {
        "recipe.json", "meta.json", "events.jsonl", "samples", "critic", "checkpoints", "eval", ".lock",
    }  # fmt: skip


def test_train_opens_with_a_heading_and_ends_with_the_health(cli: CommandLine, tmp_path: Path) -> None:
    settings = {k: v for k, v in tiny_overrides("gan-ring8").items() if k != "machine.threads"}
    changes = override_arguments(settings)
    options = ["--device", "cpu", "--precision", "bf16", "--threads", "2", "-o", tmp_path / "run"]
    code, out, err = cli.run("train", "gan-ring8", *changes, "--budget", "laptop", *options)
    assert (code, out) == (0, f"{tmp_path / 'run'}\n"), err
    lines = err.splitlines()
    assert [line.partition(":")[0] for line in lines[:5]] == ["run", "machine", "data", "networks", "plan"]
    assert lines[1] == "machine: cpu, 2 threads, bf16"
    assert lines[-1].startswith("health: too young to judge")
    assert Run(tmp_path / "run").recipe().machine.threads == 2


def test_quiet_training_prints_its_folder_only(cli: CommandLine, tmp_path: Path) -> None:
    changes = override_arguments(tiny_overrides("gan-ring8"))
    code, out, err = cli.run(
        "train", "gan-ring8", *changes, "--budget", "laptop", "-q", "-o", tmp_path / "run"
    )
    assert (code, out, err) == (0, f"{tmp_path / 'run'}\n", "")


def test_the_version(cli: CommandLine) -> None:
    assert cli.run("--version") == (0, f"ganbench {ganbench.__version__}\n", "")


def test_every_reading_command_prints_json(cli: CommandLine, runs: Path, folder: Path) -> None:
    cli.run("evaluate", runs / "points", "--n", 250)
    for i in range(10):  # auto trains on 16 pictures and more
        picture = Image.effect_noise((40, 40), 50 + i)
        picture.save(folder / "own" / "class-0" / f"more-{i}.png")
    for command in (
        ("recipes",),
        ("show", "gan-ring8"),
        ("data", "list"),
        ("data", "check", folder / "own"),
        ("evaluate", "ring8", "--against", "ring8", "--n", 250),
        ("compare", runs / "points", *(runs / "points" / "eval").glob("*n250*.json")),
    ):
        code, out, err = cli.run(*map(str, command), "--json")
        assert code == 0, err
        assert json.loads(out), command


def test_train_without_out_creates_a_folder_in_runs(cli: CommandLine, tmp_path: Path) -> None:
    changes = override_arguments({**tiny_overrides("gan-ring8"), "schedule.steps": 1})
    code, out, err = cli.run("train", "gan-ring8", *changes, cwd=tmp_path)
    assert (code, out) == (0, "runs/gan-ring8-seed0\n"), err
    assert Run(tmp_path / "runs" / "gan-ring8-seed0").checkpoint_steps() == [1]
    assert "step 1/1" in err


def test_resume_beyond_the_planned_steps(cli: CommandLine, runs: Path, tmp_path: Path) -> None:
    shutil.copytree(runs / "points", tmp_path / "run")
    code, out, err = cli.run("resume", tmp_path / "run", "--steps", 15)
    assert (code, out) == (0, f"{tmp_path / 'run'}\n"), err
    assert "resuming at step 12 of 15" in err
    assert Run(tmp_path / "run").checkpoint_steps()[0] == 15
    assert Run(tmp_path / "run").recipe().schedule.steps == 15


def test_sample_to_every_format(cli: CommandLine, runs: Path, tmp_path: Path) -> None:
    for name in ("points", "pictures"):
        code, out, err = cli.run("sample", runs / name, "--n", 9, "--out", tmp_path / f"{name}.png")
        assert (code, out, err) == (0, f"{tmp_path / name}.png\n", "")
        assert Image.open(tmp_path / f"{name}.png").width >= 384
        assert cli.run("sample", runs / name, "--n", 9, "--out", tmp_path / f"{name}.npz")[0] == 0
    with np.load(tmp_path / "pictures.npz") as file:
        pictures = file["samples"]
    with np.load(tmp_path / "points.npz") as file:
        assert (file["samples"].shape, file["samples"].dtype) == ((9, 2), np.float32)
    assert (pictures.shape, pictures.dtype) == ((9, 3, 32, 32), np.uint8)
    assert cli.run("sample", runs / "pictures", "--n", 9, "--out", tmp_path / "many")[0] == 0
    files = sorted((tmp_path / "many").iterdir())
    assert [p.name for p in files] == [f"{i:06d}.png" for i in range(9)]
    images = np.stack([np.asarray(Image.open(p)) for p in files])
    assert np.array_equal(images.transpose(0, 3, 1, 2), pictures)


def test_sample_by_seed_and_step(cli: CommandLine, runs: Path, tmp_path: Path) -> None:
    samples = {}
    for i, options in enumerate([[], [], ["--seed", 1], ["--step", 4], ["--step", 12], ["--step", "best"]]):
        assert cli.run("sample", runs / "points", "--n", 5, "--out", tmp_path / f"{i}.npz", *options)[0] == 0
        with np.load(tmp_path / f"{i}.npz") as file:
            samples[i] = file["samples"].tobytes()
    assert samples[0] == samples[1] == samples[4]
    assert len({samples[0], samples[2], samples[3]}) == 3


def test_evaluate_a_run(cli: CommandLine, runs: Path) -> None:
    code, out, err = cli.run("evaluate", runs / "points", "--metrics", "modes", "--n", 500, "--json")
    assert code == 0, err
    (score,) = json.loads(out)
    assert score["name"] == "modes"
    assert score["measured"]["samples"] == 500
    assert score["measured"]["generator"].items() >= {"step": 12, "seed": 1}.items()
    written = list((runs / "points" / "eval").glob("modes*n500*.json"))
    assert [parse_sealed(p.read_bytes(), p) for p in written] == [score]
    code, out, _ = cli.run("evaluate", runs / "points", "--n", 500, "--step", 4)
    assert code == 0
    assert out.startswith("modes  ")
    assert '"step": 4' in out


def test_evaluate_images_and_compare_score_files(cli: CommandLine, runs: Path, tmp_path: Path) -> None:
    """Score samples in a folder and in a file against each other, and compare the score files."""
    env = {"GANBENCH_CACHE": str(tmp_path / "cache")}
    for out in ("folder", "array.npz"):
        assert cli.run("sample", runs / "pictures", "--n", 120, "--out", tmp_path / out)[0] == 0
    options = ("--metrics", "fd", "--features", "pixels@2", "--json")
    warning = "below 10,000 the bias is large; compare only at equal counts"
    pairs = [("folder", "array.npz", 110), ("array.npz", "folder", 110), ("folder", "folder", 100)]
    for i, (a, b, n) in enumerate(pairs):
        arguments = (tmp_path / a, "--against", tmp_path / b, "--n", n)
        code, out, err = cli.run("evaluate", *arguments, *options, env=env)
        assert (code, err) == (0, f"warning: measured on {n} samples: {warning}\n")
        (score,) = json.loads(out)
        assert score["name"] == "fd[pixels@2]"
        (tmp_path / f"{i}.json").write_text(json.dumps(score))
    code, out, err = cli.run("compare", tmp_path / "0.json", tmp_path / "1.json")
    assert (code, out) == (2, "")
    assert "were measured differently (reference." in err
    code, out, err = cli.run("compare", tmp_path / "0.json", tmp_path / "2.json", "--force")
    assert (code, err) == (0, "")
    assert "INCOMPARABLE: measured differently (" in out
    assert "samples" in out
    code, out, _ = cli.run("compare", tmp_path / "0.json", tmp_path / "2.json", "--force", "--json")
    forced = json.loads(out)
    assert "samples" in forced["unlike"]
    assert [s["differing"]["samples"] for s in forced["scores"]] == [110, 100]
    code, out, err = cli.run("compare", tmp_path / "0.json", tmp_path / "0.json", "--force")
    assert code == 0, err
    assert "INCOMPARABLE" not in out


def test_evaluate_by_a_protocol_best_and_last(cli: CommandLine, runs: Path) -> None:
    code, out, err = cli.run("evaluate", runs / "pictures", "--protocol", "mimicri")
    assert (code, out) == (2, "")
    assert "did you mean 'mimicry'?" in err
    code, out, err = cli.run("evaluate", runs / "pictures", "--protocol", "clean", "--n", 5)
    assert code == 2
    assert "fixes metrics" in err
    code, out, err = cli.run("evaluate", runs / "points", "--step", "both", "--n", 330, "--json")
    assert code == 0, err
    checkpoints = [score["measured"]["generator"]["checkpoint"] for score in json.loads(out)]
    assert checkpoints in (["best", "last"], ["best and last"])
    code, out, err = cli.run(
        "evaluate", runs / "pictures", "--metrics", "fd", "--features", "pixels@8", "--n", 20, "--json",
        "--allow-rank-deficient",
    )  # fmt: skip
    assert code == 0, err
    assert "the covariance is singular" in err


def test_metrics_may_be_repeated(cli: CommandLine, runs: Path) -> None:
    options = ("--metrics", "swd,spectrum", "--metrics", "kd", "--metrics", "swd", "--features", "pixels@2")
    code, out, err = cli.run("evaluate", "shapes", "--against", "shapes", *options, "--n", "120", "--json")
    assert code == 0, err
    assert [score["name"] for score in json.loads(out)] == ["swd", "spectrum", "kd[pixels@2]"]


def test_samples_are_scored_with_their_labels_again(cli: CommandLine, tmp_path: Path) -> None:
    changes = override_arguments({**tiny_overrides("sagan-cifar10"), "data.size": 600, "schedule.steps": 1})
    run = tmp_path / "run"
    code, _, err = cli.run("train", "sagan-cifar10", *changes, "--budget", "laptop", "--out", run)
    assert code == 0, err
    options = ("--metrics", "fd-class", "--features", "pixels@2", "--json", "--seed", "0")
    scores = []
    for source in (run, tmp_path / "folder", tmp_path / "samples.npz"):
        if source != run:
            assert cli.run("sample", run, "--n", "300", "--out", source)[0] == 0
        code, out, err = cli.run("evaluate", source, "--against", "shapes", "--n", "300", *options)
        assert code == 0, err
        scores += json.loads(out)
    assert [score["value"] for score in scores] == pytest.approx([scores[0]["value"]] * 3, rel=1e-4)
    assert [score["measured"]["sampling"]["labels"] for score in scores] == [
        "each class in turn",
        *["the items' own"] * 2,
    ]


@pytest.mark.parametrize("coding", ["ascii", "latin-1"])
def test_a_terminal_without_unicode_gets_escapes(cli: CommandLine, tmp_path: Path, coding: str) -> None:
    env = {"GANBENCH_CACHE": str(tmp_path / "cache")}
    for i in range(20):
        (tmp_path / "写真" / f"ж{i % 2}").mkdir(parents=True, exist_ok=True)
        picture = np.full((16, 16, 3), 10 * i, np.uint8)
        Image.fromarray(picture).save(tmp_path / "写真" / f"ж{i % 2}" / f"é{i}.png")
    code, out, err = cli.run("data", "check", tmp_path / "写真", env=env, coding=coding)
    assert (code, err) == (0, ""), err
    assert "\\u0436" in out
    code, _, err = cli.run("data", "check", tmp_path / "写", env=env, coding=coding)
    assert code == 2
    assert err.startswith("error: there is no folder")
    assert "\\u5199" in err


def test_paths_with_colons_dots_and_spaces(cli: CommandLine, folder: Path) -> None:
    changes = [w for w in override_arguments(tiny_overrides("dcgan-shapes")) if not w.startswith("data.")]
    path = folder / "a: b #1 v1.2"
    (folder / "own").rename(path)
    code, out, err = cli.run(
        *("train", "dcgan-shapes", f"data=folder:{path}", "data.size=16", *changes),
        *("--out", folder / "runs: v1.5"),
        env={"GANBENCH_CACHE": str(folder / "cache")},
    )
    assert (code, out) == (0, f"{folder / 'runs: v1.5'}\n"), err
    assert Run(folder / "runs: v1.5").recipe().data.kwargs["path"] == str(path)
    code, out, err = cli.run("sample", folder / "runs: v1.5", "--n", "3", "--out", folder / "samples.v2")
    assert (code, out) == (0, f"{folder / 'samples.v2'}\n"), err


def test_ones_own_data_set_is_listed_and_checked(cli: CommandLine, tmp_path: Path) -> None:
    (tmp_path / "my_sets.py").write_text(
        "from ganbench.data.registry import dataset\n"
        "from ganbench.data.shapes import shapes\n\n\n"
        '@dataset("my_shapes")\n'
        "def my_shapes(split='train', size=20):\n"
        '    """Shapes of my own."""\n'
        "    return shapes(size=size, split=split)\n"
    )
    module = ("--module", tmp_path / "my_sets.py")
    code, out, err = cli.run("data", "list", *module)
    assert (code, err) == (0, "")
    assert any(
        line.startswith("my_shapes ") and line.endswith(" Shapes of my own.") for line in out.splitlines()
    )
    code, out, err = cli.run("data", "check", "my_shapes", *module)
    assert (code, err) == (0, "")
    assert "in both: " in out


def test_data_list_says_what_is_on_this_machine(cli: CommandLine, tmp_path: Path) -> None:
    archive = tmp_path / "data" / "imagenette64" / "train.npz"
    archive.parent.mkdir(parents=True)
    archive.write_bytes(b"not read")
    env = {"GANBENCH_DATA": str(tmp_path / "data"), "GANBENCH_CACHE": str(tmp_path / "cache")}
    code, out, err = cli.run("data", "list", env=env)
    rows = json.loads(cli.run("data", "list", "--json", env=env)[1])
    assert (code, err) == (0, "")
    assert [line.split()[0] for line in out.splitlines()][: len(rows)] == [row["name"] for row in rows]
    states = {row["name"]: (row["state"], row["path"]) for row in rows}
    assert (
        states.items()
        >= {
            "ring8": ("built in", None),
            "folder": ("path", None),
            "imagenette64": ("here", str(archive)),
            "cifar10-jpeg": ("missing", None),
            "mnist": ("download", None),
        }.items()
    )
    assert f"imagenette64: {archive}" in out.splitlines()


def test_data_check_and_prepare(cli: CommandLine, folder: Path) -> None:
    code, out, err = cli.run("data", "check", folder / "own")
    assert "6 images, 0 broken" in out
    assert (code, err) == (2, f"error: {FEW.format(folder / 'own')}\n")
    code, _, err = cli.run("train", "auto", f"data=folder:{folder / 'own'}")
    assert (code, err) == (2, f"error: {FEW.format(folder / 'own')}\n")
    for i in range(16):
        shutil.copy(folder / "own" / "class-0" / "0.png", folder / "empty" / f"{i}.png")
    assert cli.run("data", "check", folder / "empty")[::2] == (0, "")
    assert json.loads(cli.run("data", "check", folder / "own", "--json")[1])["classes"] == {
        "class-0": 3,
        "class-1": 3,
    }
    code, out, err = cli.run("data", "prepare", folder / "own", folder / "own.npz", "--size", 16)
    assert (code, out) == (0, f"{folder / 'own.npz'}\n"), err
    assert "6 images, 0 broken" in cli.run("data", "check", folder / "own.npz")[1]
    assert "in both: 6 of " in cli.run("data", "check", folder / "own", folder / "own")[1]


def test_training_on_own_images(cli: CommandLine, folder: Path) -> None:
    changes = override_arguments({**tiny_overrides("dcgan-shapes"), "schedule.steps": 2})
    changes = [w for w in changes if not w.startswith("data.")]
    code, _, err = cli.run(
        *("train", "dcgan-shapes", f"data=folder:{folder / 'own'}", "data.size=16", *changes),
        *("--out", folder / "run"),
        env={"GANBENCH_CACHE": str(folder / "cache")},
    )
    assert code == 0, err
    assert Run(folder / "run").info.shape == (3, 16, 16)


def test_report(cli: CommandLine, runs: Path, tmp_path: Path) -> None:
    pytest.importorskip("ganbench.report.page")
    shutil.copytree(runs / "points", tmp_path / "run")
    code, out, err = cli.run("report", tmp_path / "run")
    assert code == 0, err
    assert Path(out.strip()).read_text().lstrip().lower().startswith("<!doctype html>")


@pytest.mark.parametrize("arguments", [["-h"], ["train", "--help"], ["data", "-h"], ["data", "check", "-h"]])
def test_help(cli: CommandLine, arguments: list[str]) -> None:
    code, out, err = cli.run(*arguments)
    assert (code, err) == (0, "")
    assert "Usage" in out


@pytest.mark.parametrize("arguments", [[], ["data"]])
def test_no_command_shows_the_help(cli: CommandLine, arguments: list[str]) -> None:
    code, out, err = cli.run(*arguments)
    assert code == 2
    assert "Usage" in out + err
    assert "Traceback" not in err


# --- mistakes --------------------------------------------------------------------------------------------------------

TRAIN = ("train", "gan-ring8", "--out", "{tmp}/new")
MISTAKES: dict[str, tuple[tuple[str, ...], str]] = {
    "recipe": (("train", "dcgan-shape", "--out", "{tmp}/new"), "did you mean 'dcgan-shapes'?"),
    "recipe to show": (("show", "gann-ring8"), "did you mean 'gan-ring8'?"),
    "recipe file": (("train", "{tmp}/none.yaml"), "cannot be read: No such file"),
    "key": ((*TRAIN, "optimizers.G.learning_rate=1"), "did you mean 'lr'?"),
    "line break": ((*TRAIN, "schedule.st\neps=3"), "schedule has no key 'st\\neps'; did you mean 'steps'?"),
    "terminal code": ((*TRAIN, "\x1b[2Jsteps"), "'\\x1b[2Jsteps' is not KEY=VALUE"),
    "long key": ((*TRAIN, "x" * 50_000), "xxx' is not KEY=VALUE"),
    "rounded": ((*TRAIN, "optimizers.G.lr=9007199254740993"), "9007199254740993 has more digits than a number can"),
    "number for a switch": ((*TRAIN, "optimizers.G.amsgrad=1"), "must be true or false, not 1"),
    "whole key": ((*TRAIN, "steps=3"), "did you mean 'schedule.steps'?"),
    "value": ((*TRAIN, "schedule.steps=many"), "must be a whole number, not 'many'"),
    "small value": ((*TRAIN, "schedule.steps=0"), "schedule.steps must be at least 1"),
    "part": ((*TRAIN, "algorithm.loss=Hinged"), "did you mean 'Hinge'?"),
    "data set": ((*TRAIN, "data=ring9"), "did you mean 'ring8'?"),
    "no value": ((*TRAIN, "schedule.steps"), "'schedule.steps' is not KEY=VALUE"),
    "no key": ((*TRAIN, "=3"), "'=3' is not KEY=VALUE"),
    "budget": ((*TRAIN, "--budget", "huge"), "'laptop'"),
    "auto without data": (("train", "auto", "--out", "{tmp}/new"), "ganbench train auto data=folder:PATH"),
    "auto for few": (("train", "auto", "data=folder:{tmp}/own"), "has 6 readable images; auto needs"),
    "auto for none": (("train", "auto", "data=folder:{tmp}/empty"), "there is no image in {tmp}/empty"),
    "auto nowhere": (("show", "auto", "data=folder:{tmp}/none"), "there is no folder or archive {tmp}/none"),
    "auto for points": (("show", "auto", "data=ring8"), "auto needs images"),
    "auto for no time": (("train", "auto", "data=shapes", "--budget", "laptop"), "such as --budget 20m"),
    "seed": ((*TRAIN, "--seed", "-1"), "--seed"),
    "option": ((*TRAIN, "--gpus", "3"), "--gpus"),
    "command": (("trian", "gan-ring8"), "trian"),
    "no recipe": (("train",), "recipe"),
    "out that is there": (("train", "gan-ring8", "--out", "{runs}/points"), "exists; give another --out"),
    "device": ((*TRAIN, "machine.device=tpu"), "must be one of auto, cpu, cuda, mps"),
    "option of another device": ((*TRAIN, "--device", "tpu"), "--device"),
    "contradiction": ((*TRAIN, "machine.threads=2", "--threads", "3"), "machine.threads=2 contradict each other"),
    "no threads": ((*TRAIN, "--threads", "0"), "--threads"),
    "folder without pictures": ((*TRAIN, "data=folder:{tmp}/empty"), "{tmp}/empty"),
    "missing folder": ((*TRAIN, "data=folder:{tmp}/none"), "{tmp}/none"),
    "module": ((*TRAIN, "--module", "{tmp}/none.py"), "there is no file {tmp}/none.py"),
    "resume no run": (("resume", "{tmp}/own"), "is not a run: it holds no recipe.json"),
    "resume nothing": (("resume", "{tmp}/none"), "does not exist"),
    "resume past": (("resume", "{runs}/points", "--steps", "3"), "is at step 12 already, past --steps 3"),
    "resume damaged": (("resume", "{tmp}/damaged"), "recipe.json cannot be read"),
    "sample no run": (("sample", "{tmp}/own", "--out", "{tmp}/new.png"), "is not a run"),
    "sample damaged": (("sample", "{tmp}/damaged", "--out", "{tmp}/new.png"), "recipe.json cannot be read"),
    "sample class": (("sample", "{runs}/points", "--class", "3", "--out", "{tmp}/new.png"), "without classes"),
    "sample there": (("sample", "{runs}/points", "--out", "{tmp}/there.png"), "there.png exists"),
    "sample folder there": (("sample", "{runs}/pictures", "--out", "{tmp}/own"), "own exists"),
    "sample nowhere": (("sample", "{runs}/points", "--out", "{tmp}/none/new.png"), "none does not exist"),
    "sample kind": (("sample", "{runs}/points", "--out", "{tmp}/new.gif"), ".png or .npz"),
    "sample points one by one": (("sample", "{runs}/points", "--out", "{tmp}/new"), "points, not images"),
    "sample none": (("sample", "{runs}/points", "--n", "0", "--out", "{tmp}/new.png"), "--n"),
    "step": (("sample", "{runs}/points", "--step", "7", "--out", "{tmp}/new.png"), "there are: 12, 10, 8, 5, 4"),
    "no best": (("sample", "{runs}/pictures", "--step", "best", "--out", "{tmp}/new.png"), "of step best"),
    "step word": (("sample", "{runs}/points", "--step", "last", "--out", "{tmp}/new.png"), "a number or 'best'"),
    "metric": (("evaluate", "{runs}/points", "--metrics", "mode"), "did you mean 'modes'?"),
    "metric of pictures": (("evaluate", "{runs}/points", "--metrics", "fd"), "judges data of kind 'image'"),
    "features": (("evaluate", "{runs}/pictures", "--features", "inceptoin"), "there are no features 'inceptoin'"),
    "few samples": (("evaluate", "{runs}/points", "--n", "20"), "needs at least 250 samples, not 20"),
    "evaluate nothing": (("evaluate", "{tmp}/none"), "there is nothing at {tmp}/none; name a run, a folder"),
    "evaluate a misspelt run": (("evaluate", "pointz"), "there is no run, folder, archive or data set 'pointz'"),
    "evaluate without reference": (("evaluate", "shapes"), "'shapes' is not a run, so --against must say"),
    "evaluate into no folder": (("evaluate", "{tmp}/file-for-eval"), "scores cannot be written to"),
    "seed twice": ((*TRAIN, "--seed", "1", "--seed", "2"), "--seed is given twice"),
    "budget twice": (("show", "gan-ring8", "--budget", "laptop", "--budget", "hour"), "--budget is given twice"),
    "n twice": (("evaluate", "{runs}/points", "--n", "300", "--seed", "1", "--n", "400"), "--n is given twice"),
    "key twice": ((*TRAIN, "schedule.steps=3", "schedule.steps=4"), "schedule.steps is given twice"),
    "misfit": ((*TRAIN, "--budget", "laptop", "networks.G.latent=16"), "in the network G, RuntimeError"),
    "loss as algorithm": ((*TRAIN, "algorithm={{target: 'ganbench.losses:Hinge'}}"), "not the loss Hinge"),
    "too large a network": ((*TRAIN, "networks.G.width=1000000000000"), "MLPGenerator cannot be built"),
    "base 60": ((*TRAIN, "schedule.steps=1:30"), "must be a whole number, not '1:30'"),
    "long number": ((*TRAIN, f"schedule.steps={'9' * 5000}"), "a number has too many digits"),
    "tiny number": ((*TRAIN, "optimizers.G.lr=1e-400"), "1e-400 is too close to 0"),
    "own loss": ((*TRAIN, "algorithm.loss=MyLoss"), "(one of your own needs --module FILE.py)"),
    "own loss misspelt": ((*TRAIN, "algorithm.loss=MyLos", "--module", "{tmp}/my_parts.py"), "mean 'MyLoss'?"),
    "own data": ((*TRAIN, "data=my_set"), "(one of your own needs --module FILE.py)"),
    "own recipe": (("show", "my-own-recipe"), "(one of your own needs --module FILE.py)"),
    "own metric": (("evaluate", "{runs}/points", "--metrics", "my_own"), "(one of your own needs --module FILE.py)"),
    "function": ((*TRAIN, "optimizers.G=torch.optim.swa_utils:update_bn"), "there is no part 'update_bn'"),
    "sample too many": (("sample", "{runs}/points", "--n", "9" * 40, "--out", "{tmp}/new.npz"), "--n"),
    "step power": (("sample", "{runs}/points", "--step", "²", "--out", "{tmp}/new.png"), "a number or 'best'"),
    "long name": (("sample", "{runs}/points", "--out", "{tmp}/" + "a" * 252 + ".png"), "File name too long"),
    "whole recipe": (("show", "{runs}/points/recipe.json", "--budget", "reference"), "cannot be resized"),
    "evaluate no pictures": (("evaluate", "{tmp}/empty", "--against", "shapes"), "{tmp}/empty"),
    "against": (("evaluate", "{runs}/points", "--against", "ring9"), "did you mean 'ring8'?"),
    "check points": (("data", "check", "ring8"), "'ring8' holds points, not images"),
    "gallery": (("evaluate", "shapes", "--gallery", "{tmp}/there.png"), "--gallery must be a new FILE.png"),
    "check nothing": (("data", "check", "{tmp}/none"), "there is no folder and no archive"),
    "check no pictures": (("data", "check", "{tmp}/notes"), "{tmp}/notes"),
    "check no archive": (("data", "check", "{tmp}/there.png"), "there.png"),
    "prepare there": (("data", "prepare", "{tmp}/own", "{tmp}/there.npz"), "there.npz exists already"),
    "prepare kind": (("data", "prepare", "{tmp}/own", "{tmp}/new.zip"), "must end in .npz"),
    "prepare nothing": (("data", "prepare", "{tmp}/empty", "{tmp}/new.npz"), "{tmp}/empty"),
}  # fmt: skip


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_prints_one_line_and_changes_nothing(
    cli: CommandLine, runs: Path, folder: Path, name: str
) -> None:
    (folder / "there.png").write_bytes(b"not a picture")
    (folder / "there.npz").write_bytes(b"not an archive")
    shutil.copytree(runs / "points", folder / "damaged")
    (folder / "damaged" / "recipe.json").write_text('{"format": 1, ')
    shutil.copytree(runs / "points", folder / "file-for-eval", ignore=shutil.ignore_patterns("eval"))
    (folder / "file-for-eval" / "eval").touch()
    (folder / "my_parts.py").write_text(
        "from ganbench.losses import Hinge\n\n\nclass MyLoss(Hinge):\n    pass\n"
    )
    before = {**read_files(folder), **read_files(runs)}
    names = sorted(folder.rglob("*"))
    arguments, message = MISTAKES[name]
    places = {"tmp": folder, "runs": runs}
    code, out, err = cli.run(
        *(a.format(**places) for a in arguments), env={"GANBENCH_CACHE": str(folder / ".cache")}
    )
    assert code == 2, (out, err)
    assert message.format(**places) in err
    assert err.startswith("error: ")
    assert err.count("\n") == 1
    assert len(err) < 2100
    assert out == ""
    shutil.rmtree(folder / "__pycache__", ignore_errors=True)  # Python's own, of the user's module
    after = {**read_files(folder), **read_files(runs)}
    for files in (after, before):
        files.pop("points/.lock", None)
    assert after == before
    assert sorted(folder.rglob("*")) == names


def test_a_diverging_run_exits_with_3(cli: CommandLine, tmp_path: Path) -> None:
    changes = override_arguments(
        {**tiny_overrides("gan-ring8"), "optimizers.D.lr": 1e30, "optimizers.G.lr": 1e30}
    )
    code, out, err = cli.run("train", "gan-ring8", *changes, "--out", tmp_path / "run")
    assert (code, out) == (3, "")
    assert err.splitlines()[-1].startswith("the run failed: '")
    assert "diverged" in err
    assert "Traceback" not in err


def test_a_damaged_checkpoint_is_reported_and_skipped(cli: CommandLine, runs: Path, tmp_path: Path) -> None:
    shutil.copytree(runs / "points", tmp_path / "run")
    newest = tmp_path / "run" / "checkpoints" / "step-00000012" / "networks.safetensors"
    newest.write_bytes(newest.read_bytes()[:-1])
    code, _, err = cli.run("sample", tmp_path / "run", "--out", tmp_path / "a.npz")
    assert code == 0
    assert err.startswith(f"warning: {newest} has ")
    assert err.count("\n") == 1
    code, _, err = cli.run("sample", tmp_path / "run", "--out", tmp_path / "b.npz", "--step", 12)
    assert code == 2
    assert err.startswith(f"error: {newest} has ")


# --- the installed program, from outside -----------------------------------------------------------------------------


def start(*arguments: str | Path, **options: Any) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "ganbench", *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options)


@pytest.mark.slow
def test_sigterm_saves_a_checkpoint(tmp_path: Path) -> None:
    changes = override_arguments(
        {**tiny_overrides("gan-ring8"), "schedule.steps": 100_000, "schedule.log_every": 1}
    )
    process = start("train", "gan-ring8", *changes, "--out", tmp_path / "run")
    assert process.stderr is not None
    while "step 2/" not in process.stderr.readline():
        pass
    process.send_signal(signal.SIGTERM)
    out, err = process.communicate()
    assert process.returncode == 143
    assert out == ""
    assert f"checkpoint saved; continue with: ganbench resume {tmp_path / 'run'}" in err.splitlines()[-1]


@pytest.mark.parametrize("arguments", [("--help",), ("train", "--help")], ids=["help", "train help"])
def test_help_does_not_wait_for_torch(arguments: tuple[str, ...]) -> None:
    process = start(*arguments, env={**os.environ, "PYTHONPROFILEIMPORTTIME": "1"})
    _, err = process.communicate()
    assert process.returncode == 0
    assert "import time:" in err
    assert " torch\n" not in err


def test_a_closed_pipe_is_not_an_error(tmp_path: Path) -> None:
    process = start("recipes")
    assert process.stdout is not None
    process.stdout.close()
    assert process.stderr is not None
    assert process.stderr.read() == ""
    assert process.wait() in (0, 1)
