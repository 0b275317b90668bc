"""GANs on representations: losses in closed form, the frozen encoder, and the representations to sample from."""

from __future__ import annotations

import copy
import math
import textwrap
from pathlib import Path
from typing import Any

import pytest
import torch
from tests.support.context import context
from tests.support.frozen_encoder import SHAPE, Encoder, image_batch
from tests.support.training import SCHEDULE, tiny_recipe
from torch import nn

from ganbench.algorithms import Adversarial, SimSiamGAN
from ganbench.algorithms.frozen_encoder import represent, untrained_network_warnings
from ganbench.augment import ImageNoise
from ganbench.conditioning import VectorNorm
from ganbench.data.base import Batch
from ganbench.data.shapes import shapes
from ganbench.errors import UserError
from ganbench.evaluation.model_metrics.consistency import consistency_scores
from ganbench.experiment.build_trainer import make_trainer
from ganbench.inference.model import Model
from ganbench.latents import Gaussian, NoiseAndRepresentation
from ganbench.losses import Hinge, NonSaturating
from ganbench.networks import (
    MLPDiscriminator,
    MLPGenerator,
    Predictor,
    RepresentationGenerator,
    RepresentationReader,
    VectorMap,
)
from ganbench.recipes.registry import find_recipe
from ganbench.training.engine import Engine
from ganbench.training.phase import Context
from ganbench.training.schedule import Constant
from ganbench.utils.random_stream import RandomStream

LATENT = NoiseAndRepresentation(noise=3, representation=5)


def networks(prior: bool = False) -> nn.ModuleDict:
    torch.manual_seed(0)
    d = MLPDiscriminator(shape=SHAPE, width=8, depth=1)
    g = MLPGenerator(latent=7, shape=SHAPE, width=8, depth=1, norm="layer", conditioning=VectorNorm(size=5))
    modules = {
        "f": Encoder(),
        "G": g,
        "D": d,
        "Q": RepresentationReader(features=8, size=5, width=4),
        "T": VectorMap(inputs=5, outputs=4),
    }
    if prior:
        modules["P"] = RepresentationGenerator(latent=5, size=5, width=8, depth=1, norm="none")
        modules["C"] = MLPDiscriminator(shape=(5,), width=8, depth=1)
    return nn.ModuleDict(modules).train()


def simsiam_gan(**options: Any) -> SimSiamGAN:
    weights = {"discriminator_weight": Constant(0.5), "generator_weight": Constant(2.0)}
    return SimSiamGAN(latent=LATENT, loss=Hinge(), **{**weights, **options})


def with_prior(**options: Any) -> SimSiamGAN:
    return simsiam_gan(prior=Adversarial(latent=Gaussian(5), loss=NonSaturating()), **options)


def test_losses_are_cosines_with_the_representations_of_the_latents() -> None:
    nets, algorithm = networks(), simsiam_gan()
    r = represent(nets["f"], image_batch().x)
    latents = algorithm.draw_latents(nets, image_batch(), context())
    assert torch.equal(latents[:, 3:], r)
    fake = algorithm.sample(nets, latents)
    cosine = nn.functional.cosine_similarity
    predicted = [cosine(nets["Q"](nets["D"].discriminate(x).features), r) for x in (image_batch().x, fake)]
    terms = algorithm.discriminator_losses(nets, image_batch(), context())
    assert set(terms) == {"adversarial", "representation"}
    torch.testing.assert_close(terms["representation"], -0.5 * (predicted[0] + predicted[1]) / 2)
    terms = algorithm.generator_losses(nets, image_batch(), context())
    torch.testing.assert_close(terms["representation"], -0.5 * predicted[1])
    torch.testing.assert_close(terms["consistency"], -2.0 * terms["cosine"])
    torch.testing.assert_close(terms["cosine"], cosine(represent(nets["f"], fake), r).detach())


