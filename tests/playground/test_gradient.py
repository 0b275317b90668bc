"""The arrows: closed forms, and the gradient that G's own update has."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from ganbench.algorithms import Adversarial
from ganbench.data.base import Batch
from ganbench.errors import UserError
from ganbench.latents import Gaussian
from ganbench.losses import LeastSquares, NonSaturating, RelativisticPairing, Wasserstein
from ganbench.playground.catalogue import Catalogue
from ganbench.playground.gradient import push_on_fakes
from ganbench.playground.messages import Start
from ganbench.playground.training import Training
from ganbench.training.phase import Context
from ganbench.utils.random_stream import RandomStream

W = torch.tensor([2.0, -1.0])


class Linear(nn.Module):
    """D(x) = w x."""

    def __init__(self) -> None:
        super().__init__()
        self.w = nn.Parameter(W.clone())

    def forward(self, x: Tensor) -> Tensor:
        return x @ self.w


def push(loss: Any, fakes: Tensor, real: Tensor) -> Tensor:
    networks = nn.ModuleDict({"D": Linear()})
    result = push_on_fakes(Adversarial(latent=Gaussian(2), loss=loss), networks, fakes, real)
    assert networks["D"].w.grad is None
    assert networks["D"].training
    assert result is not None
    return result


def test_closed_forms() -> None:
    fakes, real = torch.tensor([[0.5, 0.25], [-1.0, 3.0]]), torch.tensor([[1.0, 1.0], [0.0, 2.0]])
    scores = (fakes @ W)[:, None]
    gap = scores - (real @ W)[:, None]
    # -d softplus(-s)/dx = sigmoid(-s) w, and so on
    torch.testing.assert_close(push(NonSaturating(), fakes, real), torch.sigmoid(-scores) * W)
    torch.testing.assert_close(push(Wasserstein(), fakes, real), W.expand(2, 2))
    torch.testing.assert_close(push(RelativisticPairing(), fakes, real), torch.sigmoid(-gap) * W)
    direction = push(LeastSquares(), fakes, real) / ((1 - scores) * W)
    torch.testing.assert_close(direction, direction[0, 0].expand(2, 2))
    assert float(direction[0, 0]) > 0


@pytest.mark.parametrize("recipe", ["gan-ring8", "lsgan-ring8", "r3gan-ring8"])
def test_it_is_the_gradient_of_the_update_of_g(catalogue: Catalogue, recipe: str) -> None:
    """G's phase averages over the batch, so its gradient at each of N fakes is an N-th of the push."""
    training = Training(catalogue.build_recipe(Start(type="start", recipe=recipe, batch=8)), seed=3)
    training.advance(steps=2)
    trainer = training.trainer
    captured: list[Tensor] = []

    def capture(module: nn.Module, inputs: Any, output: Tensor) -> None:
        captured.append(output.detach())
        output.register_hook(captured.append)  # type: ignore[no-untyped-call]

    hook = trainer.networks["G"].register_forward_hook(capture)
    real = torch.rand(8, 2)
    context = Context(step=2, steps=9, update=2, batch_size=8, stream=RandomStream("x"))
    phase = next(phase for phase in trainer.phases if "G" in phase.updates)
    trainer.networks.requires_grad_(True)
    loss = sum(term.mean() for term in phase.loss(trainer.networks, Batch(real), context).values())
    assert isinstance(loss, Tensor)
    loss.backward()  # type: ignore[no-untyped-call]
    hook.remove()
    fakes, gradient = captured
    result = push_on_fakes(trainer.algorithm, trainer.networks, fakes, real)  # type: ignore[arg-type]
    assert result is not None
    torch.testing.assert_close(result, -8 * gradient)


def test_there_is_none_without_scores_of_single_points(catalogue: Catalogue) -> None:
    pairs = Training(catalogue.recipes["veegan-ring8"], seed=0)
    assert "no network that scores single samples" in pairs.view.hidden_reason
    fakes = torch.zeros(4, 2)
    assert push_on_fakes(pairs.trainer.algorithm, pairs.trainer.networks, fakes, fakes) is None  # type: ignore[arg-type]
    assert (pairs.frame().critic, pairs.frame().arrows) == (None, [])
    packs = Training(catalogue.recipes["pacgan-ring8"], seed=0).trainer
    with pytest.raises(UserError, match="packs of 2"):
        push_on_fakes(packs.algorithm, packs.networks, fakes, fakes)  # type: ignore[arg-type]
