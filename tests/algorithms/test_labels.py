"""Labels in the updates of a conditional GAN: which ones, who gets them, and the signs of class losses."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from ganbench.algorithms import Adversarial, AuxiliaryClassifier
from ganbench.conditioning import ClassifierHead, CrossEntropy, DataToData, OneHot, Projection
from ganbench.data.base import Batch
from ganbench.errors import UserError
from ganbench.latents import Gaussian
from ganbench.losses import Hinge, NonSaturating
from ganbench.networks import MLPDiscriminator, MLPGenerator
from ganbench.regularizers import R1, GradientPenalty
from ganbench.training.phase import Context
from ganbench.utils.random_stream import RandomStream

LATENT = Gaussian(3)


def networks(d_conditioning: Any = None) -> nn.ModuleDict:
    torch.manual_seed(0)
    g = MLPGenerator(latent=3, shape=(2,), width=6, depth=1, conditioning=OneHot(), classes=4)
    d = MLPDiscriminator(shape=(2,), width=6, depth=1, conditioning=d_conditioning or Projection(), classes=4)
    return nn.ModuleDict({"G": g, "D": d})


def context() -> Context:
    return Context(step=0, steps=9, update=0, batch_size=8, stream=RandomStream("update"))


def data() -> Batch:
    return Batch(RandomStream("data").normal(8, 2), torch.arange(8) // 2)


def latents_and_labels() -> tuple[Tensor, Tensor]:
    stream = context().stream
    return LATENT.draw(stream, 8), stream.integers(8, 4)


@pytest.mark.parametrize("one_pass", [False, True])
@pytest.mark.parametrize("labels", ["uniform", "real"])
def test_labels_of_real_samples_and_of_fakes(labels: Any, one_pass: bool) -> None:
    nets, batch = networks(), data()
    algorithm = Adversarial(latent=LATENT, loss=Hinge(), labels=labels, classes=4, one_pass=one_pass)
    z, uniform = latents_and_labels()
    y = batch.y if labels == "real" else uniform
    fake = nets["G"](z, y)
    d = algorithm.discriminator_losses(nets, batch, context())["adversarial"]
    torch.testing.assert_close(d, Hinge().discriminator(nets["D"](batch.x, batch.y), nets["D"](fake, y)))
    assert algorithm.phases()[1].reads_data == (labels == "real")
    g = algorithm.generator_losses(nets, batch if labels == "real" else None, context())["adversarial"]
    torch.testing.assert_close(g, Hinge().generator(None, nets["D"](fake, y)))


def test_penalties_use_the_labels() -> None:
    nets, batch = networks(), data()
    algorithm = Adversarial(
        latent=LATENT, loss=Hinge(), regularizers=(R1(), GradientPenalty()), labels="uniform", classes=4
    )
    terms = algorithm.discriminator_losses(nets, batch, context())
    assert batch.y is not None
    torch.testing.assert_close(terms["r1"], R1()(lambda x, y: nets["D"](x, y), batch, batch, context()))
    other = Batch(batch.x, (batch.y + 1) % 4)
    assert not torch.equal(terms["r1"], algorithm.discriminator_losses(nets, other, context())["r1"])


@pytest.mark.parametrize("reuse", [False, True])
@pytest.mark.parametrize("fakes", [True, False])
def test_d_and_g_both_minimize_the_class_loss(fakes: bool, reuse: bool) -> None:
    nets, batch = networks(ClassifierHead()), data()
    algorithm: Any = AuxiliaryClassifier(
        latent=LATENT,
        loss=NonSaturating(),
        class_loss=CrossEntropy(),
        class_weight=2.0,
        fakes=fakes,
        reuse_fakes=reuse,
        classes=4,
    )
    z, y = latents_and_labels()
    d = algorithm.discriminator_losses(nets, batch, context())
    assert list(d) == ["adversarial", "class_real", *(["class_fake"] if fakes else [])]

    def log_likelihood(x: Tensor, labels: Tensor | None) -> Tensor:
        assert labels is not None
        return nets["D"].discriminate(x).classes.log_softmax(1).gather(1, labels[:, None]).squeeze(1)  # type: ignore[operator]

    torch.testing.assert_close(d["class_real"], -2 * log_likelihood(batch.x, batch.y))
    if fakes:
        torch.testing.assert_close(d["class_fake"], -2 * log_likelihood(nets["G"](z, y), y))
    passes: list[Tensor] = []
    with nets["G"].register_forward_hook(lambda module, inputs, output: passes.append(output)):
        g = algorithm.generator_losses(nets, None, context())
    assert len(passes) == (not reuse)
    torch.testing.assert_close(g["class"], -2 * log_likelihood(nets["G"](z, y), y))


def test_d_can_have_a_class_weight_of_its_own() -> None:
    nets, batch = networks(ClassifierHead()), data()
    part = {"latent": LATENT, "loss": NonSaturating(), "class_loss": CrossEntropy(), "classes": 4}
    same: Any = AuxiliaryClassifier(**part, class_weight=3.0)  # type: ignore[arg-type]
    other: Any = AuxiliaryClassifier(**part, class_weight=3.0, discriminator_class_weight=6.0)  # type: ignore[arg-type]
    one, two = (a.discriminator_losses(nets, batch, context()) for a in (same, other))
    torch.testing.assert_close(two["class_real"], 2 * one["class_real"])
    one, two = (a.generator_losses(nets, None, context()) for a in (same, other))
    torch.testing.assert_close(two["class"], one["class"])
    with pytest.raises(UserError, match="discriminator_class_weight"):
        AuxiliaryClassifier(**part, discriminator_class_weight=-1.0)  # type: ignore[arg-type]


def test_invalid_combinations_are_refused() -> None:
    with pytest.raises(UserError, match="needs data with classes"):
        Adversarial(latent=LATENT, loss=Hinge(), labels="uniform")
    with pytest.raises(UserError, match="did you mean 'uniform'"):
        Adversarial(latent=LATENT, loss=Hinge(), labels="uniforn", classes=3)  # type: ignore[arg-type]
    with pytest.raises(UserError, match="a pack of 2 samples has no single class"):
        Adversarial(latent=LATENT, loss=Hinge(), labels="real", classes=3, packing=2)
    with pytest.raises(UserError, match=r"networks\.G\.conditioning needs labels"):
        Adversarial(latent=LATENT, loss=Hinge()).check_networks(networks())
    conditional = Adversarial(latent=LATENT, loss=Hinge(), labels="uniform", classes=4)
    with pytest.raises(UserError, match="a Linear takes no labels"):
        conditional.check_networks(nn.ModuleDict({"G": nn.Linear(3, 2), "D": networks()["D"]}))
    with pytest.raises(UserError, match="give labels to sample"):
        conditional.sample(networks(), torch.zeros(2, 3))
    comparing = AuxiliaryClassifier(latent=LATENT, loss=Hinge(), class_loss=DataToData(), classes=4)
    with pytest.raises(UserError, match="reads embedding, which D does not output"):
        comparing.check_networks(networks(ClassifierHead()))
