"""``evaluate A --against B`` for every pair of runs, folders, archives, array files and data sets."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from tests.support.shapes import few_shapes
from tests.support.training import tiny_recipe

from ganbench.data.audit.prepare import prepare
from ganbench.data.samples import samples
from ganbench.data.shapes import shapes
from ganbench.errors import UserError
from ganbench.evaluation.evaluate import evaluate
from ganbench.experiment.train import train
from ganbench.inference.load import load
from ganbench.runs.run import Run
from ganbench.visualization.export import write_samples

KINDS = ("run", "folder", "archive", "samples", "set")


@pytest.fixture(autouse=True, scope="module")
def small_set() -> Iterator[None]:
    with few_shapes():
        yield


@pytest.fixture(scope="module")
def things(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """One of each kind, of pictures 32x32 in colour."""
    folder = tmp_path_factory.mktemp("things")
    changes = {"data.size": 120, "schedule.steps": 2, "schedule.sample_every": 0}
    model = load(train(tiny_recipe("dcgan-shapes", changes), out=folder / "run"))
    write_samples(model, folder / "pictures", 110, 1)
    write_samples(model, folder / "samples.npz", 110, 2)
    prepare(folder / "pictures", folder / "archive.npz", 32)
    return {
        "run": str(folder / "run"),
        "folder": str(folder / "pictures"),
        "archive": str(folder / "archive.npz"),
        "samples": str(folder / "samples.npz"),
        "set": "shapes",
    }


@pytest.mark.parametrize(("a", "b"), list(product(KINDS, KINDS)))
def test_every_pair(
    things: dict[str, str], a: str, b: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("GANBENCH_CACHE", str(tmp_path))
    asked = {"metrics": ["kd", "swd"], "features": "pixels@4", "n": 100}
    kernel, sliced = evaluate(things[a], against=things[b], **asked)
    assert (kernel.name, sliced.name) == ("kd[pixels@4]", "swd")
    for score in (kernel, sliced):
        assert score.measured["samples"] == 100
        assert score.measured["sampling"]["shape"] == [3, 32, 32]
        assert score.measured["reference"]["name"].startswith(
            {"run": "run:run step 2", "folder": "folder:pictures", "set": "shapes"}.get(b, f"{b}:")
        )
        assert ("generator" in score.measured) == (a == "run")
        assert ("items" in score.measured) == (a != "run")
    if {a, b} <= {"folder", "archive"}:
        assert kernel.value < 1e-3, "they are the same pictures"


def test_a_run_against_itself_is_not_against_its_own_samples(things: dict[str, str]) -> None:
    """The reference's samples are drawn for themselves: the score is chance alone, and not 0."""
    asked = {"against": things["run"], "metrics": ["swd"], "n": 100}
    value = evaluate(things["run"], **asked)[0].value
    assert 0 < value < 40
    assert evaluate(things["run"], **asked)[0].value == value


def test_folders_are_read_at_the_size_of_the_first_picture_or_of_the_other_side(tmp_path: Path) -> None:
    for name, size in (("small", 12), ("large", 20)):
        (tmp_path / name).mkdir()
        for i in range(100):
            pixels = np.random.default_rng(i).integers(0, 255, (size, size, 3), np.uint8)
            Image.fromarray(pixels).save(tmp_path / name / f"{i:03}.png")
    small, large = str(tmp_path / "small"), str(tmp_path / "large")
    prepare(small, tmp_path / "small.npz", 12)
    for a, b, side in (
        (small, large, 20),
        (large, small, 12),
        (str(tmp_path / "small.npz"), large, 12),
        (large, str(tmp_path / "small.npz"), 12),
        (large, "shapes", 32),
        ("shapes", small, 32),
    ):
        (score,) = evaluate(a, against=b, metrics=["swd"], n=100)
        assert score.measured["sampling"]["shape"] == [3, side, side]
        if a in (small, large):
            assert score.measured["sampling"]["read_as"] == {"size": [side, side], "grey": False}


def test_another_split_of_the_reference(things: dict[str, str]) -> None:
    asked = {"metrics": ["swd"], "n": 100}
    train_, test = (
        evaluate(things["folder"], against="shapes", split=s, **asked)[0] for s in ("train", "test")
    )
    assert "reference.split" in train_.differences(test)
    own = evaluate(things["run"], split="test", **asked)[0]
    assert own.measured["reference"]["split"] == "test"
    assert [p.name for p in Run(things["run"]).eval.glob("*-test.json")] == [
        "swd-step-00000002-n100-seed1-test.json"
    ]
    with pytest.raises(UserError, match="has no splits to choose from, so leave 'test' out"):
        evaluate(things["folder"], against=things["folder"], split="test", **asked)
    with pytest.raises(UserError, match="is a run, and it has no splits"):
        evaluate(things["folder"], against=things["run"], split="test", **asked)


def test_what_is_not_there(things: dict[str, str], tmp_path: Path) -> None:
    with pytest.raises(
        UserError, match=r"there is nothing at .*none; name a run, a folder, an archive or a data set"
    ):
        evaluate(things["run"], against=str(tmp_path / "none"))
    with pytest.raises(UserError, match=r"there is nothing at .*none; name a run"):
        evaluate(str(tmp_path / "none"))
    with pytest.raises(UserError, match="is not a run, so --against must say"):
        evaluate(things["folder"])
    with pytest.raises(
        UserError, match=r"there is no run, folder, archive or data set 'shape'; did you mean 'shapes'\?"
    ):
        evaluate(things["folder"], against="shape")


def test_the_array_file_is_what_sample_wrote(things: dict[str, str], tmp_path: Path) -> None:
    data = samples(things["samples"])
    expected = load(things["run"]).sample(110, seed=2)
    assert torch.equal(data.items(torch.arange(110)), expected)
    assert (data.info.split, data.info.classes) == ("all", ())
    np.savez(tmp_path / "points.npz", samples=np.zeros((3, 2), np.float32))
    with pytest.raises(UserError, match="holds no images: it needs an array 'samples', uint8"):
        samples(str(tmp_path / "points.npz"))
    (tmp_path / "broken.npz").write_bytes(b"PK")
    with pytest.raises(UserError, match=r"broken\.npz cannot be read"):
        samples(str(tmp_path / "broken.npz"))
    assert shapes(size=10).info.split == "train"
