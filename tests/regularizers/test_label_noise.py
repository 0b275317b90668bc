from __future__ import annotations

import pytest
import torch
from tests.support.context import context
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits

from ganbench.data.base import Batch
from ganbench.errors import UserError
from ganbench.losses import NonSaturating
from ganbench.regularizers import LabelNoise

REAL, FAKE = Batch(torch.linspace(-3, 4, 1000)[:, None]), Batch(torch.linspace(2, -5, 1000)[:, None])


def score(x: Tensor, y: Tensor | None) -> Tensor:
    return x[:, 0]


def test_equals_the_cross_entropy_with_random_targets() -> None:
    term = LabelNoise(real=0.05, fake=0.04)(score, REAL, FAKE, context())
    loss = NonSaturating(real_target=0.95, fake_target=0.04).discriminator(REAL.x[:, 0], FAKE.x[:, 0]) + term
    stream = context().stream
    targets = stream.uniform(1000) * 0.1 + 0.9, stream.uniform(1000) * 0.08
    for target, low, high in ((targets[0], 0.9, 1.0), (targets[1], 0.0, 0.08)):
        assert low <= float(target.min()) < low + 0.01
        assert high - 0.01 < float(target.max()) <= high
    expected = sum(
        binary_cross_entropy_with_logits(batch.x[:, 0], target, reduction="none")
        for batch, target in zip((REAL, FAKE), targets, strict=True)
    )
    torch.testing.assert_close(loss, expected, rtol=1e-5, atol=1e-5)


def test_the_term_has_both_signs_and_mean_zero() -> None:
    ones = Batch(torch.ones(10_000, 1))
    term = LabelNoise(real=0.5, fake=0.0)(score, ones, ones, context())
    assert float(term.min()) == pytest.approx(-0.5, abs=0.01)
    assert float(term.max()) == pytest.approx(0.5, abs=0.01)
    assert float(term.mean()) == pytest.approx(0.0, abs=0.01)


@pytest.mark.parametrize("arguments", [{"real": -1.0}, {"fake": float("inf")}])
def test_invalid_arguments_are_refused(arguments: dict[str, float]) -> None:
    with pytest.raises(UserError, match=next(iter(arguments))):
        LabelNoise(**arguments)  # type: ignore[arg-type]
