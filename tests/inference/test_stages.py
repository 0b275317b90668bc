"""The steps that models and exported models share refuse what a model cannot do."""

from __future__ import annotations

import pytest
import torch
from benchmarks.export_parity import random_model

from ganbench.errors import UserError


def test_each_step_says_what_the_model_cannot_do() -> None:
    stages = random_model("simsiam-shapes", 8).stages
    with pytest.raises(UserError, match="SimSiam generates no samples; it only encodes items"):
        stages.generate(torch.zeros(1, 1))
    with pytest.raises(UserError, match="SimSiam translates no items; the recipe cyclegan-mnist does"):
        stages.translate(torch.zeros(1, 3, 32, 32), "b")
    with pytest.raises(UserError, match="Adversarial has no encoder; the recipe bigan-mnist has one"):
        random_model("gan-ring8", 8).stages.encode(torch.zeros(1, 2))
    with pytest.raises(UserError, match="there is no domain 'c'; known: a, b"):
        random_model("cyclegan-mnist", 8).stages.translate(torch.zeros(1, 3, 32, 32), "c")


def test_the_steps_make_up_a_sample() -> None:
    model = random_model("gan-ring8", 8)
    latents = model.latents(4)
    x = model.stages.generate(model.stages.prepare(latents))
    assert torch.equal(model.info.to_data(x), model.sample(4))