@pytest.mark.parametrize("weight", [0.0, 1.0])
def test_consistency_reaches_g_through_the_frozen_encoder(weight: float) -> None:
    nets, algorithm = networks(), simsiam_gan(generator_weight=Constant(weight))
    nets["f"].requires_grad_(False)
    before = {k: v.clone() for k, v in nets["f"].state_dict().items()}
    term = algorithm.generator_losses(nets, image_batch(), context())["consistency"]
    assert term.requires_grad == (weight > 0)
    if weight:
        term.mean().backward()
        for name in ("G", "T"):
            assert all(p.grad is not None and p.grad.abs().max() > 0 for p in nets[name].parameters()), name
        assert all(p.grad is None for p in nets["D"].parameters())
    assert all(torch.equal(v, nets["f"].state_dict()[k]) for k, v in before.items())
    assert not nets["f"].training


def test_noise_on_representations_is_relative_to_their_spread() -> None:
    nets, algorithm = networks(), simsiam_gan(representation_noise=0.5)
    latents = algorithm.draw_latents(nets, image_batch(), context())
    r, noise = represent(nets["f"], image_batch().x), LATENT.draw(context().stream, 4)
    noisy = (
        r + 0.5 / math.sqrt(5) * noise[:, 3:]
    )  # numbers of a vector of length 1 have this root mean square
    torch.testing.assert_close(latents[:, 3:], nn.functional.normalize(noisy))
    assert torch.equal(latents[:, :3], noise[:, :3])
    assert torch.equal(algorithm.encode(nets, image_batch().x)[:, 3:], r)
    with pytest.raises(UserError, match="representation_noise must be a finite number"):
        simsiam_gan(representation_noise=-0.1)


def test_d_sees_noisy_images_and_the_encoder_clean_ones() -> None:
    nets, noise = networks(), ImageNoise(0.3)
    clean, noisy = simsiam_gan(), simsiam_gan(augmentation=noise)
    stream = context().stream
    fake = noisy.sample(nets, noisy.draw_latents(nets, image_batch(), Context(0, 10, 0, 4, stream)))
    score = nets["D"](noise(fake, stream))
    terms = noisy.generator_losses(nets, image_batch(), context())
    torch.testing.assert_close(terms["adversarial"], -score)
    torch.testing.assert_close(
        terms["cosine"], clean.generator_losses(nets, image_batch(), context())["cosine"]
    )


def test_g_can_be_updated_on_the_fakes_that_d_has_seen() -> None:
    nets, algorithm = networks(), simsiam_gan(reuse_fakes=True)
    d, g = algorithm.phases()
    assert (d.updates, d.keep_graph_for, d.reads_data) == (("D", "Q"), ("G", "T"), True)
    assert (g.updates, g.reads_data) == (("G", "T"), False)
    d.loss(nets, image_batch(), context("d"))
    terms = g.loss(nets, None, context("g"))
    expected = simsiam_gan().generator_losses(nets, image_batch(), context("d"))
    for name, term in expected.items():
        torch.testing.assert_close(terms[name], term)
    sum(term.mean() for term in terms.values()).backward()  # type: ignore[union-attr]
    for name in ("G", "T"):
        assert all(p.grad is not None and p.grad.abs().max() > 0 for p in nets[name].parameters()), name


def test_the_prior_is_a_gan_of_representations() -> None:
    nets, algorithm = networks(prior=True), with_prior()
    names = [(p.name, p.updates, p.reads_data) for p in algorithm.phases()]
    assert names == [
        ("D", ("D", "Q"), True),
        ("G", ("G", "T"), True),
        ("C", ("C",), True),
        ("P", ("P",), False),
    ]
    c, p = algorithm.phases()[2:]
    score = nets["C"](represent(nets["f"], image_batch().x))
    z = Gaussian(5).draw(context().stream, 4)
    fake = nets["C"](nets["P"](z))
    torch.testing.assert_close(
        c.loss(nets, image_batch(), context())["adversarial"],
        nn.functional.softplus(-score) + nn.functional.softplus(fake),
    )
    torch.testing.assert_close(p.loss(nets, None, context())["adversarial"], nn.functional.softplus(-fake))
    assert algorithm.averaged == ("G", "T", "P")
    with pytest.raises(UserError, match="needs the networks P and C"):
        algorithm.check_networks(networks())


