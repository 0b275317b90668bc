"""Protocols fix all that they say, carry their name and flaw into every score, and need no network to be listed."""

from __future__ import annotations

import dataclasses
import urllib.error

import pytest
import torch

from ganbench.errors import UserError
from ganbench.metrics.base import Score
from ganbench.metrics.extractors import weights
from ganbench.metrics.frechet import FrechetDistance
from ganbench.metrics.inception_score import InceptionScore
from ganbench.metrics.kernel import KernelDistance
from ganbench.metrics.protocols.base import EvaluationProtocol
from ganbench.metrics.protocols.part import part_of
from ganbench.metrics.protocols.registry import protocol_named, protocols

from ..stand_ins import Held, Projection

NAMES = ["clean", "mimicry", "reference-a", "studiogan", "system-c", "system-d"]


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
    ("name", "samples", "split", "items", "draw", "metrics"),
    [
        ("reference-a", 50_000, "train", None, "all", {FrechetDistance, InceptionScore}),
        ("mimicry", 50_000, "train", None, "all", {FrechetDistance, InceptionScore, KernelDistance}),
        ("studiogan", 50_000, "train", None, "all", {FrechetDistance, InceptionScore}),
        ("clean", 50_000, "train", None, "all", {FrechetDistance, KernelDistance}),
        ("system-c", 500, "train", 500, "the first in order", {FrechetDistance, InceptionScore}),
        ("system-d", 1000, "test", 1000, "at random with replacement", {FrechetDistance}),
    ],
)
def test_what_each_fixes(name, samples, split, items, draw, metrics):
    protocol = protocol_named(name)
    assert (protocol.samples, protocol.split, protocol.reference_items, protocol.draw) == (
        samples,
        split,
        items,
        draw,
    )
    made = protocol.metrics(Heads())
    assert {type(metric) for metric in made} == metrics
    assert protocol.samples >= max(metric.minimum for metric in made), "it can be measured as it says"
    splits = [metric.splits for metric in made if isinstance(metric, InceptionScore)]
    assert splits == {"studiogan": [1], "clean": [], "system-d": []}.get(name, [10])
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
def test_the_name_and_the_flaw_go_with_the_score(name):
    protocol = protocol_named(name)
    score = protocol.named(
        Score(name="fd[x]", value=1.0, better="lower", details={"a": 1}, measured={"b": 2})
    )
    flawed = name.startswith("system")
    assert score.name == (f"{name}-flawed/fd[x]" if flawed else f"{name}/fd[x]")
    assert score.measured["protocol"] == {"name": name, "reference": protocol.draw, "flawed": flawed}
    assert (score.details["a"], score.measured["b"]) == (1, 2)
    assert ("flaw" in score.details) == flawed
    assert score.details["differs_from_the_original"]


def test_scores_of_protocols_and_of_none_are_unlike():
    plain = Score(name="FID", value=1.0, better="lower", measured={"samples": 50_000})
    a, b = (protocol_named(name).named(plain) for name in ("reference-a", "mimicry"))
    assert a.differences(b) == ("name", "protocol.name")
    assert a.differences(plain) == ("name", "protocol")


def test_parts_of_the_reference(pictures):
    whole = Held(pictures(40))
    first = part_of(whole, "the first in order", 12, "x")
    drawn = part_of(whole, "at random with replacement", 40, "x")
    everything = torch.arange(40)
    assert torch.equal(first.items(everything[:12]), whole.data[:12])
    assert part_of(whole, "all", None, "x") is whole
    again = part_of(whole, "at random with replacement", 40, "x")
    assert torch.equal(drawn.items(everything), again.items(everything))
    assert len({picture.numpy().tobytes() for picture in drawn.items(everything)}) < 40, "some come twice"
    assert len({part.info.fingerprint for part in (whole, first, drawn)}) == 3
    assert (first.info.size, drawn.info.size) == (12, 40)
    with pytest.raises(UserError, match="protocol 'x' compares with 41 real pictures, and 'held' has 40"):
        part_of(whole, "the first in order", 41, "x")


def test_a_protocol_never_changes():
    with pytest.raises(dataclasses.FrozenInstanceError):
        protocol_named("clean").samples = 3  # type: ignore[misc]
    assert isinstance(protocol_named("clean"), EvaluationProtocol)
