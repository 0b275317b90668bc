"""Damage to a checkpoint is detected before it is used, and the checkpoint before it is used instead."""

from __future__ import annotations

import functools
import hashlib
import json
import random
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import safetensors.torch
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.edit import edit_json
from tests.support.recording import record
from tests.support.training import final_state, read_files, resume_until, tiny_recipe, train_until

from ganbench.errors import UserError
from ganbench.experiment.train import resume, train
from ganbench.inference.load import load
from ganbench.runs.checkpoint import (
    CheckpointError,
    list_checkpoints,
    prune_checkpoints,
    read_checkpoint,
    read_manifest,
    save_checkpoint,
)
from ganbench.runs.run import Run

FILES = ("average.safetensors", "manifest.json", "networks.safetensors", "state.json", "state.safetensors")
FLIPS, CUTS = 400, 100


def state_of(step: int) -> dict[str, Any]:
    """Return a small state with everything that states contain."""
    generator = torch.Generator().manual_seed(step)
    weights = {"G.w": torch.randn(6, 5, generator=generator), "D.w": torch.randn(4, generator=generator)}
    moments = {0: {"step": torch.tensor(float(step)), "exp_avg": torch.randn(6, 5, generator=generator)}}
    groups = [{"lr": 0.1, "betas": (0.5, 0.9), "foreach": None, "params": [0]}]
    return {
        "step": step,
        "networks": weights,
        "average": {"G.w": weights["G.w"] / 2},
        "algorithm": {},
        "optimizers": {"G": {"state": moments, "param_groups": groups}},
        "log": {"sums": {"D/a": torch.tensor(0.5)}, "counts": {"D/a": 3}},
    }


@pytest.fixture
def checkpoint(tmp_path: Path) -> Path:
    path = save_checkpoint(tmp_path / "checkpoints", state_of(4))
    assert sorted(read_files(path)) == list(FILES)
    return path


def is_refused(path: Path) -> bool:
    try:
        read_checkpoint(path)
    except CheckpointError as error:
        assert str(path) in str(error)  # noqa: PT017
        return True
    return False


def test_a_flip_of_any_bit_is_detected(checkpoint: Path) -> None:
    original, rng, flips = read_files(checkpoint), random.Random(0), 0
    places = [("manifest.json", i) for i in range(8 * len(original["manifest.json"]))]
    names = [name for name in FILES for _ in range(FLIPS // len(FILES))]
    places += [(name, rng.randrange(8 * len(original[name]))) for name in names]
    for name, bit in places:
        changed = bytearray(original[name])
        changed[bit // 8] ^= 1 << bit % 8
        (checkpoint / name).write_bytes(changed)
        assert is_refused(checkpoint), (name, bit)
        (checkpoint / name).write_bytes(original[name])
        flips += 1
    assert not is_refused(checkpoint)
    record("single-bit flips of a checkpoint", flips=flips, silent=0, tracebacks=0)


def test_truncated_and_extended_files_are_detected(checkpoint: Path) -> None:
    original, rng = read_files(checkpoint), random.Random(0)
    names = [FILES[i % len(FILES)] for i in range(CUTS)]
    for name in names:
        (checkpoint / name).write_bytes(original[name][: rng.randrange(len(original[name]))])
        assert is_refused(checkpoint), name
        (checkpoint / name).write_bytes(original[name] + b"\n")
        assert is_refused(checkpoint), name
        (checkpoint / name).write_bytes(original[name])
    assert not is_refused(checkpoint)
    record("truncated and extended files of a checkpoint", tried=2 * len(names), silent=0, tracebacks=0)


@pytest.mark.parametrize("name", FILES)
def test_a_missing_file_or_a_folder_in_its_place(checkpoint: Path, name: str) -> None:
    (checkpoint / name).unlink()
    with pytest.raises(CheckpointError, match=name):
        read_checkpoint(checkpoint)
    (checkpoint / name).mkdir()
    with pytest.raises(CheckpointError, match=name):
        read_checkpoint(checkpoint)


def test_swapped_files(checkpoint: Path) -> None:
    other = save_checkpoint(checkpoint.parent, state_of(5))
    ours, theirs = read_files(checkpoint), read_files(other)
    swaps = 0
    for name in FILES:
        for content in [theirs[name], *(ours[n] for n in FILES if n != name)]:
            if content == ours[name]:
                continue  # both states have the same structure
            (checkpoint / name).write_bytes(content)
            assert is_refused(checkpoint), name
            swaps += 1
        (checkpoint / name).write_bytes(ours[name])
    assert not is_refused(checkpoint)
    shutil.rmtree(checkpoint)
    other.rename(checkpoint)  # all files at once: another step under this step's name
    assert is_refused(checkpoint)
    assert swaps >= 20


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=12), inner, max_size=3),
    max_leaves=8,
)
KEYS = st.sampled_from(["format", "step", "files", "sha256", "bytes", "items", "tensor", "list", *FILES])


