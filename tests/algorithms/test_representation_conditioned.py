"""GANs on representations: terms in closed form, an encoder that stands still, and ways to start samples."""

from __future__ import annotations

import copy
import math
import textwrap
from pathlib import Path
from typing import Any

import pytest
import torch
from tests.support.context import context
from tests.support.training import SCHEDULE, tiny_recipe
from torch import Tensor, nn

from ganbench.algorithms import Adversarial, RepresentationGAN, SimSiamGAN
from ganbench.algorithms.frozen_encoder import represent, warnings_of_encoder
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
from ganbench.training.schedule import Constant
from ganbench.utils.random_stream import RandomStream

LATENT = NoiseAndRepresentation(noise=3, representation=5)
SHAPE = (1, 2, 3)


class Encoder(nn.Module):
    """A linear map with batch norm, so that it can be seen which mode it is in."""

    size, weights = 5, "given"

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(nn.Flatten(), nn.Linear(6, 5), nn.BatchNorm1d(5))

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.layers(x)
        return out


def networks(prior: bool = False) -> nn.ModuleDict:
    torch.manual_seed(0)
    d = MLPDiscriminator(shape=SHAPE, width=8, depth=1)
    g = MLPGenerator(latent=7, shape=SHAPE, width=8, depth=1, norm="layer", conditioning=VectorNorm(size=5))
    made = {
        "f": Encoder(),
        "G": g,
        "D": d,
        "Q": RepresentationReader(features=8, size=5, width=4),
        "T": VectorMap(inputs=5, outputs=4),
    }
    if prior:
        made["P"] = RepresentationGenerator(latent=5, size=5, width=8, depth=1, norm="none")
        made["C"] = MLPDiscriminator(shape=(5,), width=8, depth=1)
    return nn.ModuleDict(made).train()


def batch() -> Batch:
    return Batch(torch.rand(4, *SHAPE, generator=torch.Generator().manual_seed(1)) * 2 - 1)


def simsiam_gan(**chosen: Any) -> SimSiamGAN:
    weights = {"discriminator_weight": Constant(0.5), "generator_weight": Constant(2.0)}
    return SimSiamGAN(latent=LATENT, loss=Hinge(), **{**weights, **chosen})


def with_prior(**chosen: Any) -> SimSiamGAN:
    return simsiam_gan(prior=Adversarial(latent=Gaussian(5), loss=NonSaturating()), **chosen)


def test_the_terms_are_cosines_with_the_representations_that_fakes_are_made_of() -> None:
    made, algorithm = networks(), simsiam_gan()
    r = represent(made["f"], batch().x)
    latents = algorithm.latents(made, batch(), context())
    assert torch.equal(latents[:, 3:], r)
    fake = algorithm.sample(made, latents)
    cosine = nn.functional.cosine_similarity
    read = [cosine(made["Q"](made["D"].discriminate(x).features), r) for x in (batch().x, fake)]
    terms = algorithm.discriminator_losses(made, batch(), context())
    assert set(terms) == {"adversarial", "representation"}
    torch.testing.assert_close(terms["representation"], -0.5 * (read[0] + read[1]) / 2)
    terms = algorithm.generator_losses(made, batch(), context())
    torch.testing.assert_close(terms["representation"], -0.5 * read[1])
    torch.testing.assert_close(terms["consistency"], -2.0 * terms["cosine"])
    torch.testing.assert_close(terms["cosine"], cosine(represent(made["f"], fake), r).detach())


@pytest.mark.parametrize("weight", [0.0, 1.0])
def test_consistency_reaches_g_through_the_encoder_which_stands_still(weight: float) -> None:
    made, algorithm = networks(), simsiam_gan(generator_weight=Constant(weight))
    made["f"].requires_grad_(False)
    before = {k: v.clone() for k, v in made["f"].state_dict().items()}
    term = algorithm.generator_losses(made, batch(), context())["consistency"]
    assert term.requires_grad == (weight > 0)
    if weight:
        term.mean().backward()
        for name in ("G", "T"):
            assert all(p.grad is not None and p.grad.abs().max() > 0 for p in made[name].parameters()), name
        assert all(p.grad is None for p in made["D"].parameters())
    assert all(torch.equal(v, made["f"].state_dict()[k]) for k, v in before.items())
    assert not made["f"].training


def test_the_prior_is_a_gan_of_representations() -> None:
    made, algorithm = networks(prior=True), with_prior()
    names = [(p.name, p.updates, p.reads_data) for p in algorithm.phases()]
    assert names == [
        ("D", ("D", "Q"), True),
        ("G", ("G", "T"), True),
        ("C", ("C",), True),
        ("P", ("P",), False),
    ]
    c, p = algorithm.phases()[2:]
    score = made["C"](represent(made["f"], batch().x))
    z = Gaussian(5).draw(context().draws, 4)
    fake = made["C"](made["P"](z))
    torch.testing.assert_close(
        c.loss(made, batch(), context())["adversarial"],
        nn.functional.softplus(-score) + nn.functional.softplus(fake),
    )
    torch.testing.assert_close(p.loss(made, None, context())["adversarial"], nn.functional.softplus(-fake))
    assert algorithm.averaged == ("G", "T", "P")
    with pytest.raises(UserError, match="needs the networks P and C"):
        algorithm.check_networks(networks())


