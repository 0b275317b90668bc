from __future__ import annotations

import base64
import dataclasses
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
import torch
from tests.tiny import drawn, tiny

from ganbench.catalogue import find_recipe
from ganbench.data.base import DataInfo
from ganbench.experiment import train
from ganbench.report.grid import sample_picture
from ganbench.report.page import write_report
from ganbench.runs import Run, write_json

INFO = DataInfo(name="ring8", kind="points", shape=(2,), size=8, fingerprint="f00d", low=-15, high=15)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    recipe = dataclasses.replace(find_recipe("gan-r1-ring8", "laptop"), summary="<script>alert(1)</script>")
    machine = {"device": "cpu", "threads": 1, "processes": 1, "torch": "2", "python": "3"}
    meta = {"ganbench": "0", "seed": 7, "created": "now", "data": INFO.to_dict(), "machine": machine}
    made = Run.create(tmp_path_factory.mktemp("made") / "run", recipe, meta)
    pictures = [sample_picture(INFO, torch.full((5, 2), float(step))) for step in range(3)]
    for step in range(1, 31):
        made.events.append("scalars", step, kimg=1.0, **{"D/adversarial": 1.0 / step})
        (made.samples / f"step-{step:08d}.png").write_bytes(pictures[step % 3])
    score = {"name": "modes", "value": 8.0, "better": "higher", "details": {}, "measured": {"samples": 2500}}
    write_json(made.eval / "modes.json", score)
    return made


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Run:
    with drawn():
        return train(tiny("gan1d-minimax"), out=tmp_path_factory.mktemp("trained") / "run")


@pytest.fixture(scope="module")
def text(run: Run) -> str:
    """The page of the run that is made of its files."""
    path = write_report(run)
    assert path == run.path / "report.html"
    return path.read_text()


class Page(HTMLParser):
    """Collects tags and picture sources."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.pictures: list[dict[str, str | None]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        if tag == "img":
            self.pictures.append(dict(attrs))


def test_shows_what_was_run_its_scores_curves_and_samples(text: str) -> None:
    page = Page(text)
    assert "gan-r1-ring8" in text
    assert "seed</td><td>7" in text
    assert "1801.04406" in text
    assert "<td>modes</td><td>8</td>" in text
    assert len(page.pictures) == 1 + 12, "the curves and at most twelve sample pictures"
    assert "step 1<" in text
    assert "step 30<" in text


def test_needs_no_network_and_describes_its_pictures(text: str) -> None:
    for picture in Page(text).pictures:
        source = picture["src"] or ""
        assert source.startswith("data:image/png;base64,")
        assert base64.b64decode(source.partition(",")[2]).startswith(b"\x89PNG")
        assert picture["alt"]
    assert not re.search(r'(src|href)="(?!data:)', text)


def test_names_cannot_bring_markup_in(text: str) -> None:
    assert "script" not in Page(text).tags
    assert "&lt;script&gt;" in text


def test_a_run_without_anything_yet_has_a_report(tmp_path: Path, run: Run) -> None:
    empty = Run.create(tmp_path / "empty", run.recipe(), run.meta)
    text = write_report(empty).read_text()
    assert "None yet" in text
    assert not Page(text).pictures


# Of a whole run


def test_a_trained_run_shows_d_and_the_layers_and_keeps_the_pictures(trained: Run) -> None:
    page = Page(write_report(trained).read_text())
    kept = {p.stem: p.read_bytes() for p in trained.pictures.iterdir()}
    assert set(kept) == {"losses", "critic-first", "critic-last", "weights", "layers-G", "layers-D"}
    assert kept["critic-first"] == (trained.critic / "step-00000004.png").read_bytes()
    assert kept["critic-last"] == (trained.critic / "step-00000012.png").read_bytes()
    shown = {base64.b64decode((p["src"] or "").partition(",")[2]) for p in page.pictures}
    assert set(kept.values()) <= shown
    assert len(page.pictures) == len(kept) + 3
    before = dict(kept)
    write_report(trained)
    assert {p.stem: p.read_bytes() for p in trained.pictures.iterdir()} == before


def test_where_d_is_not_drawn_the_page_says_why(tmp_path: Path) -> None:
    run = train(tiny("gan-ring8", {"algorithm.packing": 2}), out=tmp_path / "run")
    text = write_report(run).read_text()
    assert "Not drawn over its space: D judges packs of 2 samples" in text
    assert not (run.pictures / "critic-last.png").exists()
    assert (run.pictures / "weights.png").exists()


def test_pictures_have_no_space_to_be_drawn_over_and_nothing_is_said(tmp_path: Path) -> None:
    text = write_report(train(tiny("dcgan-shapes"), out=tmp_path / "run")).read_text()
    assert "Not drawn" not in text
    assert "The discriminator" in text


def test_without_a_checkpoint_the_page_says_so(text: str) -> None:
    assert "Its weights are not shown: " in text
