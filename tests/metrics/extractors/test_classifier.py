"""Features and logits of a classifier."""

from __future__ import annotations

import pytest
import torch
from tests.metrics.stand_ins import digits

from ganbench.errors import UserError
from ganbench.metrics.classes.classifier import Classifier
from ganbench.metrics.extractors.classifier import ClassifierFeatures
from ganbench.metrics.extractors.classifier_network import DIMS, ClassifierNetwork
from ganbench.metrics.record import features_record


@pytest.fixture
def extractor() -> ClassifierFeatures:
    torch.manual_seed(0)
    network = ClassifierNetwork(1, 10).eval().requires_grad_(False)
    info = digits().info
    return ClassifierFeatures(
        Classifier(network=network, train=info, test=info, accuracy=0.9936, weights_sha256="ab" * 32)
    )


def test_logits_are_the_head_of_the_features(extractor, random_images):
    images = random_images(5, (1, 8, 8))
    features, logits = extractor(images), extractor.logits(images)
    assert features.shape == (5, extractor.dims)
    assert features.dtype == torch.float32
    assert torch.allclose(extractor.classifier.network.head(features), logits, atol=1e-6)
    assert torch.allclose(extractor.logits_from_features(features), logits, atol=1e-6)
    assert features.std() > 0
    assert not features.requires_grad


def test_the_batch_size_affects_only_rounding(extractor, random_images):
    images = random_images(11, (1, 8, 8))
    batched = ClassifierFeatures(extractor.classifier, batch_size=4)
    torch.testing.assert_close(batched(images), extractor(images), rtol=1e-5, atol=1e-5)
    assert batched(images[:0]).shape == (0, DIMS)
    assert batched.logits(images[:0]).shape == (0, 10)
    with pytest.raises(UserError, match="at least 1, not 0"):
        ClassifierFeatures(extractor.classifier, batch_size=0)


@pytest.mark.parametrize("side", [8, 11, 28, 64])
@pytest.mark.parametrize("channels", [1, 3])
def test_the_network_accepts_images_of_any_size(side, channels):
    network = ClassifierNetwork(channels, 7)
    assert network(torch.randn(2, channels, side, side + 3)).shape == (2, 7)


def test_name_and_record_name_the_training_set(extractor):
    record = features_record(extractor)
    assert record["name"] == "classifier:digits"
    assert record["weights_sha256"] == "ab" * 32
    assert record["trained"] == extractor.classifier.record
    assert extractor.trained["test_accuracy"] == 0.9936


def test_wrong_images_are_refused(extractor):
    with pytest.raises(TypeError, match=r"uint8, not torch\.float32"):
        extractor(torch.zeros(2, 1, 8, 8))
    with pytest.raises(UserError, match="'classifier:digits' need images of 1x8x8, not 3x8x8; use the class"):
        extractor.logits(torch.zeros(2, 3, 8, 8, dtype=torch.uint8))