def test_samples_start_from_images_random_directions_or_generated_representations() -> None:
    nets, algorithm = networks(prior=True).eval(), with_prior()
    latents = LATENT.draw(RandomStream("start"), 4)
    assert algorithm.needs_real_inputs
    prepared = algorithm.prepare_latents(nets, latents, image_batch().x)
    assert torch.equal(prepared, torch.cat([latents[:, :3], represent(nets["f"], image_batch().x)], 1))
    algorithm.choose_sampling("normal")
    assert not algorithm.needs_real_inputs
    normal = algorithm.prepare_latents(nets, latents, None)
    torch.testing.assert_close(normal[:, 3:], nn.functional.normalize(latents[:, 3:]))
    algorithm.choose_sampling("uniform")
    uniform = nn.functional.normalize(torch.erf(latents[:, 3:] / math.sqrt(2)))
    torch.testing.assert_close(algorithm.prepare_latents(nets, latents, None)[:, 3:], uniform)
    algorithm.choose_sampling("learned")
    learned = algorithm.prepare_latents(nets, latents, None)
    torch.testing.assert_close(learned[:, 3:], nets["P"](latents[:, 3:]))
    longer_representations = torch.cat([learned[:, :3], 7 * learned[:, 3:]], 1)
    torch.testing.assert_close(
        algorithm.sample(nets, longer_representations), algorithm.sample(nets, learned)
    )
    scaled = learned[:, 3:] * math.sqrt(5)
    by_hand = nets["G"](torch.cat([nets["T"](scaled), learned[:, :3]], 1), scaled)
    torch.testing.assert_close(algorithm.sample(nets, learned), by_hand)


@pytest.mark.parametrize("sampling", ["lerp", "slerp"])
def test_samples_start_between_two_images(sampling: str) -> None:
    nets, algorithm = networks().eval(), simsiam_gan(sampling=sampling)
    latents = LATENT.draw(RandomStream("start"), 2)
    latents[:, 3] = torch.tensor([-9.0, 0.0])  # at the first image, and half-way
    items = image_batch().x.unflatten(0, (2, algorithm.inputs_per_sample))
    r = algorithm.prepare_latents(nets, latents, items)[:, 3:]
    start, end = (represent(nets["f"], items[:, i]) for i in (0, 1))
    torch.testing.assert_close(r[0], start[0])
    torch.testing.assert_close(r[1], nn.functional.normalize(start[1] + end[1], dim=0))


def test_invalid_options_are_refused() -> None:
    with pytest.raises(UserError, match="did you mean 'normal'"):
        simsiam_gan(sampling="normals")
    with pytest.raises(UserError, match=r"needs a run with algorithm\.prior"):
        simsiam_gan(sampling="learned")
    with pytest.raises(UserError, match="set latent to NoiseAndRepresentation"):
        SimSiamGAN(latent=Gaussian(8), loss=Hinge())  # type: ignore[arg-type]
    nets = networks()
    nets["D"] = Predictor(size=6)
    with pytest.raises(UserError, match="provides no features"):
        simsiam_gan().check_networks(nets)
    untrained = Encoder()
    untrained.weights = ""
    assert "is frozen and untrained" in next(iter(untrained_network_warnings("f", untrained)))
    assert not list(untrained_network_warnings("f", Encoder()))


