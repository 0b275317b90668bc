"""Codes for G and D, images for users, and a frozen autoencoder between them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from tests.support.training import tiny_recipe

from ganbench.algorithms import LatentGAN
from ganbench.algorithms.capabilities import Encodes, Reconstructs
from ganbench.data.base import Batch
from ganbench.errors import UserError
from ganbench.experiment.train import train
from ganbench.inference.build import assemble, make_dataset
from ganbench.inference.load import load
from ganbench.latents import Gaussian
from ganbench.losses import NonSaturating
from ganbench.training.phase import Context
from ganbench.utils.random_stream import RandomStream

SIZE = 1024  # of the recipes' codes


def algorithm(**settings: Any) -> LatentGAN:
    return LatentGAN(latent=Gaussian(3), loss=NonSaturating(), **{"code_size": SIZE, **settings})


def networks(**encoder: Any) -> torch.nn.ModuleDict:
    """G and the decoder multiply and crop, so that every result has a closed form."""

    class Encoder(torch.nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return x.flatten(1)[:, :8] * 2

    class Decoder(torch.nn.Module):
        def forward(self, z: torch.Tensor) -> torch.Tensor:
            return torch.cat([z / 2, z.new_zeros(len(z), 24)], 1).reshape(-1, 2, 4, 4)

    class Generator(torch.nn.Module):
        def forward(self, z: torch.Tensor) -> torch.Tensor:
            return z[:, :1].expand(-1, 8).reshape(-1, 8, 1, 1)

    class Critic(torch.nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            assert x.shape[1:] == (8, 1, 1)
            return x.sum((1, 2, 3))

    return torch.nn.ModuleDict({"G": Generator(), "D": Critic(), "encoder": Encoder(), "decoder": Decoder()})


def test_d_compares_codes_and_samples_are_decoded() -> None:
    small, nets = algorithm(code_size=8), networks()
    x = RandomStream("images").normal(5, 2, 4, 4)
    context = Context(0, 10, 0, 5, RandomStream("update"))
    losses = small.discriminator_losses(nets, Batch(x), context)
    z = Gaussian(3).draw(RandomStream("update"), 5)
    real, fake = 2 * x.flatten(1)[:, :8].sum(1), 8 * z[:, 0]
    torch.testing.assert_close(losses["adversarial"], NonSaturating().discriminator(real, fake))
    samples = small.sample(nets, z)
    assert samples.shape == x.shape
    torch.testing.assert_close(samples.flatten(1)[:, :8], z[:, :1].expand(-1, 8) / 2)
    torch.testing.assert_close(small.reconstruct(nets, x).flatten(1)[:, :8], x.flatten(1)[:, :8])
    torch.testing.assert_close(small.scores(nets, x), real)


def test_it_reconstructs_but_does_not_encode_to_its_latents() -> None:
    assert isinstance(algorithm(), Reconstructs)
    assert not isinstance(algorithm(), Encodes)


def test_shapes_of_networks() -> None:
    assert algorithm().shape_of("G", (3, 64, 64)) == algorithm().shape_of("D", (3, 64, 64)) == (4, 16, 16)
    assert algorithm().shape_of("decoder", (3, 64, 64)) == (3, 64, 64)
    with pytest.raises(UserError, match="LatentGAN: a code of 1000 numbers does not fit its 16 x 16"):
        algorithm(code_size=1000).shape_of("G", (3, 64, 64))
    with pytest.raises(UserError, match="LatentGAN needs images whose sides are multiples of 4"):
        algorithm().shape_of("G", (3, 30, 30))
    with pytest.raises(UserError, match="LatentGAN needs images"):
        algorithm().shape_of("G", (2,))


def test_a_run_has_its_autoencoder_from_another_and_leaves_it_unchanged(tmp_path: Path) -> None:
    train(tiny_recipe("autoencoder-imagenette64"), out=tmp_path / "codes", seed=0)
    weights = {f"networks.{name}.weights": str(tmp_path / "codes") for name in ("encoder", "decoder")}
    recipe = tiny_recipe("latentgan-imagenette64", weights)
    train(recipe, out=tmp_path / "run", seed=0)
    source, model = load(tmp_path / "codes", weights="live"), load(tmp_path / "run")
    for name, trained in (("encoder", "E"), ("decoder", "G")):
        for key, value in source.networks[trained].state_dict().items():
            assert torch.equal(model.networks[name].state_dict()[key], value), f"{name}.{key}"
    assert model.sample(4).shape == (4, 3, 32, 32)


def test_an_untrained_autoencoder_causes_a_warning() -> None:
    recipe = tiny_recipe("latentgan-imagenette64")
    parts = assemble(recipe, make_dataset(recipe).info, seed=0)
    warnings = list(parts.algorithm.compatibility_warnings(parts.networks))
    assert any("networks.encoder is frozen and untrained" in text for text in warnings)
    assert any("networks.decoder.weights=RUN" in text for text in warnings)
