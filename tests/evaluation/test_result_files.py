"""Scores are never lost, and never replace a score that was measured in another way."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from tests.support.training import tiny_recipe

from ganbench.errors import UserError
from ganbench.evaluation.evaluate import evaluate
from ganbench.evaluation.result_files import UnsavedScoresError, check_results
from ganbench.experiment.train import train
from ganbench.runs.run import Run


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    recipe = tiny_recipe("dcgan-shapes", {"schedule.sample_every": 0, "data.size": 150})
    return train(recipe, out=tmp_path_factory.mktemp("pictures") / "run")


@pytest.fixture
def pictures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Folders of pictures whose names are too long for a file, or alike, below the current folder."""
    monkeypatch.setenv("GANBENCH_CACHE", str(tmp_path / "cache"))
    rng = np.random.default_rng(0)
    for name in (
        "写真" * 40,
        "/".join(["a_rather_long_folder_name_for_held_out_pictures"] * 5),
        "x_1",
        "x-1",
        "x 1",
    ):
        (tmp_path / name).mkdir(parents=True)
        for i in range(100):
            Image.fromarray(rng.integers(0, 256, (16, 16, 3), dtype=np.uint8)).save(
                tmp_path / name / f"{i}.png"
            )
    monkeypatch.chdir(tmp_path)
    return tmp_path


def written(run: Run) -> set[str]:
    return {path.name for path in run.eval.glob("*.json")}


def test_long_names_of_folders_lose_no_score(run: Run, pictures: Path) -> None:
    before = written(run)
    evaluate(run, metrics=["swd"], n=100, against="写真" * 40)
    held_out = "/".join(["a_rather_long_folder_name_for_held_out_pictures"] * 5)
    evaluate(
        run, metrics=["memorization"], features="pixels", n=100, held_out=f"folder:{pictures / held_out}"
    )
    new = written(run) - before
    assert len(new) == 2
    assert all(len(name.encode()) < 240 for name in new)


def test_folders_with_similar_names_have_records_of_their_own(run: Run, pictures: Path) -> None:
    before = written(run)
    for name in ("x_1", "x-1", "x 1", "x_1"):
        evaluate(run, metrics=["memorization"], features="pixels", n=100, held_out=name)
    assert len(written(run) - before) == 3


def test_the_usual_names_are_plain(run: Run) -> None:
    evaluate(run, metrics=["kd"], features="pixels@2", n=100, seed=7)
    assert "kd-pixels@2-step-00000012-n100-seed7.json" in written(run)


def test_a_folder_that_cannot_be_written_is_known_before_the_work(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ganbench.evaluation.evaluate.open_training_data", pytest.fail)  # nothing is measured
    names = sorted(run.eval.iterdir())
    run.eval.rename(run.path / "kept")
    run.eval.touch()
    try:
        with pytest.raises(UserError, match=r"scores cannot be written to .*eval: File exists"):
            evaluate(run, metrics=["swd"], n=100)
    finally:
        run.eval.unlink()
        (run.path / "kept").rename(run.eval)
    check_results(run)
    assert sorted(run.eval.iterdir()) == names


def test_scores_that_cannot_be_stored_after_all_come_with_the_error(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(path: Path, value: object) -> None:
        raise OSError(28, "No space left on device", str(path))

    monkeypatch.setattr("ganbench.evaluation.result_files.write_sealed_json", fail)
    with pytest.raises(
        UnsavedScoresError, match=r"the scores are not stored: .*\.json: No space left"
    ) as caught:
        evaluate(run, metrics=["swd", "kd"], features="pixels@2", n=100)
    assert [score.name for score in caught.value.scores] == ["swd", "kd[pixels@2]"]
