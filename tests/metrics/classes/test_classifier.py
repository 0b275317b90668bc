"""Classifiers: accuracy, deterministic training, and the cache."""

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

from ganbench.data.images import ImageDataset
from ganbench.errors import UserError
from ganbench.metrics.classes import classifier as module
from ganbench.metrics.classes.classifier import Classifier, classifier_path, load_or_train_classifier
from ganbench.metrics.classes.training import ClassifierTraining

SHORT = ClassifierTraining(images=1500, batch_size=50)
REAL_SPLITS = module._load_splits


def quarters(count: int, seed: int, channels: int = 1) -> ImageDataset:
    """Noise with one bright quarter, which is the class."""
    generator = torch.Generator().manual_seed(seed)
    pixels = torch.randint(0, 120, (count, channels, 12, 12), dtype=torch.uint8, generator=generator)
    labels = torch.arange(count) % 4
    for k in range(4):
        pixels[labels == k, :, 6 * (k // 2) : 6 * (k // 2) + 6, 6 * (k % 2) : 6 * (k % 2) + 6] += 100
    return ImageDataset("quarters", pixels, labels, tuple("abcd"))


@pytest.fixture(autouse=True)
def splits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_load_splits", lambda name: (quarters(200, 0), quarters(100, 1)))


@pytest.fixture
def trained(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Collects the names of the data sets that a classifier is trained on."""
    names = []
    train_classifier = module.train_classifier
    monkeypatch.setattr(
        module,
        "train_classifier",
        lambda train, training: names.append(train.info.name) or train_classifier(train, training),
    )
    return names


def make(training: ClassifierTraining = SHORT, note: Callable[[str], None] = lambda text: None) -> Classifier:
    return load_or_train_classifier("quarters", training, note=note)


def test_it_learns_and_records_its_accuracy():
    classifier = make()
    test = quarters(100, 1)
    with torch.no_grad():
        correct = classifier.network(test.info.from_data(test.pixels)).argmax(1) == torch.arange(100) % 4
    assert classifier.accuracy == float(correct.double().mean())
    assert classifier.accuracy > 0.9
    assert classifier.record == {
        "data": "quarters",
        "fingerprint": quarters(200, 0).info.fingerprint,
        "test_accuracy": classifier.accuracy,
        "test_items": 100,
    }
    assert not classifier.network.training
    assert not any(p.requires_grad for p in classifier.network.parameters())


def test_it_is_trained_once_and_says_so(trained, cache):
    notes: list[str] = []
    first, again = make(note=notes.append), make(note=notes.append)
    assert trained == ["quarters"]
    assert len(notes) == 2
    assert "once" in notes[0]
    assert str(cache / "classifiers" / "quarters-") in notes[0]
    assert f"{first.accuracy:.2%} of the test split" in notes[1]
    assert again.weights_sha256 == first.weights_sha256
    assert again.accuracy == first.accuracy
    assert all(map(torch.equal, again.network.state_dict().values(), first.network.state_dict().values()))


def test_by_default_notes_go_to_standard_error(capsys):
    load_or_train_classifier("quarters", SHORT)
    assert capsys.readouterr().err.startswith("training a classifier of 'quarters', once")


def test_the_cache_holds_weights_and_a_matching_description(cache):
    classifier = make()
    weights, description = sorted(
        (cache / "classifiers").iterdir(), key=lambda path: path.suffix != ".safetensors"
    )
    assert hashlib.sha256(weights.read_bytes()).hexdigest() == classifier.weights_sha256
    content = json.loads(description.read_text())
    assert content["weights_sha256"] == classifier.weights_sha256
    assert content["test_accuracy"] == classifier.accuracy
    assert content["train"]["items"] == 200


def test_training_is_bit_identical_for_any_caller(cache, monkeypatch):
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


def test_every_setting_is_part_of_the_key():
    train, test = quarters(20, 0).info, quarters(20, 1).info
    paths = {
        classifier_path(train, test, ClassifierTraining()),
        classifier_path(test, test, ClassifierTraining()),
        classifier_path(train, train, ClassifierTraining()),
        *(
            classifier_path(train, test, ClassifierTraining(**changed))
            for changed in (
                {"images": 1},
                {"batch_size": 1},
                {"learning_rate": 1.0},
                {"weight_decay": 1.0},
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
    description = {"weights_sha256": hashlib.sha256(payload).hexdigest()}
    path.with_suffix(".json").write_text(json.dumps(description))
    path.write_bytes(payload)
    assert module._read(path) == payload
    path.write_bytes(data.draw(damaged(payload)))
    assert module._read(path) is None


@pytest.mark.parametrize("text", [None, "", "[]", "{}", "null", '{"weights_sha256": 3}', "\udcff"])
def test_weights_without_a_valid_description_are_trained_again(text, trained, cache):
    first = make()
    (description,) = (cache / "classifiers").glob("*.json")
    description.unlink() if text is None else description.write_bytes(text.encode(errors="surrogateescape"))
    assert make().weights_sha256 == first.weights_sha256
    assert len(trained) == 2
    make()
    assert len(trained) == 2, "the damaged file has been replaced"


def test_an_unwritable_cache_causes_a_warning(monkeypatch, tmp_path: Path):
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("GANBENCH_CACHE", str(tmp_path / "file"))
    with pytest.warns(UserWarning, match="the classifier is not cached, cannot write"):
        assert make().accuracy > 0.9


def test_any_number_of_channels_and_fewer_images_than_a_batch(monkeypatch):
    monkeypatch.setattr(module, "_load_splits", lambda name: (quarters(30, 0, 3), quarters(8, 1, 3)))
    assert make(ClassifierTraining(images=900, batch_size=64)).accuracy > 0.5


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("folder:/nowhere", "'folder:/nowhere' has none; use one such as mnist"),
        ("ring8", "images of at least 2 classes, and 'ring8' has none"),
        ("mnits", "there is no data set 'mnits'; did you mean 'mnist'"),
    ],
)
def test_unsuitable_data_sets_are_refused(name, message):
    with pytest.raises(UserError, match=message):
        REAL_SPLITS(name)


def test_the_error_names_missing_files(monkeypatch, cache):
    monkeypatch.delenv("GANBENCH_DATA", raising=False)

    def refuse(*_: object, **__: object) -> None:
        raise OSError("no network in tests")

    monkeypatch.setattr("torchvision.datasets.mnist.download_and_extract_archive", refuse)
    with pytest.raises(UserError, match=r"the files of 'mnist' are missing: put MNIST/raw/train-images"):
        REAL_SPLITS("mnist")


def test_mnist_is_learned_quickly(mnist_files, monkeypatch):
    monkeypatch.setattr(module, "_load_splits", REAL_SPLITS)
    assert (
        load_or_train_classifier("mnist", ClassifierTraining(images=12_800), note=lambda text: None).accuracy
        > 0.95
    )
