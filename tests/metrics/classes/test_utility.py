"""Utility: the training set of each classifier, and the verdict."""

from __future__ import annotations

import pytest
import torch
from tests.metrics.stand_ins import MemoryDataset, digits, patterns

from ganbench.errors import UserError
from ganbench.metrics.classes import utility as module
from ganbench.metrics.classes.training import ClassifierTraining
from ganbench.metrics.classes.utility import AUGMENTED, BOTH, GENERATED, REAL, Utility, verdict
from ganbench.metrics.measure import measure
from ganbench.metrics.sample_batch import LabelledSamples
from ganbench.utils.bootstrap import compare, student_interval


def test_each_classifier_has_its_own_training_set(monkeypatch):
    trainings, accuracies = [], iter([0.5, 0.6, 0.7, 0.3, 0.52, 0.6, 0.69, 0.3, 0.51, 0.6, 0.71, 0.3])
    monkeypatch.setattr(
        module,
        "train_classifier",
        lambda images, training, flip: trainings.append((len(images), training, flip)),
    )
    monkeypatch.setattr(module, "classification_accuracy", lambda test, network: next(accuracies))
    reference, held_out = digits(200), digits(90)
    reference.flip = True
    metric = Utility(
        real_images=120, test_images=70, training=ClassifierTraining(images=10, shift=0)
    ).with_held_out(held_out)
    samples = [
        LabelledSamples(part.pixels, part.labels(torch.arange(50))) for part in (digits(50), digits(50))
    ]
    score = measure((metric,), samples, reference)[0]
    assert [(n, t.seed, t.shift, flip) for n, t, flip in trainings[:5]] == [
        (120, 0, 0, False),
        (120, 0, 2, True),
        (220, 0, 0, False),
        (100, 0, 0, False),
        (120, 1, 0, False),
    ]
    assert score.value == pytest.approx((0.2 + 0.17 + 0.2) / 3)
    assert score.details["accuracies"][REAL]["mean"] == pytest.approx(0.51)
    assert score.details["gain_of_moving"] == pytest.approx(0.09)
    assert score.measured["held_out"]["items"] == 70
    assert score.details["verdict"] == (
        "100 generated pictures beside 120 real ones raise accuracy from 51.0% to 70.0% (by +14.7 to +23.3 points "
        "with 3 seeds); flips and shifts instead give 60.0%, generated pictures alone 30.0%."
    )


def test_classifiers_learn_from_samples_and_are_deterministic():
    metric = Utility(
        real_images=20, seeds=1, training=ClassifierTraining(images=5000, shift=0)
    ).with_held_out(patterns(50, seed=1))
    generated = patterns(200, seed=2)
    good = LabelledSamples(generated.pixels, generated.labels(torch.arange(200)))
    bad = LabelledSamples(good.samples, good.labels.roll(3))
    reference = patterns(100)
    scores = [measure((metric,), [samples], reference)[0] for samples in (good, bad)]
    assert scores[0].details["accuracies"][GENERATED]["mean"] > 0.9
    assert scores[1].details["accuracies"][GENERATED]["mean"] < 0.1
    assert scores[0].details["interval_95"] is None
    assert measure((metric,), [good], reference)[0] == scores[0]


def test_samples_without_labels_or_sets_without_classes_are_refused(random_images):
    metric = Utility().with_held_out(digits(50))
    with pytest.raises(UserError, match="needs samples with labels"):
        measure((metric,), [digits(200).pixels], digits(100))[0]
    with pytest.raises(UserError, match="'utility' needs images that were held out"):
        measure((Utility(),), [digits(200).pixels], digits(100))[0]
    with pytest.raises(UserError, match="'utility' needs data with classes, and 'held' has none"):
        measure(
            (Utility().with_held_out(MemoryDataset(random_images(100), "f2")),),
            [],
            MemoryDataset(random_images(100)),
        )[0]


def test_the_verdict_claims_no_more_than_the_seeds_show():
    def sentence(real, both):
        by_training = {REAL: real, AUGMENTED: real, BOTH: both, GENERATED: real}
        return verdict(by_training, compare(both, real, "higher"), 10, 20, flip=False)

    assert "; shifts instead give 50.0%" in sentence([0.5], [0.6])
    assert "which 1 seed cannot tell from chance" in sentence([0.5], [0.6])
    assert "which is not resolved with 3 seeds" in sentence([0.5, 0.5, 0.5], [0.6, 0.4, 0.5])
    assert "lower accuracy from 50.0% to 40.0% (by -" in sentence([0.5, 0.5, 0.5], [0.4, 0.41, 0.39])


def test_student_interval():
    assert student_interval([1.0, 2.0]) is None
    low, high = student_interval([1.0, 2.0, 3.0])
    assert (low + high) / 2 == 2
    assert high - 2 == pytest.approx(4.3027 / 3**0.5, abs=1e-4)