@settings(max_examples=100)
@given(content=st.binary(max_size=60) | json_values.map(lambda v: json.dumps(v).encode()))
@pytest.mark.parametrize("name", ["manifest.json", "state.json", "networks.safetensors"])
def test_any_other_content_of_a_file_is_refused(
    tmp_path_factory: pytest.TempPathFactory, name: str, content: bytes
) -> None:
    path = tmp_path_factory.getbasetemp() / f"fuzzed-{name}" / "step-00000004"
    if not path.exists():
        save_checkpoint(path.parent, state_of(4))
    _replace(path, name, content)
    assert is_refused(path)


@functools.cache
def original_content() -> dict[str, bytes]:
    with tempfile.TemporaryDirectory() as folder:
        return read_files(save_checkpoint(Path(folder), state_of(4)))


def _replace(path: Path, name: str, content: bytes) -> None:
    """Replace the content of a file, and update the manifest to match unless it is the manifest itself."""
    original = original_content()
    for file in FILES:
        (path / file).write_bytes(original[file])
    (path / name).write_bytes(content)
    if name != "manifest.json":
        manifest = json.loads(original["manifest.json"])
        manifest["files"][name] = {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
        _sign(path, manifest)


def _sign(path: Path, manifest: dict[str, Any]) -> None:
    body = {k: v for k, v in manifest.items() if k != "sha256"}
    digest = hashlib.sha256(json.dumps(body).encode()).hexdigest()
    (path / "manifest.json").write_text(json.dumps({**body, "sha256": digest}, indent=1) + "\n")


@settings(max_examples=100)
@given(step=json_values, files=st.dictionaries(KEYS, json_values, max_size=5) | json_values)
def test_any_other_signed_manifest_is_refused(
    tmp_path_factory: pytest.TempPathFactory, step: Any, files: Any
) -> None:
    path = tmp_path_factory.getbasetemp() / "signed" / "step-00000004"
    if not path.exists():
        save_checkpoint(path.parent, state_of(4))
    _sign(path, {"format": 1, "step": step, "files": files})
    assert is_refused(path)


def test_a_manifest_cannot_name_files_outside_the_checkpoint(checkpoint: Path) -> None:
    manifest = read_manifest(checkpoint)
    secret = checkpoint.parent / "networks.safetensors"
    secret.write_bytes(safetensors.torch.save({"G.w": torch.zeros(1)}))
    entry = {"bytes": secret.stat().st_size, "sha256": hashlib.sha256(secret.read_bytes()).hexdigest()}
    _sign(checkpoint, {**manifest, "files": {**manifest["files"], "../networks.safetensors": entry}})
    assert is_refused(checkpoint)


def test_deeply_nested_json_is_refused(checkpoint: Path) -> None:
    for name in ("manifest.json", "state.json"):
        _replace(checkpoint, name, b"[" * 100_000)
        assert is_refused(checkpoint)


# --- in a run --------------------------------------------------------------------------------------------------------


def damage(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 16
    path.write_bytes(content)


def test_a_run_falls_back_to_the_last_intact_checkpoint_and_names_the_file(tmp_path: Path) -> None:
    run = train(tiny_recipe("gan-ring8", {"schedule.keep_last": 3}), out=tmp_path / "run")
    expected = final_state(run)
    assert run.checkpoint_steps() == [12, 10, 5]
    bad = [
        run.checkpoints / "step-00000012" / "average.safetensors",
        run.checkpoints / "step-00000010" / "state.json",
    ]
    for path in bad:
        damage(path)
    with pytest.warns(UserWarning, match="skipping this checkpoint") as warned:
        state = run.read_checkpoint()
    assert state is not None
    assert state["step"] == 5
    assert [str(path) in str(w.message) for path, w in zip(bad, warned, strict=True)] == [True, True]
    with pytest.warns(UserWarning, match="skipping this checkpoint") as warned:
        assert load(run).step == 5
    assert [str(path) in str(w.message) for path, w in zip(bad, warned, strict=True)] == [True, True]
    with pytest.raises(UserError, match=r"step-00000010.state.*other steps: 12, 10, 5"):
        load(run, step=10)
    with pytest.warns(UserWarning, match="skipping this checkpoint") as warned:
        resume(run)
    assert len(warned) == 2
    assert final_state(run) == expected


@pytest.mark.parametrize("keep_last", [1, 2])
def test_damaged_checkpoints_do_not_displace_intact_ones(tmp_path: Path, keep_last: int) -> None:
    changes = {"schedule.keep_last": keep_last, "schedule.checkpoint_every": 2}
    recipe = tiny_recipe("gan-ring8", changes)
    expected = final_state(train(recipe, out=tmp_path / "whole"))
    run = train_until(recipe, tmp_path / "run", 9)
    for path in list_checkpoints(run.checkpoints):
        damage(path / "networks.safetensors")
    with pytest.warns(UserWarning, match="networks.safetensors"):  # starts over, since none is intact
        run = resume_until(run, 5)
    with pytest.warns(UserWarning, match="networks.safetensors"):
        state = run.read_checkpoint()
    assert state is not None
    assert state["step"] == 5
    with pytest.warns(UserWarning, match="networks.safetensors"):
        resume(run)
    assert final_state(run) == expected
    assert len(run.checkpoint_steps()) == keep_last


def test_pruning_keeps_the_newest_and_the_best(tmp_path: Path) -> None:
    for step in (1, 2, 3, 4, 9):
        save_checkpoint(tmp_path, state_of(step))
    (tmp_path / ".writing-step-00000009-1").mkdir()
    (tmp_path / ".deleting-step-00000008").mkdir()
    prune_checkpoints(tmp_path, 4, 2, 1)
    assert [p.name[-1] for p in list_checkpoints(tmp_path)] == ["9", "4", "3", "1"]
    assert sorted(p.name for p in tmp_path.iterdir()) == [f"step-0000000{i}" for i in (1, 3, 4, 9)]


def _delete(data: dict[str, Any], *path: str) -> None:
    for key in path[:-1]:
        data = data[key]
    del data[path[-1]]


@pytest.mark.parametrize(
    ("file", "change"),
    [
        ("recipe.json", lambda d: _delete(d, "format")),
        ("recipe.json", lambda d: _delete(d, "networks")),
        ("recipe.json", lambda d: _delete(d, "schedule", "batch")),
        ("recipe.json", lambda d: d["networks"].update(G=3)),
        ("recipe.json", lambda d: d["networks"]["G"].update(target="os:system")),
        ("recipe.json", lambda d: d["networks"]["G"].update(width="wide")),
        ("recipe.json", lambda d: d["networks"]["G"].update(width=9)),
        ("recipe.json", lambda d: d["schedule"].update(steps="many")),
        ("recipe.json", lambda d: d["schedule"].update(colour=3)),
        ("recipe.json", lambda d: d.update(papers=3)),
        ("meta.json", lambda d: _delete(d, "data")),
        ("meta.json", lambda d: _delete(d, "data", "shape")),
        ("meta.json", lambda d: d["data"].update(shape=3)),
        ("meta.json", lambda d: _delete(d, "seed")),
        ("meta.json", lambda d: d.update(seed="x")),
        ("meta.json", lambda d: _delete(d, "machine")),
    ],
)
def test_a_damaged_description_is_a_user_error(
    tmp_path: Path, file: str, change: Callable[[dict[str, Any]], None]
) -> None:
    run = train(
        tiny_recipe("gan-ring8", {"schedule.steps": 1, "schedule.sample_every": 0}), out=tmp_path / "run"
    )
    edit_json(run.path / file, change)
    before = read_files(run.path)
    with pytest.raises(UserError) as wrong:
        resume(run.path)
    assert "\n" not in str(wrong.value)
    after = read_files(run.path)
    after.pop(".lock", None)
    before.pop(".lock", None)
    assert after == before


@pytest.fixture(scope="module")
def descriptions(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, str]]:
    changes = {"schedule.steps": 1, "schedule.sample_every": 0}
    run = train(tiny_recipe("gan-ring8", changes), out=tmp_path_factory.mktemp("described") / "run")
    torch.set_flush_denormal(False)
    return run.path, {name: (run.path / name).read_text() for name in ("recipe.json", "meta.json")}


@settings(max_examples=100)
@given(data=st.data())
@pytest.mark.parametrize("name", ["recipe.json", "meta.json"])
def test_any_description_is_read_or_is_refused(
    descriptions: tuple[Path, dict[str, str]], name: str, data: st.DataObject
) -> None:
    path, texts = descriptions
    described: Any = {key: value for key, value in json.loads(texts[name]).items() if key != "sha256"}
    node, key = described, data.draw(st.sampled_from(sorted(described)))
    while isinstance(node[key], dict) and node[key] and data.draw(st.booleans()):
        node, key = node[key], data.draw(st.sampled_from(sorted(node[key])))
    if data.draw(st.booleans()):
        del node[key]
    else:
        node[key] = data.draw(json_values)
    (path / name).write_text(json.dumps(described))
    run = Run(path)
    try:
        run.recipe()
        assert isinstance(run.meta, dict)
        assert run.info.name
    except UserError:
        pass
    finally:
        (path / name).write_text(texts[name])
