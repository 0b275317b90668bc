# %% [markdown]
# # A loss of your own
#
# A loss maps D's raw scores to one number per sample, for D and for G. Here D's hinge has a margin of its own.

# %% tags=["parameters"]
steps = 1000

# %%
from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

import ganbench


@dataclass(frozen=True)
class MarginHinge:
    """The hinge loss with another margin than 1."""

    margin: float = 0.5
    generator_needs_real: ClassVar[bool] = False

    def discriminator(self, real: Tensor, fake: Tensor) -> Tensor:
        return (self.margin - real).relu() + (self.margin + fake).relu()

    def generator(self, real: Tensor | None, fake: Tensor) -> Tensor:
        return -fake


# %% [markdown]
# The loss goes into a recipe by an override. The recipe checks its arguments, and the run records it.

# %%
run = ganbench.train(
    "gan-r1-ring8",
    budget="laptop",
    out="runs/own-loss",
    overrides={"algorithm.loss": MarginHinge(margin=0.2), "schedule.steps": steps},
)
run.recipe().algorithm.kwargs["loss"]

# %%
(score,) = ganbench.evaluate(run)
score.value

# %% [markdown]
# Networks, regularizers, data sets and metrics work in the same way: see `docs/extending.md`.
