"""The command ``push``, and ``hub:`` names, as a user types them."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from tests.support.command_line import CommandLine
from tests.support.hub_server import TOKEN, Hub, hub
from tests.support.training import tiny_recipe

from ganbench.experiment.train import train

__all__ = ["hub"]

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return train(tiny_recipe("gan-ring8"), out=tmp_path_factory.mktemp("run") / "run").path


@pytest.fixture
def run(cli: CommandLine, hub: Hub, tmp_path: Path) -> Run:
    """Runs commands in an environment with the Hub and a token."""
    return partial(cli.run, env={**hub.environment(tmp_path), "HF_TOKEN": TOKEN})


def test_a_round_trip(run: Run, hub: Hub, trained: Path, tmp_path: Path) -> None:
    zoo = tmp_path / "zoo"
    zoo.mkdir()
    code, out, err = run("push", trained, "--repo", "me/ring", "--without", "D")
    name = f"hub:me/ring@{hub.repositories['me/ring'].branches['main']}"
    assert (code, out) == (0, f"{name}\n"), err
    assert [line.split(" ")[0] for line in err.splitlines()] == ["samples", "uploading"]
    run("zoo", "add", trained, "--zoo", zoo, "--name", "ring", "--summary", "", "--without", "D")
    for source, file in (("hub:me/ring", "hub"), (zoo / "ring", "zoo")):
        code, out, err = run("sample", source, "--n", 9, "--out", tmp_path / f"{file}.npz")
        assert code == 0, err
    assert (tmp_path / "hub.npz").read_bytes() == (tmp_path / "zoo.npz").read_bytes()
    for arguments in (
        ("evaluate", name, "--n", 250), ("report", name), ("compare", name, name),
        ("export", name, "--out", tmp_path / "exported"),
    ):  # fmt: skip
        code, out, err = run(*arguments)
        assert code == 0, err
        assert TOKEN not in out + err
    for path in tmp_path.rglob("*"):
        assert path.is_dir() or TOKEN.encode() not in path.read_bytes()


def test_mistakes_have_exit_code_2_and_one_line(run: Run, hub: Hub, trained: Path, tmp_path: Path) -> None:
    offline = {**hub.environment(tmp_path), "HF_TOKEN": TOKEN, "HF_HUB_OFFLINE": "1"}
    hub.statuses["repos/create"] = 500
    for arguments, env, message in (
        (("push", trained, "--repo", "ring"), None, "'ring' is no name of a repository"),
        (
            ("push", trained, "--repo", "me/ring"),
            None,
            "has a problem of its own (HTTP 500); try again later",
        ),
        (("push", tmp_path / "none", "--repo", "me/ring"), None, "none does not exist"),
        (
            ("push", trained, "--repo", "me/ring"),
            offline,
            "nothing is pushed to me/ring: HF_HUB_OFFLINE is set",
        ),
        (("sample", "hub:me/ring", "--out", tmp_path / "x.npz"), None, "has no such model, or it is private"),
        (("sample", "hub:me/ring", "--out", tmp_path / "x.npz"), offline, "hub:me/ring is not in the cache"),
    ):
        code, out, err = run(*arguments, **({"env": env} if env else {}))
        *notes, last = err.splitlines()
        assert (code, out) == (2, "")
        assert last.startswith("error: ")
        assert message in last
        assert all(note.startswith(("samples differ", "uploading")) for note in notes)
        assert TOKEN not in err
    assert not (tmp_path / "cache").exists()
    assert not (tmp_path / "x.npz").exists()
