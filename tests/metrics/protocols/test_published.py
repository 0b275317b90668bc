"""Evaluation protocols: their settings, their errors, and the scores that they tag."""

from __future__ import annotations

import dataclasses
import urllib.error

import pytest
from tests.metrics.stand_ins import Projection

from ganbench.errors import UserError
from ganbench.metrics.distances.frechet import FrechetDistance
from ganbench.metrics.distances.inception_score import InceptionScore
from ganbench.metrics.distances.kernel import KernelDistance
from ganbench.metrics.extractors import weights
from ganbench.metrics.protocols.base import EvaluationProtocol
from ganbench.metrics.protocols.registry import PROTOCOLS, find_protocol
from ganbench.metrics.score import Score

NAMES = ["clean", "gans-implementations", "mimicry", "studiogan"]


class Heads(Projection):
    """Projections that are also logits."""

    def logits_from_features(self, features):
        return features

    def logits(self, images):
        return self(images)


def test_protocols_are_found_by_name():
    assert list(PROTOCOLS) == NAMES
    with pytest.raises(UserError, match=r"no protocol 'mimicri'; did you mean 'mimicry'\?"):
        find_protocol("mimicri")


@pytest.mark.parametrize(
    ("name", "samples", "split", "metrics"),
    [
        ("gans-implementations", 50_000, "train", {FrechetDistance, InceptionScore}),
        ("mimicry", 50_000, "train", {FrechetDistance, InceptionScore, KernelDistance}),
        ("studiogan", 50_000, "train", {FrechetDistance, InceptionScore}),
        ("clean", 50_000, "train", {FrechetDistance, KernelDistance}),
    ],
)
def test_the_settings_of_each_protocol(name, samples, split, metrics):
    protocol = find_protocol(name)
    assert (protocol.samples, protocol.split) == (samples, split)
    built = protocol.metrics(Heads())
    assert {type(metric) for metric in built} == metrics
    assert protocol.samples >= max(metric.min_samples for metric in built), "enough samples for every metric"
    splits = [metric.splits for metric in built if isinstance(metric, InceptionScore)]
    assert splits == {"studiogan": [1], "clean": []}.get(name, [10])
    subsets = [(m.subset_count, m.subset_size) for m in built if isinstance(m, KernelDistance)]
    assert subsets == {"mimicry": [(10, 5000)], "clean": [(100, 1000)]}.get(name, [])


@pytest.mark.parametrize("name", NAMES)
def test_the_error_without_weights_names_the_file_and_its_folder(name, monkeypatch, tmp_path):
    pytest.importorskip("torch_fidelity")

    def refuse(*_, **__):
        raise urllib.error.URLError("no network")

    monkeypatch.setattr(weights.urllib.request, "urlopen", refuse)
    monkeypatch.delenv("GANBENCH_WEIGHTS", raising=False)
    with pytest.raises(
        UserError, match=r"are not on this machine .*; put \S+\.pth, from https://\S+, in "
    ) as error:
        find_protocol(name).features()
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("name", NAMES)
def test_a_score_is_tagged_with_the_protocol(name):
    protocol = find_protocol(name)
    score = protocol.tag_score(
        Score(name="fd[x]", value=1.0, better="lower", details={"a": 1}, measured={"b": 2})
    )
    assert score.name == f"{name}/fd[x]"
    assert score.measured["protocol"] == {"name": name, "reference": "all", "flawed": False}
    assert (score.details["a"], score.measured["b"]) == (1, 2)
    assert score.details["differs_from_the_original"]


def test_scores_of_different_protocols_are_incomparable():
    plain = Score(name="FID", value=1.0, better="lower", measured={"samples": 50_000})
    a, b = (find_protocol(name).tag_score(plain) for name in ("gans-implementations", "mimicry"))
    assert a.differences(b) == ("name", "protocol.name")
    assert a.differences(plain) == ("name", "protocol")


def test_a_protocol_is_frozen():
    with pytest.raises(dataclasses.FrozenInstanceError):
        find_protocol("clean").samples = 3  # type: ignore[misc]
    assert isinstance(find_protocol("clean"), EvaluationProtocol)
