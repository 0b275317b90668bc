"""Score how well samples made of representations show them: the cosine with what the encoder sees in the samples."""

from __future__ import annotations

import torch
from torch.nn.functional import cosine_similarity

from ganbench.algorithms.frozen_encoder import WithEncoder
from ganbench.data.base import Dataset
from ganbench.errors import UserError
from ganbench.inference.model import Model
from ganbench.metrics.record import reference_record, versions
from ganbench.metrics.score import Score
from ganbench.utils.random_stream import RandomStream

ITEMS = 2000


def consistency_scores(model: Model, items: Dataset, seed: int = 0) -> list[Score]:
    """Score the samples made of the representations of up to 2,000 held-out items, with noise by ``seed`` if any.

    The details have the same cosine with another item's representation: what samples get that heed nothing; and
    ``of_samples``, that of as many samples as they usually are, by what they are made of: of made representations too.

    Raises:
        UserError: the model's samples are made of no representations.
    """
    if not isinstance(model.algorithm, WithEncoder):
        raise UserError(
            "'consistency' needs samples made of representations; simsiam-gan-cifar10's and repgan-cifar10's are"
        )
    count = min(ITEMS, items.info.size)
    order = torch.randperm(items.info.size, generator=torch.Generator().manual_seed(0))[:count]
    pictures = items.items(order)
    made_of = model.encode(pictures)
    noise = getattr(model.algorithm, "noise", 0)
    made_of[:, :noise] = model.latent.draw(RandomStream(seed, "consistency"), count)[:, :noise]
    told, seen = (model.features(x)["f"] for x in (pictures, model.decode(made_of)))
    usual = model.draw(RandomStream(seed, "consistency of samples"), count)
    shown = model.features(model.decode(usual))["f"]
    asked = usual[:, noise : noise + shown.shape[1]]
    return [
        Score(
            name="consistency",
            value=float(cosine_similarity(told, seen).mean()),
            better="higher",
            details={
                "with_anothers": float(cosine_similarity(told.roll(1, 0), seen).mean()),
                "of_samples": float(cosine_similarity(asked, shown).mean()),
            },
            measured={
                "samples": count,
                "held_out": reference_record(items, count),
                "generator": {"step": model.step, "weights": model.weights},
                "seed": seed,
                "versions": versions("ganbench", "torch"),
            },
        )
    ]