def test_samples_start_from_pictures_random_directions_or_made_representations() -> None:
    made, algorithm = networks(prior=True).eval(), with_prior()
    drawn = LATENT.draw(RandomStream("start"), 4)
    assert algorithm.needs_real_inputs
    started = algorithm.prepare_latents(made, drawn, batch().x)
    assert torch.equal(started, torch.cat([drawn[:, :3], represent(made["f"], batch().x)], 1))
    algorithm.sample_by("normal")
    assert not algorithm.needs_real_inputs
    straight = algorithm.prepare_latents(made, drawn, None)
    torch.testing.assert_close(straight[:, 3:], nn.functional.normalize(drawn[:, 3:]))
    algorithm.sample_by("uniform")
    even = nn.functional.normalize(torch.erf(drawn[:, 3:] / math.sqrt(2)))
    torch.testing.assert_close(algorithm.prepare_latents(made, drawn, None)[:, 3:], even)
    algorithm.sample_by("learned")
    learned = algorithm.prepare_latents(made, drawn, None)
    torch.testing.assert_close(learned[:, 3:], made["P"](drawn[:, 3:]))
    longer = torch.cat([learned[:, :3], 7 * learned[:, 3:]], 1)
    torch.testing.assert_close(algorithm.sample(made, longer), algorithm.sample(made, learned))
    told = learned[:, 3:] * math.sqrt(5)
    by_hand = made["G"](torch.cat([made["T"](told), learned[:, :3]], 1), told)
    torch.testing.assert_close(algorithm.sample(made, learned), by_hand)


@pytest.mark.parametrize("sampling", ["lerp", "slerp"])
def test_samples_start_between_two_pictures_at_an_even_share_of_the_way(sampling: str) -> None:
    made, algorithm = networks().eval(), simsiam_gan(sampling=sampling)
    drawn = LATENT.draw(RandomStream("start"), 2)
    drawn[:, 3] = torch.tensor([-9.0, 0.0])  # from the first picture, and half-way
    items = batch().x.unflatten(0, (2, algorithm.inputs_per_sample))
    r = algorithm.prepare_latents(made, drawn, items)[:, 3:]
    start, end = (represent(made["f"], items[:, i]) for i in (0, 1))
    torch.testing.assert_close(r[0], start[0])
    torch.testing.assert_close(r[1], nn.functional.normalize(start[1] + end[1], dim=0))


def test_what_cannot_be_is_refused() -> None:
    with pytest.raises(UserError, match="did you mean 'normal'"):
        simsiam_gan(sampling="normals")
    with pytest.raises(UserError, match=r"needs a run with algorithm\.prior"):
        simsiam_gan(sampling="learned")
    with pytest.raises(UserError, match="set latent to NoiseAndRepresentation"):
        SimSiamGAN(latent=Gaussian(8), loss=Hinge())  # type: ignore[arg-type]
    made = networks()
    made["D"] = Predictor(size=6)
    with pytest.raises(UserError, match="shows no features"):
        simsiam_gan().check_networks(made)
    untrained = Encoder()
    untrained.weights = ""
    assert "has its first weights" in next(iter(warnings_of_encoder(untrained)))
    assert not list(warnings_of_encoder(Encoder()))


@pytest.mark.parametrize("name", ["simsiam-gan-cifar10", "repgan-cifar10"])
def test_a_recipe_leaves_its_encoder_as_it_is_bit_for_bit_and_encodes_and_makes_again(name: str) -> None:
    recipe, data = tiny_recipe(name, {"schedule.steps": 2}), shapes(40)
    trainer = make_trainer(recipe, data, Engine(recipe.machine), 0)
    before = {k: v.clone() for k, v in trainer.networks["f"].state_dict().items()}
    trainer.train()
    assert all(torch.equal(v, trainer.networks["f"].state_dict()[k]) for k, v in before.items())
    algorithm: Any = trainer.algorithm
    model = Model(algorithm, trainer.sampling_networks(), recipe.latent(), data.info, 2, real_data=lambda: data)
    items = data.items(torch.arange(3))
    assert model.reconstruct(items).shape == items.shape
    assert model.sample(4).shape == (4, *data.info.shape)
    assert torch.equal(model.decode(model.encode(items)), model.reconstruct(items))
    (score,) = consistency_scores(model, data)
    everything = data.items(torch.arange(40))
    told, seen = (model.features(x)["f"] for x in (everything, model.reconstruct(everything)))
    without_noise = float(nn.functional.cosine_similarity(told, seen).mean())
    assert score.measured["samples"] == 40
    assert (score.value == pytest.approx(without_noise, abs=1e-5)) == (name == "repgan-cifar10")
    usual = model.draw_latents(RandomStream(0, "consistency of samples"), 40)
    shown = model.features(model.decode(usual))["f"]
    of_samples = float(nn.functional.cosine_similarity(usual[:, -shown.shape[1] :], shown).mean())
    assert score.details["of_samples"] == pytest.approx(of_samples, abs=1e-5)
    assert of_samples != pytest.approx(score.value, abs=1e-6)
    assert -1 <= score.value <= 1


