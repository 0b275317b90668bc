"""Protocols fix all that they say, carry their name into every score, and need no network to be listed."""

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
from ganbench.metrics.protocols.registry import protocol_named, protocols
from ganbench.metrics.score import Score

NAMES = ["clean", "gans-implementations", "mimicry", "studiogan"]


class Heads(Projection):
    """Projections that tell classes, too."""

    def logits_from_features(self, features):
        return features

    def logits(self, images):
        return self(images)


def test_all_are_found_by_name():
    assert list(protocols()) == NAMES
    with pytest.raises(UserError, match=r"no protocol 'mimicri'; did you mean 'mimicry'\?"):
        protocol_named("mimicri")


@pytest.mark.parametrize(
    ("name", "samples", "split", "metrics"),
    [
        ("gans-implementations", 50_000, "train", {FrechetDistance, InceptionScore}),
        ("mimicry", 50_000, "train", {FrechetDistance, InceptionScore, KernelDistance}),
        ("studiogan", 50_000, "train", {FrechetDistance, InceptionScore}),
        ("clean", 50_000, "train", {FrechetDistance, KernelDistance}),
    ],
)
def test_what_each_fixes(name, samples, split, metrics):
    protocol = protocol_named(name)
    assert (protocol.samples, protocol.split) == (samples, split)
    made = protocol.metrics(Heads())
    assert {type(metric) for metric in made} == metrics
    assert protocol.samples >= max(metric.min_samples for metric in made), "it can be measured as it says"
    splits = [metric.splits for metric in made if isinstance(metric, InceptionScore)]
    assert splits == {"studiogan": [1], "clean": []}.get(name, [10])
    subsets = [(m.subset_count, m.subset_size) for m in made if isinstance(m, KernelDistance)]
    assert subsets == {"mimicry": [(10, 5000)], "clean": [(100, 1000)]}.get(name, [])


@pytest.mark.parametrize("name", NAMES)
def test_without_weights_one_sentence_says_which_file_to_put_where(name, monkeypatch, tmp_path):
    pytest.importorskip("torch_fidelity")

    def nobody(*_, **__):
        raise urllib.error.URLError("no network")

    monkeypatch.setattr(weights.urllib.request, "urlopen", nobody)
    monkeypatch.delenv("GANBENCH_WEIGHTS", raising=False)
    with pytest.raises(
        UserError, match=r"are not on this machine .*; put \S+\.pth, from https://\S+, in "
    ) as told:
        protocol_named(name).features()
    assert "\n" not in str(told.value)


@pytest.mark.parametrize("name", NAMES)
def test_the_name_goes_with_the_score(name):
    protocol = protocol_named(name)
    score = protocol.named(
        Score(name="fd[x]", value=1.0, better="lower", details={"a": 1}, measured={"b": 2})
    )
    assert score.name == f"{name}/fd[x]"
    assert score.measured["protocol"] == {"name": name, "reference": "all", "flawed": False}
    assert (score.details["a"], score.measured["b"]) == (1, 2)
    assert score.details["differs_from_the_original"]


def test_scores_of_protocols_and_of_none_are_unlike():
    plain = Score(name="FID", value=1.0, better="lower", measured={"samples": 50_000})
    a, b = (protocol_named(name).named(plain) for name in ("gans-implementations", "mimicry"))
    assert a.differences(b) == ("name", "protocol.name")
    assert a.differences(plain) == ("name", "protocol")


def test_a_protocol_never_changes():
    with pytest.raises(dataclasses.FrozenInstanceError):
        protocol_named("clean").samples = 3  # type: ignore[misc]
    assert isinstance(protocol_named("clean"), EvaluationProtocol)
