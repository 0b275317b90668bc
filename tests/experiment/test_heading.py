from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.support.training import tiny_recipe

from ganbench.data.base import DataInfo
from ganbench.experiment.build_trainer import make_trainer
from ganbench.experiment.heading import describe_data, describe_machine, heading
from ganbench.inference.build import make_dataset
from ganbench.training.engine import Engine
from ganbench.training.settings import Machine


def test_it_says_where_what_on_which_machine_and_how_long() -> None:
    recipe = tiny_recipe("dcgan-shapes", {"schedule.evaluate_every": 99, "schedule.steps": 12})
    dataset = make_dataset(recipe)
    trainer = make_trainer(recipe, dataset, Engine(recipe.machine), seed=3)
    networks = [
        f"{name} {type(network).__name__} ({sum(p.numel() for p in network.parameters()):,} weights)"
        for name, network in trainer.networks.items()
    ]
    assert heading(Path("runs/x"), recipe, dataset.info, trainer) == [
        "run: runs/x (recipe dcgan-shapes, budget laptop, seed 3)",
        "machine: cpu, 1 thread, fp32",
        "data: shapes, 40 colour images of 32x32 pixels, 6 classes",
        f"networks: {networks[0]}, {networks[1]}",
        "plan: 12 steps with batch size 8; samples every 4, scores at the end, checkpoints every 5",
    ]


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"kind": "points", "shape": (2,)}, "x, 1,500 points in 2 dimensions"),
        ({"kind": "points", "shape": (1,)}, "x, 1,500 points in 1 dimension"),
        ({"shape": (1, 28, 30)}, "x, 1,500 grey images of 30x28 pixels"),
        ({"shape": (3, 8, 8), "classes": ("a",)}, "x, 1,500 colour images of 8x8 pixels"),
        ({"shape": (4, 8, 8), "classes": ("a", "b")}, "x, 1,500 4-channel images of 8x8 pixels, 2 classes"),
    ],
)
def test_data_in_words(changes: dict[str, Any], text: str) -> None:
    info = DataInfo(
        **{"name": "x", "kind": "image", "shape": (3, 8, 8), "size": 1500, "fingerprint": ""} | changes
    )
    assert describe_data(info) == text


def test_the_machine_in_words() -> None:
    engine = Engine(Machine(device="cpu", threads=3, precision="bf16"))
    assert describe_machine(engine) == "cpu, 3 threads, bf16"
    engine.world_size = 2
    assert describe_machine(engine) == "cpu, 3 threads in each of 2 processes, bf16"
