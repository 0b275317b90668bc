"""Score whether samples keep the representation they are conditioned on, by the cosine after encoding them again."""

from __future__ import annotations

import torch
from torch.nn.functional import cosine_similarity

from ganbench.algorithms.frozen_encoder import FrozenEncoderGAN
from ganbench.data.base import Dataset
from ganbench.errors import UserError
from ganbench.inference.model import Model
from ganbench.metrics.record import reference_record, versions
from ganbench.metrics.score import Score
from ganbench.utils.random_stream import RandomStream

ITEMS = 2000


def consistency_scores(model: Model, items: Dataset, seed: int = 0) -> list[Score]:
    """Score samples that are conditioned on the representations of up to 2,000 held-out items.

    The value is the mean cosine between the representation of an item and that of the sample generated from it; the
    noise, if any, is drawn for ``seed``. Two details put it in proportion: ``with_anothers`` is the cosine with another
    item's representation, which a generator that ignores its condition also reaches; ``of_samples`` is the cosine for
    representations drawn as usual, generated ones included.

    Raises:
        UserError: the model is not conditioned on representations.
    """
    if not isinstance(model.algorithm, FrozenEncoderGAN):
        raise UserError(
            "'consistency' needs a model that is conditioned on representations, such as "
            "simsiam-gan-cifar10 or repgan-cifar10"
        )
    count = min(ITEMS, items.info.size)
    order = torch.randperm(items.info.size, generator=torch.Generator().manual_seed(0))[:count]
    images = items.items(order)
    latents = model.encode(images)
    noise = model.algorithm.noise
    latents[:, :noise] = model.latent.draw(RandomStream(seed, "consistency"), count)[:, :noise]
    image_features, reconstruction_features = (
        model.features(x)["f"] for x in (images, model.decode(latents))
    )
    sample_latents = model.draw_latents(RandomStream(seed, "consistency of samples"), count)
    sample_features = model.features(model.decode(sample_latents))["f"]
    conditions = sample_latents[:, noise : noise + sample_features.shape[1]]
    return [
        Score(
            name="consistency",
            value=float(cosine_similarity(image_features, reconstruction_features).mean()),
            better="higher",
            details={
                "with_anothers": float(
                    cosine_similarity(image_features.roll(1, 0), reconstruction_features).mean()
                ),
                "of_samples": float(cosine_similarity(conditions, sample_features).mean()),
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
