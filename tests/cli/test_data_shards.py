"""Shards as a user types them: prepare, index, train, stop, resume, evaluate."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from tests.support.command_line import CommandLine
from tests.support.training import final_state, stop_after, tiny_overrides

from ganbench.experiment.train import resume, train
from ganbench.recipes.registry import find_recipe


@pytest.fixture
def packed(cli: CommandLine, tmp_path: Path) -> Path:
    """120 images of 16x16 in two classes, packed in three shards."""
    rng = np.random.default_rng(0)
    for k in range(120):
        path = tmp_path / "images" / "ab"[k % 2] / f"{k}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(rng.integers(0, 256, (20, 20, 3), dtype=np.uint8)).save(path)
    command = ("data", "prepare", tmp_path / "images", tmp_path / "packed", "--shards")
    code, out, err = cli.run(*command, "--size", "16", "--per-shard", "48", "--jobs", "1")
    assert (code, out) == (0, f"{tmp_path / 'packed'}: 120 images in 3 shards\n"), err
    return tmp_path / "packed"


def train_on(cli: CommandLine, packed: Path, run: Path, *changes: str) -> tuple[int, str, str]:
    settings = {k: v for k, v in tiny_overrides("dcgan-shapes").items() if k.split(".")[0] != "data"}
    settings |= dict(change.split("=") for change in changes)
    words = [f"{key}={value}" for key, value in settings.items()]
    env = {"GANBENCH_CACHE": str(packed.parent / "cache")}
    return cli.run("train", "dcgan-shapes", f"data=shards:{packed}", *words, "--out", run, env=env)


def test_a_killed_run_on_shards_ends_as_one_that_was_not(
    cli: CommandLine, packed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = {k: v for k, v in tiny_overrides("dcgan-shapes").items() if k.split(".")[0] != "data"}
    recipe = find_recipe("dcgan-shapes", "laptop").override({**settings, "data": f"shards:{packed}"})
    whole, killed = train(recipe, out=tmp_path / "whole"), tmp_path / "killed"
    for step in (3, 7, 10):
        with monkeypatch.context() as patch:
            stop_after(patch, step, KeyboardInterrupt())
            with pytest.raises(KeyboardInterrupt):
                resume(killed) if step > 3 else train(recipe, out=killed)
    assert final_state(resume(killed)) == final_state(whole)
    assert whole.info.name == "shards:packed"


def test_a_broken_item_ends_a_run_in_one_sentence_or_is_replaced(
    cli: CommandLine, packed: Path, tmp_path: Path
) -> None:
    path = packed / "shard-000001.tar"
    content = bytearray(path.read_bytes())
    content[600] ^= 1
    path.write_bytes(content)
    code, _, err = train_on(cli, packed, tmp_path / "refused")
    assert code == 3
    assert err.splitlines()[-1].startswith(
        f"the run failed: item 48 (000000048.png) of shard-000001.tar in {packed} is broken: its CRC-32 differs"
    )
    code, _, err = train_on(cli, packed, tmp_path / "replaced", "data.broken=skip")
    assert code == 0, err
    assert "is broken and replaced: its CRC-32 differs from that in the index (1 so far)" in err


def test_shards_are_scored_by_their_path(cli: CommandLine, packed: Path, tmp_path: Path) -> None:
    env = {"GANBENCH_CACHE": str(tmp_path / "cache")}
    command = ("evaluate", packed, "--against", tmp_path / "images", "--metrics", "swd", "--n", "100")
    code, out, err = cli.run(*command, env=env)
    assert code == 0, err
    assert out.startswith("swd")


def test_tar_files_get_an_index(cli: CommandLine, packed: Path) -> None:
    code, _, err = cli.run("data", "index", packed, "--jobs", "1")
    assert (code, err) == (
        2,
        f"error: {packed / 'index.json'} exists already: remove it to write the index again\n",
    )
    (packed / "index.json").unlink()
    assert cli.run("data", "index", packed, "--jobs", "1")[:2] == (0, f"{packed}: 120 images in 3 shards\n")


def test_mistakes(cli: CommandLine, packed: Path, tmp_path: Path) -> None:
    def error(*arguments: str | Path) -> str:
        code, out, err = cli.run(*arguments)
        assert (code, out) == (2, "")
        assert len(err.splitlines()) == 1
        return str(err)

    assert "exists already" in error("data", "prepare", tmp_path / "images", packed, "--shards")
    for option, value in (("split", "test"), ("per-shard", "7"), ("jobs", "3"), ("module", "own.py")):
        command = ("data", "prepare", tmp_path / "images", tmp_path / "x.npz", f"--{option}", value)
        assert error(*command) == f"error: --{option} needs --shards\n"
    assert not (tmp_path / "x.npz").exists()
    assert "there is no data set 'nonesuch'" in error(
        "data", "prepare", "nonesuch", tmp_path / "x", "--shards"
    )
    assert "holds no finished shards" in error("train", "dcgan-shapes", f"data=shards:{tmp_path / 'images'}")
    assert "there is no folder" in error("train", "dcgan-shapes", f"data=shards:{tmp_path / 'none'}")
    assert "write shards:PATH" in error("train", "dcgan-shapes", "data=shards")
    shutil.rmtree(packed)
    assert not (tmp_path / "x").exists()
