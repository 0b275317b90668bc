"""The card of an exported model says what its record says, for models of every kind."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import yaml
from benchmarks.export_parity import random_model
from torch import Tensor

from ganbench.export.card import render_card
from ganbench.export.licences import LICENCES, licence_of
from ganbench.export.module import example_inputs
from ganbench.export.parity import Parity, reference_results
from ganbench.export.parts import PartName
from ganbench.export.record import make_record
from ganbench.recipes.registry import find_recipe

SOURCE = {
    "trained": {"seed": 3, "created": "2026-01-02", "steps": 100, "budget": "laptop"},
    "scores": [],
    "health": "the health rules found no problem",
}


def record_of(name: str, part: PartName, **changes: Any) -> dict[str, Any]:
    model = random_model(name, 8)
    inputs = example_inputs(model, part, 3)
    record = make_record(model, part, inputs, reference_results(model, part, inputs, "b"), "b")
    recipe = find_recipe(name, "laptop").to_dict()
    parity = Parity(256, 2e-6, 0.9, 1, 0.001).to_dict()
    return {**record, **SOURCE, "recipe": recipe, "file_format": "onnx", "parity": parity, **changes}


@pytest.mark.parametrize(
    ("name", "part", "texts"),
    [
        ("gan-ring8", "generator", ["latents in, points out", "[N, 2] | float32", "noise, 32 numbers"]),
        ("infogan-mnist", "generator", ["code 1, 10 numbers: a 1 at a random place", "continuous codes, "]),
        ("bigan-mnist", "encoder", ["images in, latents out", "what ganbench computes from the same items"]),
        ("cyclegan-mnist", "translator", ["images of one domain in", "(to domain b)"]),
        (
            "simsiam-gan-shapes",
            "generator",
            ["| `items` | input | [N, 3, 32, 32] | uint8 |", "representation, "],
        ),
    ],
)
def test_the_card_fits_the_model(name: str, part: PartName, texts: list[str]) -> None:
    card = render_card(record_of(name, part), picture="" if part == "encoder" else "samples.png")
    for text in [
        *texts,
        f"# {name}",
        "differ by at most 2.0e-06",
        "budget laptop, seed 3",
        "of 100 (",
        "@misc{",
    ]:
        assert text in card
    assert ("samples.png" in card) == (part != "encoder")
    assert "Training is not finished: step 0 of 100." in card
    assert "## Intended use\n\nTo compare GANs" in card
    assert ("passed off as real" in card) == (name != "gan-ring8")


@pytest.mark.parametrize(
    ("name", "part", "lines"),
    [
        ("gan-ring8", "generator", []),
        ("dcgan-mnist", "generator", ["pipeline_tag: unconditional-image-generation"]),
        ("sagan-cifar10", "generator", []),
        ("simsiam-gan-shapes", "generator", []),
        ("bigan-mnist", "encoder", ["pipeline_tag: image-feature-extraction"]),
        ("cyclegan-mnist", "translator", ["pipeline_tag: image-to-image"]),
        ("sndcgan-projection-fashion-mnist", "generator", ["license: mit"]),
    ],
)
def test_the_front_matter_says_what_is_certain(name: str, part: PartName, lines: list[str]) -> None:
    front = yaml.safe_load(render_card(record_of(name, part), picture="").split("---\n")[1])
    expected = dict(line.split(": ") for line in lines)
    kind = "points" if name == "gan-ring8" else "image"
    assert front == {"library_name": "ganbench", "tags": ["gan", part, kind], **expected}


@pytest.mark.parametrize(("name", "part"), [("infogan-mnist", "generator"), ("bigan-mnist", "encoder")])
def test_the_inputs_in_its_code_are_inputs_of_the_model(name: str, part: PartName) -> None:
    record = record_of(name, part)
    code = render_card(record, picture="").split("```python\n")[1].split("```")[0]
    lines = [line for line in code.splitlines() if "onnxruntime" not in line and "results" not in line]
    scope: dict[str, Any] = {"np": np}
    exec("\n".join(lines), scope)
    model = random_model(name, 8)
    expected: dict[str, Tensor] = example_inputs(model, part, 16)
    for key, value in expected.items():
        assert scope[key].shape == tuple(value.shape)
        assert scope[key].dtype == value.numpy().dtype


def test_scores_without_details_and_recipes_without_papers() -> None:
    score = {"name": "a|b", "value": 1.0, "better": None, "details": None, "measured": None}
    recipe = {**find_recipe("gan-ring8", "laptop").to_dict(), "papers": []}
    card = render_card(
        record_of("gan-ring8", "generator", scores=[score], recipe=recipe), picture="samples.png"
    )
    assert r"| `a\|b` | 1 |  |  |  |  |" in card
    assert "The recipe names none." in card
    assert "None for these weights" in render_card(record_of("gan-ring8", "generator"), picture="samples.png")


def test_an_unknown_licence_is_said_to_be_unknown() -> None:
    assert "say it here before you publish" in licence_of("my-folder")
    assert "CC BY-SA" in licence_of("mnist")
    assert all(
        text[0].islower() or text.startswith("Imagenette") or text.startswith("JPEG")
        for text in LICENCES.values()
    )