@pytest.mark.parametrize("name", ["simsiam-gan-cifar10", "repgan-cifar10"])
def test_a_recipe_never_changes_its_encoder_and_encodes_and_reconstructs(name: str) -> None:
    recipe, data = tiny_recipe(name, {"schedule.steps": 2}), shapes(40)
    trainer = make_trainer(recipe, data, Engine(recipe.machine), 0)
    before = {k: v.clone() for k, v in trainer.networks["f"].state_dict().items()}
    trainer.train()
    assert all(torch.equal(v, trainer.networks["f"].state_dict()[k]) for k, v in before.items())
    algorithm: Any = trainer.algorithm
    model = Model(
        algorithm, trainer.sampling_networks(), recipe.latent(), data.info, 2, real_data=lambda: data
    )
    items = data.items(torch.arange(3))
    assert model.reconstruct(items).shape == items.shape
    assert model.sample(4).shape == (4, *data.info.shape)
    assert torch.equal(model.decode(model.encode(items)), model.reconstruct(items))
    (score,) = consistency_scores(model, data)
    everything = data.items(torch.arange(40))
    encoded, of_reconstructions = (
        model.features(x)["f"] for x in (everything, model.reconstruct(everything))
    )
    without_noise = float(nn.functional.cosine_similarity(encoded, of_reconstructions).mean())
    assert score.measured["samples"] == 40
    assert (score.value == pytest.approx(without_noise, abs=1e-5)) == (name == "repgan-cifar10")
    latents = model.draw_latents(RandomStream(0, "consistency of samples"), 40)
    features = model.features(model.decode(latents))["f"]
    of_samples = float(nn.functional.cosine_similarity(latents[:, -features.shape[1] :], features).mean())
    assert score.details["of_samples"] == pytest.approx(of_samples, abs=1e-5)
    assert of_samples != pytest.approx(score.value, abs=1e-6)
    assert -1 <= score.value <= 1


def test_a_recipe_file_can_replace_the_networks(tmp_path: Path) -> None:
    path = tmp_path / "residual.yaml"
    docs = (Path(__file__).parents[2] / "docs/encoders.md").read_text()
    path.write_text(textwrap.dedent(docs.split("```yaml\n")[1].split("  ```")[0]))
    recipe = find_recipe(str(path), "laptop").override(
        {**SCHEDULE, "schedule.steps": 1, "data": "shapes", "data.size": 40}
    )
    trainer = make_trainer(recipe, shapes(40), Engine(recipe.machine), 0)
    before = {name: copy.deepcopy(trainer.networks[name].state_dict()) for name in ("G", "T", "D", "Q", "f")}
    trainer.train()
    updated = {
        name
        for name, state in before.items()
        if any(not torch.equal(v, trainer.networks[name].state_dict()[k]) for k, v in state.items())
    }
    assert {"G", "D", "T"} <= updated
    assert "f" not in updated
    assert type(trainer.networks["G"]).__name__ == "ResNetGenerator"
    assert type(trainer.networks["D"]).__name__ == "ResNetDiscriminator"


def test_a_gan_of_representations_with_the_recipes_penalty_covers_most_modes() -> None:
    penalties = find_recipe("repgan-cifar10", "laptop").algorithm.kwargs["regularizers"]
    prior = find_recipe("simsiam-gan-cifar10", "laptop").algorithm.kwargs["prior"]
    assert prior.kwargs["regularizers"] == penalties
    latent = Gaussian(16)
    gan = Adversarial(latent=latent, loss=NonSaturating(), regularizers=[penalty() for penalty in penalties])
    torch.manual_seed(0)
    nets = nn.ModuleDict(
        {
            "G": RepresentationGenerator(latent=16, size=64, width=64),
            "D": MLPDiscriminator(shape=(64,), width=64, depth=2),
        }
    ).train()
    modes = nn.functional.normalize(torch.randn(20, 64))
    adam = {k: torch.optim.Adam(nets[k].parameters(), 5e-4, betas=(0.5, 0.999), fused=True) for k in "DG"}
    for step in range(1000):
        points = modes[torch.randint(20, (64,))] + 0.05 * torch.randn(64, 64)
        real = Batch(nn.functional.normalize(points))
        for name, losses in (("D", gan.discriminator_losses), ("G", gan.generator_losses)):
            for parameter in nets["D"].parameters():
                parameter.requires_grad = name == "D"
            adam[name].zero_grad()
            ctx = context(step, step=step, rows=64)
            torch.stack([loss.mean() for loss in losses(nets, real, ctx).values()]).sum().backward()
            adam[name].step()
    nets.eval()
    with torch.no_grad():
        nearest = (nets["G"](latent.draw(RandomStream("found"), 2000)) @ modes.T).argmax(1)
    assert (
        torch.bincount(nearest, minlength=20) > 20
    ).sum() >= 13  # 100 of each, if all are equally frequent
