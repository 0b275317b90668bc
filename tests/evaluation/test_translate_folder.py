"""Translation from end to end: data of two domains, a run, its scores and pictures, and one's own pictures."""

from __future__ import annotations

from pathlib import Path, PurePath
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from tests.support.training import tiny_recipe
from torch import Tensor, nn

from ganbench.algorithms import CycleGAN
from ganbench.data.coloured_mnist import ColouredDigits, textures
from ganbench.data.images import ImageDataset
from ganbench.data.pairs import UnpairedImages, pairs
from ganbench.data.shapes import shapes
from ganbench.errors import UserError
from ganbench.evaluation.evaluate import evaluate
from ganbench.evaluation.model_metrics.translation import translation_scores
from ganbench.evaluation.translate_folder import check_folder, png_names, translate_images
from ganbench.experiment.train import train
from ganbench.inference.load import load
from ganbench.inference.model import Model
from ganbench.latents import EmptyLatent
from ganbench.losses import LeastSquares
from ganbench.runs.run import Run
from ganbench.utils.random_stream import RandomStream
from ganbench.visualization.export import write_picture


def digits() -> ImageDataset:
    """White squares whose place is their class."""
    pixels = torch.zeros(30, 1, 28, 28, dtype=torch.uint8)
    labels = torch.arange(30) % 10
    for row, label in enumerate(labels.tolist()):
        pixels[row, 0, 2 * label : 2 * label + 8, 5:15] = 255 - 2 * row  # no two alike
    return ImageDataset("mnist", pixels, labels, tuple("0123456789"))


def both() -> UnpairedImages:
    return UnpairedImages(digits(), ColouredDigits(digits(), 0, "train"))


def test_a_coloured_digit_is_the_inverse_of_its_texture_where_the_digit_is() -> None:
    grey, coloured = digits(), ColouredDigits(digits(), 0, "train")
    index = torch.arange(30)
    texture = torch.from_numpy(textures(np.arange(30), (28, 28), _seed())).mul(255).round()
    inside, outside = grey.items(index) > 0, grey.items(index) == 0
    away = nn.functional.max_pool2d((~outside).float(), 3, 1, 1) == 0  # the mask's edge is soft
    picture = coloured.items(index).float()
    assert (picture - texture).abs()[away.expand_as(picture)].max() <= 1
    core = nn.functional.max_pool2d((~inside).float(), 5, 1, 2) == 0
    assert core.any()
    assert (picture + texture - 255).abs()[core.expand_as(picture)].max() <= 1
    assert (texture - 127.5).abs().min() > 0.13 * 255 - 1
    assert ColouredDigits(digits(), 0, "train").info == coloured.info
    assert ColouredDigits(digits(), 1, "train").info.fingerprint != coloured.info.fingerprint


def test_reddish_textures_are_bright_in_red_alone_and_digits_turn_them_round() -> None:
    low = (False, True, True)
    reddish = ColouredDigits(digits(), 0, "train", "reddish-mnist", low)
    texture = torch.from_numpy(textures(np.arange(30), (28, 28), _seed(), low))
    assert texture[:, 0].min() > 0.6
    assert texture[:, 1:].max() < 0.4
    free = torch.from_numpy(textures(np.arange(30), (28, 28), _seed()))
    assert torch.allclose(torch.minimum(texture, 1 - texture), torch.minimum(free, 1 - free))
    assert reddish.info.name == "reddish-mnist"
    assert reddish.info.fingerprint != ColouredDigits(digits(), 0, "train").info.fingerprint


def _seed() -> int:
    from ganbench.utils.random_stream import derive_seed

    return derive_seed("coloured-mnist", 0, "train")


def test_the_domains_of_a_batch_are_drawn_independently_and_the_pairing_is_hidden() -> None:
    data = both()
    assert data.aligned
    batch = data.batch(torch.arange(20), RandomStream("key"))
    assert batch.source is not None
    assert batch.source.shape == batch.x.shape == (20, 3, 28, 28)
    assert torch.equal(data.info.to_data(batch.x), data.items(torch.arange(20)))
    own = data.info.from_data(data.source_items(torch.arange(20)))
    assert not torch.equal(batch.source, own)
    assert (batch.source.flatten(1)[:, None] == own.flatten(1)).all(2).any(1).float().mean() > 0.4
    assert not pairs("shapes", "shapes", size=20).aligned
    with pytest.raises(UserError, match="images of one size"):
        UnpairedImages(digits(), shapes(10))


class Perfect(CycleGAN):
    """Makes a coloured digit of each grey one by looking it up, and the reverse; or of wrong ones by turning over."""

    def __init__(self, data: UnpairedImages, wrong: int = 0) -> None:
        super().__init__(loss=LeastSquares(), shape=data.info.shape)
        index = torch.arange(data.a.info.size)
        self.known = data.info.from_data(data.source_items(index)), data.info.from_data(data.items(index))
        self.wrong = wrong

    def translate(self, networks: nn.ModuleDict, x: Tensor, *, target: str) -> Tensor:
        back = target == "a"
        ours, theirs = reversed(self.known) if back else self.known
        place = (x[:, None] - ours).abs().flatten(2).mean(2).argmin(1)
        return theirs[place if back else (place + self.wrong) % len(ours)]


