"""The classifiers trained here: that they learn, are the same whoever trains them, and are kept whole."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.support.damage import damaged

from ganbench.data.images import ImageSet
from ganbench.errors import UserError
from ganbench.metrics.classes import classifier as module
from ganbench.metrics.classes.classifier import Classifier, ClassifierTraining, classifier_of, classifier_path

SHORT = ClassifierTraining(shown=1500, batch=50)
REAL_SPLITS = module._splits


def quarters(count: int, seed: int, channels: int = 1) -> ImageSet:
    """Noise with one bright quarter, which is the class."""
    generator = torch.Generator().manual_seed(seed)
    pixels = torch.randint(0, 120, (count, channels, 12, 12), dtype=torch.uint8, generator=generator)
    labels = torch.arange(count) % 4
    for k in range(4):
        pixels[labels == k, :, 6 * (k // 2) : 6 * (k // 2) + 6, 6 * (k % 2) : 6 * (k % 2) + 6] += 100
    return ImageSet("quarters", pixels, labels, tuple("abcd"))


@pytest.fixture(autouse=True)
def splits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_splits", lambda name: (quarters(200, 0), quarters(100, 1)))


@pytest.fixture
def taught(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was taught so far."""
    names = []
    train_classifier = module.train_classifier
    monkeypatch.setattr(
        module,
        "train_classifier",
        lambda train, teaching: names.append(train.info.name) or train_classifier(train, teaching),
    )
    return names


def make(teaching: ClassifierTraining = SHORT, note: Callable[[str], None] = lambda text: None) -> Classifier:
    return classifier_of("quarters", teaching, note=note)


def test_it_learns_and_tells_how_well():
    found = make()
    test = quarters(100, 1)
    with torch.no_grad():
        right = found.network(test.info.from_data(test.pixels)).argmax(1) == torch.arange(100) % 4
    assert found.accuracy == float(right.double().mean())
    assert found.accuracy > 0.9
    assert found.record == {
        "data": "quarters",
        "fingerprint": quarters(200, 0).info.fingerprint,
        "test_accuracy": found.accuracy,
        "test_items": 100,
    }
    assert not found.network.training
    assert not any(p.requires_grad for p in found.network.parameters())


def test_it_is_trained_once_and_says_so(taught, cache):
    said: list[str] = []
    first, again = make(note=said.append), make(note=said.append)
    assert taught == ["quarters"]
    assert len(said) == 2
    assert "once" in said[0]
    assert str(cache / "classifiers" / "quarters-") in said[0]
    assert f"{first.accuracy:.2%} of the test split" in said[1]
    assert again.weights_sha256 == first.weights_sha256
    assert again.accuracy == first.accuracy
    assert all(map(torch.equal, again.network.state_dict().values(), first.network.state_dict().values()))


def test_without_a_listener_it_tells_standard_error(capsys):
    classifier_of("quarters", SHORT)
    assert capsys.readouterr().err.startswith("training a classifier of 'quarters', once")


def test_what_is_kept_are_two_files_that_agree(cache):
    found = make()
    weights, about = sorted((cache / "classifiers").iterdir(), key=lambda path: path.suffix != ".safetensors")
    assert hashlib.sha256(weights.read_bytes()).hexdigest() == found.weights_sha256
    told = json.loads(about.read_text())
    assert told["weights_sha256"] == found.weights_sha256
    assert told["test_accuracy"] == found.accuracy
    assert told["train"]["items"] == 200


def test_whoever_trains_it_gets_the_same_bits(cache, monkeypatch):
    torch.manual_seed(5)
    expected = torch.rand(2)
    torch.manual_seed(5)
    first = make()
    assert torch.equal(torch.rand(2), expected), "the caller's random numbers are left alone"
    monkeypatch.setenv("GANBENCH_CACHE", str(cache / "other"))
    torch.set_num_threads(2)
    with torch.no_grad():
        again = make()
    assert torch.get_num_threads() == 2
    assert again.weights_sha256 == first.weights_sha256


def test_anything_that_matters_is_part_of_the_key():
    train, test = quarters(20, 0).info, quarters(20, 1).info
    paths = {
        classifier_path(train, test, ClassifierTraining()),
        classifier_path(test, test, ClassifierTraining()),
        classifier_path(train, train, ClassifierTraining()),
        *(
            classifier_path(train, test, ClassifierTraining(**changed))
            for changed in (
                {"shown": 1},
                {"batch": 1},
                {"rate": 1.0},
                {"decay": 1.0},
                {"shift": 3},
                {"seed": 1},
            )
        ),
    }
    assert len(paths) == 9


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_no_damage_to_the_weights_passes(tmp_path, data):
    path = tmp_path / "w.safetensors"
    payload = module.save({"weight": torch.arange(6.0)})
    about = {"weights_sha256": hashlib.sha256(payload).hexdigest()}
    path.with_suffix(".json").write_text(json.dumps(about))
    path.write_bytes(payload)
    assert module._read(path) == payload
    path.write_bytes(data.draw(damaged(payload)))
    assert module._read(path) is None


@pytest.mark.parametrize("text", [None, "", "[]", "{}", "null", '{"weights_sha256": 3}', "\udcff"])
def test_weights_without_a_sound_description_do_not_count(text, taught, cache):
    first = make()
    (about,) = (cache / "classifiers").glob("*.json")
    about.unlink() if text is None else about.write_bytes(text.encode(errors="surrogateescape"))
    assert make().weights_sha256 == first.weights_sha256
    assert len(taught) == 2
    make()
    assert len(taught) == 2, "what was damaged has been replaced"


def test_a_folder_that_cannot_be_written_is_a_warning(monkeypatch, tmp_path: Path):
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("GANBENCH_CACHE", str(tmp_path / "file"))
    with pytest.warns(UserWarning, match="the classifier is not kept, cannot write"):
        assert make().accuracy > 0.9


def test_sets_of_any_channels_and_of_fewer_pictures_than_a_batch(monkeypatch):
    monkeypatch.setattr(module, "_splits", lambda name: (quarters(30, 0, 3), quarters(8, 1, 3)))
    assert make(ClassifierTraining(shown=900, batch=64)).accuracy > 0.5


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("folder:/nowhere", "'folder:/nowhere' has none; use one such as mnist"),
        ("ring8", "pictures in at least 2 classes, and 'ring8' has none"),
        ("mnits", "no data set is called 'mnits'; did you mean 'mnist'"),
    ],
)
def test_sets_without_what_it_takes_are_refused(name, message):
    with pytest.raises(UserError, match=message):
        REAL_SPLITS(name)


def test_missing_files_are_named(monkeypatch, cache):
    monkeypatch.delenv("GANBENCH_DATA", raising=False)

    def refuse(*_: object, **__: object) -> None:
        raise OSError("no network in tests")

    monkeypatch.setattr("torchvision.datasets.mnist.download_and_extract_archive", refuse)
    with pytest.raises(UserError, match=r"the files of 'mnist' are missing: put MNIST/raw/train-images"):
        REAL_SPLITS("mnist")


def test_real_digits_are_learnt_quickly(mnist_files, monkeypatch):
    monkeypatch.setattr(module, "_splits", REAL_SPLITS)
    assert classifier_of("mnist", ClassifierTraining(shown=12_800), note=lambda text: None).accuracy > 0.95