def test_residual_networks_of_a_file_take_the_place_of_the_convolutional_ones(tmp_path: Path) -> None:
    path = tmp_path / "residual.yaml"
    docs = (Path(__file__).parents[2] / "docs/encoders.md").read_text()
    path.write_text(textwrap.dedent(docs.split("```yaml\n")[1].split("  ```")[0]))
    recipe = find_recipe(str(path), "laptop").override(
        {**SCHEDULE, "schedule.steps": 1, "data": "shapes", "data.size": 40}
    )
    trainer = make_trainer(recipe, shapes(40), Engine(recipe.machine), 0)
    before = {name: copy.deepcopy(trainer.networks[name].state_dict()) for name in ("G", "T", "D", "Q", "f")}
    trainer.train()
    moved = {
        name
        for name, state in before.items()
        if any(not torch.equal(v, trainer.networks[name].state_dict()[k]) for k, v in state.items())
    }
    assert {"G", "D", "T"} <= moved
    assert "f" not in moved
    assert type(trainer.networks["G"]).__name__ == "ResNetGenerator"
    assert type(trainer.networks["D"]).__name__ == "ResNetDiscriminator"


def test_a_gan_of_representations_finds_most_of_many_kinds_under_the_recipes_penalty() -> None:
    penalties = find_recipe("repgan-cifar10", "laptop").algorithm.kwargs["regularizers"]
    beside = find_recipe("simsiam-gan-cifar10", "laptop").algorithm.kwargs["prior"]
    assert beside.kwargs["regularizers"] == penalties
    latent = Gaussian(16)
    gan = Adversarial(latent=latent, loss=NonSaturating(), regularizers=[penalty() for penalty in penalties])
    torch.manual_seed(0)
    made = nn.ModuleDict(
        {
            "G": RepresentationGenerator(latent=16, size=64, width=64),
            "D": MLPDiscriminator(shape=(64,), width=64, depth=2),
        }
    ).train()
    kinds = nn.functional.normalize(torch.randn(20, 64))
    adam = {k: torch.optim.Adam(made[k].parameters(), 5e-4, betas=(0.5, 0.999), fused=True) for k in "DG"}
    for step in range(1000):
        around = kinds[torch.randint(20, (64,))] + 0.05 * torch.randn(64, 64)
        real = Batch(nn.functional.normalize(around))
        for moving, terms in (("D", gan.discriminator_losses), ("G", gan.generator_losses)):
            for parameter in made["D"].parameters():
                parameter.requires_grad = moving == "D"
            adam[moving].zero_grad()
            now = context(step, step=step, rows=64)
            torch.stack([term.mean() for term in terms(made, real, now).values()]).sum().backward()
            adam[moving].step()
    made.eval()
    with torch.no_grad():
        found = (made["G"](latent.draw(RandomStream("found"), 2000)) @ kinds.T).argmax(1)
    assert (torch.bincount(found, minlength=20) > 20).sum() >= 13  # 100 of each, if all are alike


class Decoder(nn.Module):
    def forward(self, code: Tensor) -> Tensor:
        return torch.tanh(code[:, :1, None, None]).expand(-1, *SHAPE)


def test_the_decoders_terms_and_its_context() -> None:
    made = nn.ModuleDict({"f": Encoder(), "A": Decoder(), "K": nn.Sequential(nn.Flatten(), nn.Linear(6, 2))})
    algorithm = RepresentationGAN(latent=Gaussian(4), loss=NonSaturating(), consistency_weight=3.0)
    terms = algorithm.decoder_terms(made, batch(), context())
    r = represent(made["f"], batch().x)
    again = made["A"](r * math.sqrt(5))
    torch.testing.assert_close(terms["pixels"], (again - batch().x).square().flatten(1).mean(1))
    cosine = nn.functional.cosine_similarity(represent(made["f"], again), r)
    torch.testing.assert_close(terms["consistency"], 3 * (1 - cosine))
    told = RepresentationGAN(latent=Gaussian(4), loss=NonSaturating(), context=True)
    assert told.phases()[2].updates == ("A", "K")
    assert told.needs_real_inputs
    torch.testing.assert_close(told.encode(made, batch().x), torch.cat([r, made["K"](batch().x)], 1))
    with pytest.raises(UserError, match="set both or none"):
        algorithm.check_networks(made)
