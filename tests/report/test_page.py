from __future__ import annotations

import base64
import re
import shutil
from html.parser import HTMLParser
from io import BytesIO
from pathlib import Path

import pytest
import torch
from PIL import Image
from tests.report.example import HOSTILE, example_run
from tests.support.training import draw_figures, tiny_recipe

from ganbench.experiment.train import train
from ganbench.inference.load import load
from ganbench.report.page import write_report
from ganbench.runs.run import Run

MEGABYTE = 1_000_000
VOID = ("meta", "link", "img", "br", "input")


@pytest.fixture(scope="module")
def example(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return example_run(tmp_path_factory.mktemp("example") / "run")


@pytest.fixture
def run(tmp_path: Path, example: Run) -> Run:
    """A copy of the example run that a test may change."""
    return Run(shutil.copytree(example.path, tmp_path / "run"))


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Run:
    with draw_figures():
        return train(tiny_recipe("gan1d-minimax"), out=tmp_path_factory.mktemp("trained") / "run")


@pytest.fixture(scope="module")
def text(example: Run) -> str:
    """The page of the example run."""
    return write_report(example).read_text()


class Page(HTMLParser):
    """Collects tags, text and images, and asserts that every tag is closed in order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.open: list[str] = []
        self.attributes: set[str] = set()
        self.pictures: list[dict[str, str | None]] = []
        self.words = ""
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes |= {name for name, _ in attrs}
        if tag not in VOID:
            self.open.append(tag)
        if tag == "img":
            self.pictures.append(dict(attrs))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "script" not in self.open:
            self.words += f"{data} "


def test_the_page_shows_setup_scores_curves_and_samples(run: Run) -> None:
    path = write_report(run)
    page = Page(path.read_text())
    assert path == run.path / "report.html"
    assert path.stat().st_size < 8 * MEGABYTE
    for words in (
        "gan-r1-ring8",
        "seed 7",
        "arXiv 1801.04406",
        "eprint = {1801.04406}",
        "modes 8 higher 2500",
    ):
        assert words in " ".join(page.words.split()), words
    assert page.tags.count("figure") == 4 + 2 + 2 + 1, "charts, layers, timeline series, latest samples"
    assert [p["data-step"] for p in page.pictures if "data-step" in p] == ["10", "20", "30", "40"] * 2
    assert "Too young to judge: the health rules found no problem in 40 steps" in page.words


def test_the_page_needs_no_network_and_has_alternative_texts(text: str) -> None:
    for picture in Page(text).pictures:
        kind, _, data = (picture["src"] or "").partition(";base64,")
        assert kind in ("data:image/png", "data:image/webp")
        Image.open(BytesIO(base64.b64decode(data))).load()
        assert re.search(r"step \d+", picture["alt"] or "")
    assert not re.search(r'(src|href)="(?!data:|#part-)', text)
    assert "default-src 'none'" in text


def test_names_are_escaped(tmp_path: Path, run: Run) -> None:
    hostile = example_run(tmp_path / "hostile", summary=HOSTILE, term=HOSTILE)
    hostile.events.append("failure", 40, error=HOSTILE)
    (hostile.path / HOSTILE.replace("/", "")).mkdir()
    shutil.copy(run.samples / "step-00000010.png", hostile.path / HOSTILE.replace("/", ""))
    plain, page = Page(write_report(run).read_text()), Page(write_report(hostile).read_text())
    assert page.tags.count("script") == plain.tags.count("script")
    assert "onerror" not in page.attributes
    assert page.words.count(HOSTILE) >= 2


def test_damaged_files_are_named_and_the_rest_is_shown(run: Run) -> None:
    for path in (run.path / "meta.json", run.eval / "modes.json", run.samples / "step-00000040.png"):
        path.write_bytes(path.read_bytes()[:20])
    run.events.append("layers", 40, parameters={"D.x": 1})
    page = Page(write_report(run).read_text())
    for words in (
        "meta.json cannot be read",
        "modes.json cannot be read",
        "step 40 is damaged",
        "step-00000040.png is",
    ):
        assert words in page.words
    assert [p["data-step"] for p in page.pictures if "data-step" in p] == [
        "10",
        "20",
        "30",
        "10",
        "20",
        "30",
        "40",
    ]


def test_an_empty_run_has_a_report(tmp_path: Path, run: Run) -> None:
    empty = Run.create(tmp_path / "empty", run.recipe(), run.meta)
    text = write_report(empty).read_text()
    assert "None yet" in text
    assert not Page(text).pictures


# Trained runs


def test_a_trained_run_shows_d_and_the_layers_and_writes_figure_files(trained: Run) -> None:
    page = Page(write_report(trained).read_text())
    files = {p.name: p.read_bytes() for p in trained.pictures.iterdir()}
    names = {"losses", "critic-first", "critic-last", "weights", "layers-G", "layers-D"}
    assert set(files) == {f"{name}.png" for name in names} | {"network-G.svg", "network-D.svg"}
    assert files["critic-first.png"] == (trained.critic / "step-00000004.png").read_bytes()
    assert files["critic-last.png"] == (trained.critic / "step-00000012.png").read_bytes()
    assert page.words.count("Layers of ") == 4, "a title and a text description for each of G and D"
    before = dict(files)
    write_report(trained)
    assert {p.name: p.read_bytes() for p in trained.pictures.iterdir()} == before


def test_the_page_says_why_d_is_not_drawn(tmp_path: Path) -> None:
    run = train(tiny_recipe("gan-ring8", {"algorithm.packing": 2}), out=tmp_path / "run")
    text = write_report(run).read_text()
    assert "Its output is not drawn over the data space: D scores packs of 2 samples" in text
    assert not (run.pictures / "critic-last.png").exists()
    assert (run.pictures / "weights.png").exists()


def test_image_models_need_no_drawing_of_d(tmp_path: Path) -> None:
    text = write_report(train(tiny_recipe("dcgan-shapes"), out=tmp_path / "run")).read_text()
    assert "not drawn" not in text
    assert "Discriminator" in text


def test_the_page_says_why_weights_are_missing(text: str) -> None:
    assert "Its weights are not shown: " in text


def test_a_model_whose_samples_are_not_finite_has_a_report_that_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = train(tiny_recipe("sndcgan-projection-mnist"), out=tmp_path / "run")
    model = load(run)
    with torch.no_grad():
        for parameter in model.networks["G"].parameters():
            parameter.fill_(float("nan"))
    monkeypatch.setattr("ganbench.report.page.load", lambda *args, **kwargs: model)
    text = write_report(run).read_text()
    assert "weights are not shown" in text
    assert "samples of the model at step 12 are not finite numbers" in text
