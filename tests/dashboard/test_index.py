"""The list of runs: summaries, statuses, filters and order; only changed runs are read again."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.dashboard.hostile import payloads

from ganbench.dashboard import index as index_module
from ganbench.dashboard.index import Index, RunEntry, filter_runs
from ganbench.dashboard.run_summary import summarize_run
from ganbench.dashboard.sanitize import folder_id
from ganbench.errors import UserError
from ganbench.runs.run import Run


def make_run(
    folder: Path, *, step: int = 10, score: float | None = None, better: str = "lower", failed: bool = False
) -> Path:
    folder.mkdir(parents=True)
    recipe = {"name": f"recipe-{folder.name}", "schedule": {"steps": 10}}
    (folder / "recipe.json").write_text(json.dumps(recipe))
    (folder / "meta.json").write_text(json.dumps({"seed": 3, "data": {"name": "ring8"}}))
    log = Run(folder).events
    log.append("scalars", step - 1, loss=1.0)
    if score is not None:
        for value in (score + 1, score, score - 1 if better == "higher" else score + 2):
            log.append("score", step, name=f"s-{better}", value=value, better=better)
        log.append("score", step, name="another", value=-1e9, better=better)
    if failed:
        log.append("failure", step, error="it became nan")
    log.append("layers", step, parameters={})
    return folder


@pytest.fixture
def index(tmp_path: Path) -> Index:
    make_run(tmp_path / "cut", step=4)
    make_run(tmp_path / "deep/good", score=1.0)
    make_run(tmp_path / "deep/bad", score=2.0)
    make_run(tmp_path / "diverged", step=7, failed=True)
    make_run(tmp_path / "modes", score=8.0, better="higher")
    make_run(tmp_path / "more-modes", score=9.0, better="higher")
    make_run(tmp_path / "spoilt")
    (tmp_path / "spoilt/recipe.json").write_text('{"name": ')
    return Index(tmp_path)


def by_label(index: Index) -> dict[str, RunEntry]:
    return {entry.label: entry for entry in index.runs()}


def test_every_run_has_a_status(index: Index) -> None:
    statuses = {label: entry.status for label, entry in by_label(index).items()}
    assert statuses == {
        "cut": "stopped", "deep/bad": "finished", "deep/good": "finished", "diverged": "failed",
        "modes": "finished", "more-modes": "finished", "spoilt": "broken",
    }  # fmt: skip
    with Run(index.root / "cut").lock():
        assert by_label(index)["cut"].status == "running"
    assert by_label(index)["cut"].status == "stopped"


def test_summaries_match_the_files(index: Index) -> None:
    entry = by_label(index)["deep/good"]
    told = entry.summary
    assert (told.recipe, told.data, told.seed, told.step, told.steps) == ("recipe-good", "ring8", 3, 10, 10)
    assert (told.score, told.value, told.lower_is_better) == ("s-lower", 1.0, True)
    assert by_label(index)["modes"].summary.value == 9.0, "the best, not the last"
    assert "recipe.json cannot be read" in by_label(index)["spoilt"].summary.problem
    assert index.folder(entry.id) == index.root / "deep/good"


def test_the_list_is_filtered_by_text_and_status_and_sorted(index: Index) -> None:
    runs = index.runs()
    labels = lambda entries: [entry.label for entry in entries]  # noqa: E731
    assert labels(filter_runs(runs, "DEEP good")) == ["deep/good"]
    assert labels(filter_runs(runs, "s-higher")) == ["modes", "more-modes"]
    assert labels(filter_runs(runs, "", ["failed", "broken"])) == ["diverged", "spoilt"]
    assert labels(filter_runs(runs, order="score"))[:4] == ["more-modes", "modes", "deep/good", "deep/bad"]
    make_run(index.root / "zz")
    assert labels(filter_runs(index.runs(), order="newest"))[0] == "zz"


def test_only_changed_runs_are_read_again(index: Index, monkeypatch: pytest.MonkeyPatch) -> None:
    index.runs()
    read: list[str] = []
    monkeypatch.setattr(
        index_module,
        "summarize_run",
        lambda folder, digest: (read.append(folder.name), summarize_run(folder, digest))[1],
    )
    index.runs()
    assert read == []
    Run(index.root / "cut").events.append("scalars", 9, loss=0.5)
    assert by_label(index)["cut"].summary.step == 9
    assert read == ["cut"]


def test_damaged_events_do_not_break_the_list(index: Index) -> None:
    log = index.root / "cut/events.jsonl"
    log.write_bytes(
        b'\xff\xfe{"kind"\n{"kind": "score", "step": 3, "name": 7, "value": NaN}\n' + log.read_bytes()
    )
    with log.open("ab") as file:
        file.write(b'{"kind": "scalars", "step": 1e999}\n{"kind": "scalars", "st')
    told = by_label(index)["cut"].summary
    assert (told.step, told.value) == (4, None)
    for name, content in {"recipe.json": "[]", "meta.json": '{"seed": "x", "data": 3}'}.items():
        (index.root / "spoilt" / name).write_text(content)
    assert by_label(index)["spoilt"].status == "broken"


def test_unknown_ids_are_rejected(index: Index, tmp_path: Path) -> None:
    words = [*payloads(tmp_path.parent), folder_id(Path("..")), folder_id(tmp_path.parent)]
    for text in words:
        for kind in ("run", "study"):
            with pytest.raises(UserError, match=f"no such {kind}"):
                index.folder(text, kind)
        assert isinstance(filter_runs(index.runs(), text), list)


def test_an_unsafe_run_is_listed_but_not_opened(index: Index) -> None:
    (index.root / "cut/samples").symlink_to("/etc")
    entry = by_label(index)["cut"]
    assert entry.status == "broken"
    with pytest.raises(UserError, match="cut cannot be shown: samples is a link"):
        index.folder(entry.id)


def test_a_root_must_be_a_folder(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="is not a folder"):
        Index(tmp_path / "nothing")


def test_the_curve_of_a_run_is_its_score_or_else_a_loss_of_g(tmp_path: Path) -> None:
    make_run(tmp_path / "scored", score=2.0)
    make_run(tmp_path / "losses")
    log = Run(tmp_path / "losses").events
    for step in range(100):
        log.append("scalars", 10 + step, **{"D/loss": 1.0, "G/loss": step / 4})
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty/recipe.json").write_text("{}")
    (tmp_path / "empty/meta.json").write_text("{}")
    summaries = {label: entry.summary for label, entry in by_label(Index(tmp_path)).items()}
    assert (summaries["scored"].trend_of, summaries["scored"].trend) == ("s-lower", (3.0, 2.0, 4.0))
    trend = summaries["losses"].trend
    assert summaries["losses"].trend_of == "G/loss"
    assert 16 <= len(trend) <= 33
    assert list(trend) == sorted(trend)
    assert trend[-1] == 99 / 4
    assert summaries["empty"].trend == ()


def test_a_run_that_was_changed_says_so(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run")
    changes = [{"step": 5, "key": "optimizers.G.lr", "old": 1, "new": 2}]
    (run / "meta.json").write_text(json.dumps({"seed": 3, "data": {}, "changes": changes}))
    assert by_label(Index(tmp_path))["run"].summary.changed == "changed at step 5"
