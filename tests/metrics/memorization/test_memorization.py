"""Memorization, from images to a verdict."""

from __future__ import annotations

import dataclasses

import pytest
import torch
from tests.metrics.stand_ins import MemoryDataset, Projection

from ganbench.errors import UserError
from ganbench.metrics.measure import measure
from ganbench.metrics.memorization.data_copying import NearCopies
from ganbench.metrics.memorization.memorization import Memorization, make_thumbnails, verdict


def test_copies_are_found_and_in_the_gallery(random_images):
    train, held_out, samples = (random_images(n, seed=s) for n, s in ((600, 1), (400, 2), (200, 3)))
    samples[50:90] = train[100:140]
    metric = Memorization(Projection()).with_held_out(MemoryDataset(held_out, "f2", name="other"))
    score = measure((metric,), samples.split(60), MemoryDataset(train))[0]
    assert score.name == "memorization[projection@8]"
    assert score.value == pytest.approx(0.2, abs=0.03)
    assert score.details["p"] < 1e-6
    assert score.details["verdict"].startswith("Copies: about ")
    assert score.measured["held_out"]["fingerprint"] == "f2"
    assert score.gallery is not None
    assert score.gallery.columns % 3 == 0
    triples = score.gallery.images.unflatten(0, (-1, 3))
    assert torch.equal(triples[:, 0], triples[:, 1]), (
        "the closest samples are copies, next to their originals"
    )
    assert all(any(torch.equal(x, y) for y in train[100:140]) for x in triples[:, 1])
    assert not any(torch.equal(*triple[1:]) for triple in triples)
    assert "gallery" not in score.to_dict()


def test_honest_samples_in_batches_of_any_size(random_images):
    train, held_out, samples = (random_images(n, seed=s) for n, s in ((300, 1), (200, 2), (150, 3)))
    metric = Memorization(Projection()).with_held_out(MemoryDataset(held_out, "f2"))
    score = measure((metric,), [samples], MemoryDataset(train))[0]
    assert score.details["verdict"].startswith("No sign of copying: ")
    assert score.details["near_copies_expected"] == pytest.approx(2 / 201)
    again = measure((metric,), samples.split(7), MemoryDataset(train))[0]
    assert again == score
    assert torch.equal(again.gallery.images, score.gallery.images)


def test_held_out_images_are_needed_and_must_differ(random_images):
    train, samples = random_images(200), [random_images(100, seed=1)]
    metric = Memorization(Projection())
    with pytest.raises(
        UserError, match=r"held out of training, and 'held' has no other split; .* --held-out"
    ):
        measure((metric,), samples, MemoryDataset(train))[0]
    with pytest.raises(UserError, match="the held-out items are those of 'held' itself"):
        measure((metric.with_held_out(MemoryDataset(train)),), samples, MemoryDataset(train))[0]
    with pytest.raises(UserError, match=r"have shape \[3, 4, 4\], those of 'held' have \[3, 8, 8\]"):
        measure(
            (metric.with_held_out(MemoryDataset(random_images(200, (3, 4, 4)), "f2")),),
            samples,
            MemoryDataset(train),
        )[0]
    with pytest.raises(UserError, match="at least 100 held-out images, and 'few' has 99"):
        measure(
            (metric.with_held_out(MemoryDataset(random_images(99), "f2", "few")),),
            samples,
            MemoryDataset(train),
        )[0]


def test_the_verdict_is_one_sentence_for_each_case():
    copies = NearCopies(
        threshold=1.0,
        share=0.06,
        expected_share=0.01,
        share_p=1e-9,
        train_samples=119,
        held_out_samples=1,
        images=120,
        train_images=119,
        expected_train_images=100.0,
        p=1e-6,
        min_p=1e-8,
        copied_share=0.055,
        interval=(-0.01, 0.065),
    )
    assert verdict(copies, 2000, 8000) == (
        "Copies: about 5.5% of the samples (0.0% to 6.5%) copy training pictures; of 120 real pictures that samples "
        "come that near to, 119 are training pictures, where chance gives 100.0 (p = 1e-06)."
    )
    near = dataclasses.replace(copies, p=0.4)
    assert "but to held-out pictures they lie as near; of 120" in verdict(near, 2000, 8000)
    few = dataclasses.replace(near, min_p=0.2)
    assert verdict(few, 2000, 30) == (
        "Cannot tell: 6.0% of 2,000 samples lie as near to a training picture as 1.0% of held-out pictures do, "
        "but 30 held-out pictures are too few to say whether they are copies."
    )
    calm = dataclasses.replace(few, share_p=0.3)
    assert verdict(calm, 2000, 30).startswith("No sign of copying: 6.0% of 2,000 samples lie as near")


def test_large_images_become_thumbnails(random_images):
    assert make_thumbnails(random_images(2, (3, 256, 128))).shape == (2, 3, 64, 32)
    small = random_images(2)
    assert make_thumbnails(small) is small
