from __future__ import annotations

import torch

from ganbench.losses import Wasserstein


def test_known_values() -> None:
    real, fake = torch.tensor([0.0, 3.0]), torch.tensor([0.0, -2.0])
    assert Wasserstein().discriminator(real, fake).tolist() == [0.0, -5.0]
    assert Wasserstein().generator(None, fake).tolist() == [0.0, 2.0]


def test_the_critic_loss_ignores_a_shift_of_all_scores() -> None:
    real, fake = torch.tensor([1.5, -4.0]), torch.tensor([0.25, 2.0])
    assert torch.equal(
        Wasserstein().discriminator(real + 8, fake + 8), Wasserstein().discriminator(real, fake)
    )