class KnowsPlaces:
    """A classifier that knows where the square is."""

    def __init__(self, classifier: Any) -> None:
        self.data, self.name = classifier, "stand-in"
        self.dims, self.weights_sha256, self.preprocessing = 1, "", dict[str, str]()

    def logits(self, images: Tensor) -> Tensor:
        known = self.data.items(torch.arange(30)).float()
        near = (images.float()[:, None] - known).abs().flatten(2).mean(2).argmin(1)
        return torch.eye(10)[near % 10]


@pytest.mark.parametrize("wrong", [0, 1])
def test_scores_of_a_perfect_translation_and_of_one_that_turns_every_digit_into_the_next(
    wrong: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = both()
    sides = {"mnist": data.a, "coloured-mnist": data.b}
    monkeypatch.setattr(
        "ganbench.evaluation.model_metrics.translation.load_or_train_classifier", sides.__getitem__
    )
    monkeypatch.setattr("ganbench.evaluation.model_metrics.translation.ClassifierFeatures", KnowsPlaces)
    model = Model(
        Perfect(data, wrong),
        nn.ModuleDict({"G": nn.Linear(1, 1)}),
        EmptyLatent(),
        data.info,
        7,
        real_data=lambda: data,
    )
    told, cycle = translation_scores(model, data)
    assert (told.name, cycle.name, cycle.better) == ("translation", "cycle", "lower")
    there, again = told.details["a to b"], told.details["b to a"]
    assert isinstance(there, dict)
    assert isinstance(again, dict)
    assert there["accuracy"] == (0.0 if wrong else 1.0)
    assert again["accuracy"] == there["accuracy_of_real"] == again["accuracy_of_real"] == 1.0
    assert told.value == there["accuracy"]
    assert (cycle.value == 0) == (wrong == 0)
    assert (there["hidden_pair_l1"] == 0) == (wrong == 0)
    assert again["hidden_pair_l1"] == 0
    if wrong:
        grey = data.source_items(torch.arange(30)).double()
        expected = (grey.roll(-1, 0) - grey).abs().mean() / 255
        assert there["cycle_l1"] == pytest.approx(float(expected))


def test_a_model_of_one_direction_has_no_cycle(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    data = both()
    monkeypatch.setattr(
        "ganbench.evaluation.model_metrics.translation.load_or_train_classifier", lambda name: data.b
    )
    monkeypatch.setattr("ganbench.evaluation.model_metrics.translation.ClassifierFeatures", KnowsPlaces)
    algorithm, network = Perfect(data), nn.ModuleDict({"G": nn.Linear(1, 1)})
    algorithm.domains = ("b",)  # type: ignore[assignment]
    model = Model(algorithm, network, EmptyLatent(), data.info, 7, real_data=lambda: data)
    (told,) = translation_scores(model, data)
    assert (told.name, told.value) == ("translation", 1.0)
    assert set(told.details) == {"a to b"}
    there = told.details["a to b"]
    assert isinstance(there, dict)
    assert there["hidden_pair_l1"] == 0
    assert "cycle_l1" not in there
    write_picture(model, tmp_path / "t.png", "translations", 1, 0)
    sheet = np.asarray(Image.open(tmp_path / "t.png"))
    assert sheet.shape[:2] == (3 * 29 + 1, 20 * 29 + 1), "sources, translations and counterparts"
    assert np.array_equal(sheet[30:58], sheet[59:87])
    data.aligned = False
    write_picture(model, tmp_path / "t.png", "translations", 1, 0)
    assert np.asarray(Image.open(tmp_path / "t.png")).shape[:2] == (2 * 29 + 1, 20 * 29 + 1)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return train(
        tiny_recipe("cyclegan-mnist", {"algorithm.history": 5}),
        out=tmp_path_factory.mktemp("cycle") / "run",
        seed=3,
    )


def test_samples_are_translations_of_held_out_pictures_and_the_record_says_so(run: Run) -> None:
    model = load(run)
    assert model.real_data.info.split == "test"
    starts = model.latents(4, 1)
    items = model.real_data.source_items(torch.arange(model.real_data.info.size))  # type: ignore[attr-defined]
    assert all((model.info.to_data(s) == items).flatten(1).all(1).any() for s in starts)
    assert torch.equal(model.decode(starts), model.translate(model.info.to_data(starts)))
    assert not torch.equal(model.latents(4, 1, "selection"), starts)
    (score,) = evaluate(run, metrics=["fd"], features="pixels@3", n=60)
    sampling = score.measured["sampling"]
    assert isinstance(sampling, dict)
    assert sampling["made_of"]["split"] == "test"


def test_a_picture_has_sources_translations_and_what_comes_back(run: Run, tmp_path: Path) -> None:
    write_picture(load(run), tmp_path / "t.png", "translations", 1, 0)
    sheet = np.asarray(Image.open(tmp_path / "t.png"))
    assert sheet.shape[:2] == (6 * 33 + 1, 20 * 33 + 1)


def test_ones_own_pictures_keep_their_names(run: Run, tmp_path: Path) -> None:
    own, out = tmp_path / "own", tmp_path / "out"
    (own / "deep").mkdir(parents=True)
    pictures = shapes(3).items(torch.arange(3))
    for name, picture in zip(("one.png", "one.bmp", "deep/two.png"), pictures, strict=True):
        Image.fromarray(picture.permute(1, 2, 0).numpy()).save(own / name)
    model = load(run)
    assert translate_images(model, str(own), out) == 3
    assert {str(p.relative_to(out)) for p in out.rglob("*.png")} == {
        "one.bmp.png",
        "one.png.png",
        "deep/two.png",
    }
    expected = model.translate(pictures[2:]).permute(0, 2, 3, 1).numpy()[0]
    assert np.array_equal(np.asarray(Image.open(out / "deep" / "two.png")), expected)
    with pytest.raises(UserError, match="exists; give a new folder"):
        check_folder(out)


@pytest.mark.parametrize(
    ("files", "names"),
    [
        (["a.png", "b.jpg", "deep/a.png"], ["a.png", "b.png", "deep/a.png"]),
        (["x.png", "x.jpg"], ["x.png.png", "x.jpg.png"]),
        (["x.jpg", "x.jpg.png", "x.png"], ["x.jpg-2.png", "x.jpg.png", "x.png.png"]),
        (["X.png", "x.jpg"], ["X.png.png", "x.jpg.png"]),  # one file where case does not count
        (["x.jpg", "x.png/y.png"], ["x.jpg.png", "x.png/y.png"]),  # x.png is a folder
        (["é.png", "é.jpg"], ["é.png.png", "é.jpg.png"]),  # two forms of one letter
        (["a" * 251 + ".gif", "a" * 251 + ".png"], ["a" * 240 + ".png", "a" * 240 + "-2.png"]),
    ],
)
def test_no_translation_overwrites_another(files: list[str], names: list[str]) -> None:
    assert png_names([PurePath(file) for file in files]) == names


@given(
    st.lists(
        st.text("xX.", min_size=1, max_size=3).map(lambda stem: f"a{stem}"), min_size=1, max_size=3
    ).flatmap(
        lambda stems: st.lists(
            st.tuples(
                st.sampled_from(stems), st.sampled_from([".png", ".jpg", ".png.jpg", "-2.png", ".png/a.png"])
            ),
            max_size=9,
            unique=True,
        )
    )
)
def test_every_file_has_its_own_name(parts: list[tuple[str, str]]) -> None:
    files = list(dict.fromkeys(PurePath("".join(part)) for part in parts))
    names = png_names(files)
    assert len({name.casefold() for name in names}) == len(files)
    folders = {str(parent).casefold() for file in files for parent in file.parents}
    assert folders.isdisjoint(name.casefold() for name in names)
    assert [PurePath(name).parent for name in names] == [file.parent for file in files]
    assert all(name.endswith(".png") for name in names)


def test_pictures_that_differ_only_in_their_endings_are_all_translated(run: Run, tmp_path: Path) -> None:
    (tmp_path / "own").mkdir()
    pictures = shapes(3).items(torch.arange(3))
    for name, picture in zip(("x.png", "x.bmp", "x.bmp.png"), pictures, strict=True):
        Image.fromarray(picture.permute(1, 2, 0).numpy()).save(tmp_path / "own" / name)
    model = load(run)
    assert translate_images(model, str(tmp_path / "own"), tmp_path / "out") == 3
    assert len(list((tmp_path / "out").iterdir())) == 3
    expected = model.translate(pictures[2:]).permute(0, 2, 3, 1).numpy()[0]
    assert np.array_equal(np.asarray(Image.open(tmp_path / "out" / "x.bmp.png")), expected)


def test_a_model_of_one_domain_translates_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GANBENCH_CACHE", str(tmp_path / "cache"))
    model = load(train(tiny_recipe("dcgan-shapes"), out=tmp_path / "run"))
    with pytest.raises(UserError, match="translates no items"):
        translate_images(model, "shapes", tmp_path / "out")
    with pytest.raises(UserError, match="translates no items"):
        translate_images(load("zoo:ring8"), "shapes", tmp_path / "out")  # a model of points
    assert not list(tmp_path.glob(".out*"))
    with pytest.raises(UserError, match="does not translate"):
        write_picture(model, tmp_path / "t.png", "translations", 1, 0)
    with pytest.raises(UserError, match="has one"):
        translation_scores(model, model.real_data)
