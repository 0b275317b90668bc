"""The directions that change a first layer most are the singular vectors of its weight."""

from __future__ import annotations

import io

import numpy as np
import pytest
import torch
from PIL import Image
from tests.support.training import tiny_recipe
from torch import Tensor, nn

from ganbench.data.shapes import shapes
from ganbench.errors import UserError
from ganbench.experiment.build_trainer import make_trainer
from ganbench.inference.directions import directions
from ganbench.inference.model import Model
from ganbench.inference.snapshots import training_model
from ganbench.layers.initialisation import stored_weight
from ganbench.training.engine import Engine
from ganbench.visualization.directions import direction_grid

DATA = shapes(40)


def untrained_model(name: str) -> Model:
    recipe = tiny_recipe(name)
    trainer = make_trainer(recipe, DATA, Engine(recipe.machine), 0)
    model = training_model(trainer, recipe.latent(), recipe, DATA.info)
    model.networks.requires_grad_(False)
    return model


def matrix(layer: nn.Module) -> Tensor:
    weight = stored_weight(layer)
    return weight.flatten(1).T if isinstance(layer, nn.ConvTranspose2d) else weight


@pytest.mark.parametrize(
    "name", ["infogan-shapes", "sndcgan-projection-cifar10", "dcgan-cifar10", "cgan-cifar10"]
)
def test_directions_are_the_right_singular_vectors_of_the_first_layer(name: str) -> None:
    model = untrained_model(name)
    z = model.latents(1, 1)
    vectors = directions(model, z)
    unit = vectors.norm(dim=1)
    torch.testing.assert_close(unit, z.square().mean().sqrt().expand(len(unit)))  # of a Gaussian, about 1
    axes = vectors / unit[:, None]
    torch.testing.assert_close(axes @ axes.T, torch.eye(len(axes)), atol=1e-4, rtol=0)
    first = next(m for m in model.networks["G"].modules() if isinstance(m, nn.Linear | nn.ConvTranspose2d))
    weight = matrix(first)[:, : z.shape[1]]  # columns after the latent belong to conditions
    gains = (weight @ axes.T).norm(dim=0)
    torch.testing.assert_close(gains, torch.linalg.svdvals(weight)[: len(gains)], atol=1e-4, rtol=1e-3)


def test_each_row_moves_one_latent_in_both_directions() -> None:
    model = untrained_model("infogan-shapes")
    z = model.latents(1, 1)
    grid = direction_grid(model, 2, 1, columns=3, max_distance=2.0)
    moved = grid.latents.reshape(2, 3, -1)
    torch.testing.assert_close(moved[:, 1], z.expand(2, -1))
    torch.testing.assert_close(moved[:, 2] - moved[:, 0], 4 * directions(model, z)[:2])
    sheet = np.asarray(Image.open(io.BytesIO(grid.render_png(model))))
    assert sheet.shape[1] > sheet.shape[0]


@pytest.mark.parametrize("name", ["simsiam-gan-cifar10", "repgan-cifar10"])
def test_directions_of_representations_have_their_scale(name: str) -> None:
    model = untrained_model(name)
    z = model.latents(1, 1)
    (*_, size) = model.algorithm.latent_sizes(model.networks, z.shape[1])
    vectors = directions(model, z)
    # The length of a representation has no effect, so no direction is parallel to it.
    assert (vectors[0, -size:] @ z[0, -size:]).abs() < 1e-3 * vectors[0, -size:].norm()
    assert vectors[0].norm() < 2


def test_models_that_start_from_images_are_rejected() -> None:
    with pytest.raises(UserError, match="start from images"):
        direction_grid(untrained_model("cyclegan-mnist"), 2, 0)
