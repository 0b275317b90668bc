from __future__ import annotations

import torch

from ganbench.losses import Hinge


def test_known_values() -> None:
    real, fake = torch.tensor([0.0, 1.0, 3.0, -1.0]), torch.tensor([0.0, -1.0, -3.0, 2.0])
    assert Hinge().discriminator(real, fake).tolist() == [2.0, 0.0, 0.0, 5.0]
    assert Hinge().generator(None, fake).tolist() == [0.0, 1.0, 3.0, -2.0]


def test_scores_beyond_the_margin_have_no_gradient() -> None:
    real, fake = torch.tensor([1.5], requires_grad=True), torch.tensor([-1.5], requires_grad=True)
    gradients = torch.autograd.grad(Hinge().discriminator(real, fake).sum(), (real, fake))
    assert [g.item() for g in gradients] == [0.0, 0.0]
