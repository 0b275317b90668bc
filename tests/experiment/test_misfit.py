"""A recipe whose parts do not fit together is refused in one sentence, and leaves no run folder."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from tests.support.training import tiny_recipe
from torch import Tensor

from ganbench.config.spec import Spec
from ganbench.errors import UserError
from ganbench.experiment.misfit import explain_misfit
from ganbench.experiment.train import train
from ganbench.losses import Hinge


class Broken(Hinge):
    """Fails when it is called."""

    def discriminator(self, real: Tensor, fake: Tensor) -> Tensor:
        return real + torch.zeros(3)


class BrokenLater(Hinge):
    """Fails in the second step."""

    def generator(self, real: Tensor | None, fake: Tensor) -> Tensor:
        _CALLS.append(1)
        return fake.mean() if len(_CALLS) < 2 else fake[10**6]


class NoAlgorithm:
    """Has nothing that an algorithm has."""


_CALLS: list[int] = []


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        (
            {"networks.G.latent": 16},
            r"^the parts of recipe 'gan-ring8' do not fit together: in the network G, RuntimeError: mat1 and mat2 "
            r"shapes cannot be multiplied .* \(base\.py, line \d+\); without networks\.G\.latent, the run sets what "
            r"fits$",
        ),
        ({"networks.D.classes": 3, "networks.D.shape": [5]}, "without networks.D.classes and networks.D.shape, "),
        ({"algorithm": "ganbench.losses:Hinge"}, "algorithm must be an algorithm, not the loss Hinge"),
        ({"latent": "ganbench.losses:Hinge"}, "latent must be a latent distribution, not the loss Hinge"),
        ({"data": {"target": "ganbench.losses:Hinge"}}, "data must be a data set, not the loss Hinge"),
        ({"networks.G": "torch.optim:Adam"}, "networks.G must be a network, not the optimizer Adam"),
        ({"optimizers.G": "ganbench.losses:Hinge"}, "optimizers.G must be an optimizer, not the loss Hinge"),
        ({"optimizers.G": "LBFGS"}, "do not fit together: TypeError: .*closure"),
        ({"algorithm": Spec(NoAlgorithm)}, "algorithm must be a ganbench.algorithms.Algorithm, not NoAlgorithm"),
        ({"networks.G": Spec(NoAlgorithm)}, "networks.G must be a torch.nn.Module, not NoAlgorithm"),
        ({"latent": Spec(NoAlgorithm)}, "latent must be a latent distribution, not NoAlgorithm"),
        ({"data": Spec(NoAlgorithm)}, "data must return a data set, and a NoAlgorithm has no info"),
        ({"latent.size": 10**30}, "networks.G: MLPGenerator cannot be built: "),
        ({"networks.G.width": 10**12}, "networks.G: MLPGenerator cannot be built: "),
        ({"algorithm.loss": Spec(Broken)}, r"RuntimeError: The size of tensor .* \(test_misfit.py, line \d+\)$"),
    ],
)  # fmt: skip
def test_a_misfit_is_refused_and_leaves_no_folder(
    tmp_path: Path, changes: dict[str, Any], words: str
) -> None:
    trusted = (__name__,)
    with pytest.raises(UserError, match=words) as caught:
        train(tiny_recipe("gan-ring8"), overrides=changes, out=tmp_path / "run", trusted=trusted)
    assert "\n" not in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_a_misfit_is_refused_before_a_time_is_planned(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"do not fit together: in the network G|fit together: RuntimeError"):
        train(
            tiny_recipe("gan-ring8"), overrides={"networks.G.latent": 16}, budget="5s", out=tmp_path / "run"
        )
    assert list(tmp_path.iterdir()) == []


def test_a_later_error_is_not_hidden_and_keeps_the_run(tmp_path: Path) -> None:
    _CALLS.clear()
    changes = {"algorithm.loss": Spec(BrokenLater)}
    with pytest.raises(IndexError):
        train(tiny_recipe("gan-ring8"), overrides=changes, out=tmp_path / "run", trusted=(__name__,))
    assert (tmp_path / "run" / "recipe.json").is_file()


@pytest.mark.parametrize("error", [MemoryError(), torch.cuda.OutOfMemoryError("out of memory")])
def test_too_little_memory_is_no_misfit(error: Exception) -> None:
    with pytest.raises(type(error)), explain_misfit(tiny_recipe("gan-ring8")):
        raise error
