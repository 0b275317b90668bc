"""Results as PNG, NPZ and JSON: exact, and the same bytes for the same results."""

from __future__ import annotations

import base64
import io
import json

import numpy as np
import torch
from PIL import Image

from ganbench.inference.model import Model
from ganbench.serve.answers import answer_latents, answer_samples, choose_format


def test_the_same_samples_give_the_same_bytes(models: dict[str, Model]) -> None:
    model = models["classes"]
    samples = torch.randint(256, (5, 3, 32, 32), dtype=torch.uint8)
    for form in ("png", "npz", "json"):
        first, second = (answer_samples("m", model, samples.clone(), torch.arange(5), form) for _ in range(2))
        assert first == second


def test_a_grid_has_a_line_between_images_and_no_enlargement(models: dict[str, Model]) -> None:
    samples = torch.zeros(6, 3, 32, 32, dtype=torch.uint8)
    grid = Image.open(io.BytesIO(answer_samples("m", models["images"], samples, None, "png", 3).body))
    assert grid.size == (3 * 33 + 1, 2 * 33 + 1)
    assert grid.getpixel((0, 0)) == (255, 255, 255)
    assert grid.getpixel((1, 1)) == (0, 0, 0)


def test_json_of_grey_images(models: dict[str, Model]) -> None:
    image = torch.randint(256, (1, 1, 28, 28), dtype=torch.uint8)
    answer = json.loads(answer_samples("m", models["encoder"], image, None, "json").body)
    decoded = np.asarray(Image.open(io.BytesIO(base64.b64decode(answer["images"][0]))))
    assert np.array_equal(decoded, image[0, 0].numpy())


def test_latents(models: dict[str, Model]) -> None:
    latents = torch.randn(3, 7)
    answer = json.loads(answer_latents("m", models["encoder"], latents, "json").body)
    assert (answer["model"], answer["step"]) == ("m", 0)
    assert np.array_equal(np.float32(answer["latents"]), latents.numpy())
    arrays = np.load(io.BytesIO(answer_latents("m", models["encoder"], latents, "npz").body))
    assert np.array_equal(arrays["latents"], latents.numpy())


def test_the_default_format(models: dict[str, Model]) -> None:
    assert choose_format(models["images"], None) == "png"
    assert choose_format(models["points"], None) == "json"
    assert choose_format(models["points"], "npz") == "npz"
