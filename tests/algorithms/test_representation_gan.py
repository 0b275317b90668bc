"""The GAN of representations: the losses of its decoder in closed form, its context and its GAN on images."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch
from tests.support.context import context
from tests.support.frozen_encoder import SHAPE, Encoder, image_batch
from torch import Tensor, nn

from ganbench.algorithms import Adversarial, RepresentationGAN
from ganbench.algorithms.frozen_encoder import represent
from ganbench.errors import UserError
from ganbench.latents import Gaussian
from ganbench.losses import Hinge, NonSaturating
from ganbench.networks import MLPDiscriminator, RepresentationGenerator
from ganbench.regularizers import LeCam, WeightClip


class Decoder(nn.Module):
    """An image whose pixels all depend on all numbers of its code."""

    def __init__(self, size: int = 5) -> None:
        super().__init__()
        self.layer = nn.Linear(size, math.prod(SHAPE))

    def forward(self, code: Tensor) -> Tensor:
        return torch.tanh(self.layer(code)).reshape(-1, *SHAPE)


def networks(with_context: bool = False, critic: bool = False) -> nn.ModuleDict:
    torch.manual_seed(0)
    nets: dict[str, nn.Module] = {
        "f": Encoder(),
        "G": RepresentationGenerator(latent=4, size=5, width=8, depth=1, norm="none"),
        "D": MLPDiscriminator(shape=(5,), width=8, depth=1),
        "A": Decoder(7 if with_context else 5),
    }
    if with_context:
        nets["K"] = nn.Sequential(nn.Flatten(), nn.Linear(6, 2))
    if critic:
        nets["C"] = MLPDiscriminator(shape=SHAPE, width=8, depth=1)
    return nn.ModuleDict(nets).train()


def representation_gan(**options: Any) -> RepresentationGAN:
    return RepresentationGAN(latent=Gaussian(4), loss=NonSaturating(), **options)


def image_gan(**options: Any) -> Adversarial:
    return Adversarial(latent=Gaussian(4), loss=Hinge(), **options)


def test_the_decoder_minimizes_the_pixel_error_and_the_angle_to_the_representation() -> None:
    nets, x = networks(), image_batch().x
    algorithm = representation_gan(pixel_weight=2.0, consistency_weight=3.0)
    terms = algorithm.decoder_losses(nets, image_batch(), context())
    assert set(terms) == {"pixels", "consistency"}
    r = represent(nets["f"], x)
    decoded = nets["A"](r * math.sqrt(5))
    torch.testing.assert_close(terms["pixels"], 2 * (decoded - x).square().flatten(1).mean(1))
    cosine = nn.functional.cosine_similarity(represent(nets["f"], decoded), r)
    torch.testing.assert_close(terms["consistency"], 3 * (1 - cosine))


def test_a_context_network_is_trained_with_the_decoder_and_takes_part_in_encoding() -> None:
    nets, x = networks(with_context=True), image_batch().x
    algorithm = representation_gan(context=True)
    assert algorithm.phases()[2].updates == ("A", "K")
    assert algorithm.needs_real_inputs
    r = represent(nets["f"], x)
    torch.testing.assert_close(algorithm.encode(nets, x), torch.cat([r, nets["K"](x)], 1))
    z = Gaussian(4).draw(context().stream, 4)
    prepared = algorithm.prepare_latents(nets, z, x)
    torch.testing.assert_close(prepared, torch.cat([nets["G"](z), nets["K"](x)], 1))
    assert algorithm.latent_sizes(nets, 7) == [5, 2]


def test_decoder_steps_repeat_the_decoders_phase() -> None:
    assert [p.repeats for p in representation_gan(decoder_steps=4, critic_steps=3).phases()] == [3, 1, 4]


@pytest.mark.parametrize("with_context", [False, True])
def test_the_gan_on_images_compares_samples_with_real_images(with_context: bool) -> None:
    nets, x = networks(with_context, critic=True), image_batch().x
    algorithm = representation_gan(image_gan=image_gan(), context=with_context)
    *_, c, a = algorithm.phases()
    assert (c.name, c.updates, c.repeats, c.keep_graph_for) == ("C", ("C",), 1, ())
    z = Gaussian(4).draw(context().stream, 4)
    parts = [nets["G"](z) * math.sqrt(5), *([nets["K"](x)] if with_context else [])]
    real, fake = nets["C"](x), nets["C"](nets["A"](torch.cat(parts, 1)))
    terms = c.loss(nets, image_batch(), context())
    torch.testing.assert_close(terms["adversarial"], (1 - real).relu() + (1 + fake).relu())
    terms = a.loss(nets, image_batch(), context())
    assert set(terms) == {"pixels", "consistency", "adversarial"}
    torch.testing.assert_close(terms["adversarial"], -fake)


def test_the_decoder_can_reuse_the_critics_samples() -> None:
    nets = networks(critic=True)
    algorithm = representation_gan(image_gan=image_gan(reuse_fakes=True))
    *_, c, a = algorithm.phases()
    assert c.keep_graph_for == ("A",)
    z = Gaussian(4).draw(context("critic").stream, 4)
    c.loss(nets, image_batch(), context("critic"))
    terms = a.loss(nets, image_batch(), context("decoder"))
    torch.testing.assert_close(terms["adversarial"], -nets["C"](nets["A"](nets["G"](z) * math.sqrt(5))))
    terms["adversarial"].mean().backward()
    assert nets["A"].layer.weight.grad is not None


def test_the_image_gans_state_is_saved_and_its_constraints_act_on_the_critic() -> None:
    gan = image_gan(regularizers=(LeCam(),), constraints=(WeightClip(0.01),))
    algorithm = representation_gan(image_gan=gan)
    assert any(key.endswith("anchors") for key in algorithm.state_dict())
    nets = networks(critic=True)
    *_, c, _ = algorithm.phases()
    assert c.post_step is not None
    c.post_step(nets)
    assert max(p.abs().max().item() for p in nets["C"].parameters()) <= 0.01
    assert max(p.abs().max().item() for p in nets["D"].parameters()) > 0.01


def test_invalid_options_are_refused() -> None:
    with pytest.raises(UserError, match=r"algorithm\.context=true needs a network K.*set both or neither"):
        representation_gan(context=True).check_networks(networks())
    with pytest.raises(UserError, match=r"algorithm\.image_gan needs a network C.*set both or neither"):
        representation_gan().check_networks(networks(critic=True))
    with pytest.raises(UserError, match="pixel_weight must be a finite number"):
        representation_gan(pixel_weight=-1.0)
    with pytest.raises(UserError, match=r"algorithm\.decoder_steps must be at least 1, not 0"):
        representation_gan(decoder_steps=0)
    with pytest.raises(UserError, match=r"reuse_fakes needs algorithm\.decoder_steps=1, not 2"):
        representation_gan(decoder_steps=2, image_gan=image_gan(reuse_fakes=True))
