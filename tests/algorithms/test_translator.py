"""What translators have in common."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from tests.support.training import tiny_recipe
from torch import Tensor

from ganbench.experiment.build_trainer import make_trainer
from ganbench.inference.build import make_dataset
from ganbench.training.engine import Engine


@pytest.mark.parametrize("name", ["cut-mnist", "stargan-shapes"])  # those without batch norm
def test_a_batch_in_two_parts_gives_the_step_of_the_whole(name: str) -> None:
    """Two processes divide a batch in the same way; later steps amplify what rounding changed."""

    def weights(parts: int) -> dict[str, Tensor]:
        recipe = tiny_recipe(name)
        changes: dict[str, Any] = {"schedule.microbatches": parts, "machine.device": "cpu"}
        for network in recipe.optimizers:
            changes[f"optimizers.{network}"] = {"target": "torch.optim:SGD", "lr": 0.05}
        recipe = recipe.override(changes)
        trainer = make_trainer(recipe, make_dataset(recipe), Engine(recipe.machine), seed=0)
        before = {key: value.clone() for key, value in trainer.networks.state_dict().items()}
        trainer.train_step()
        after = trainer.networks.state_dict()
        assert any(not torch.equal(after[key], value) for key, value in before.items())
        return {key: value.clone() for key, value in after.items()}

    whole, halves = weights(1), weights(2)
    for key, value in whole.items():
        torch.testing.assert_close(halves[key], value, rtol=1e-4, atol=5e-6, msg=key)
