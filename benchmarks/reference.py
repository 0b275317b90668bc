"""A conventional training loop: a DataLoader with per-image transforms, plain Adam, ``.item()`` every step.

It trains the recipe's networks on its data, with its batch size and number of updates, and with torch's defaults for
threads and memory. As with torchvision's data sets and in most scripts, each image becomes a PIL image, is resized
(to the size it has), flipped if the recipe flips, converted to a tensor and normalised, one by one.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import torch
from PIL import Image
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits
from torch.utils.data import DataLoader, Dataset
from torchvision import transforms

from ganbench.inference.build import assemble, make_dataset
from ganbench.recipes.base import Recipe


class Items(Dataset[Tensor]):
    """The items of a data set one by one: images through torchvision's transforms, points as tensors."""

    def __init__(self, recipe: Recipe) -> None:
        dataset = make_dataset(recipe)
        self.info = dataset.info
        self.items = dataset.items(torch.arange(self.info.size))
        self.transform: Callable[..., Tensor] = self.info.from_data
        if self.info.kind == "image":
            channels, height, width = self.info.shape
            self.items = self.items.permute(0, 2, 3, 1).contiguous()
            flips = [transforms.RandomHorizontalFlip()] if getattr(dataset, "flip", False) else []
            self.transform = transforms.Compose(
                [
                    lambda item: Image.fromarray(item.numpy().squeeze()),
                    transforms.Resize((height, width)),
                    *flips,
                    transforms.ToTensor(),
                    transforms.Normalize([0.5] * channels, [0.5] * channels),
                ]
            )

    def __len__(self) -> int:
        return len(self.items)

    def __getitem__(self, index: int) -> Tensor:
        return self.transform(self.items[index])


class PlainLoop:
    """The loop, one step per call. Its networks sample with the recipe's algorithm and latent."""

    def __init__(self, recipe: Recipe, items: Items, workers: int, seed: int = 0) -> None:
        parts = assemble(recipe, items.info, seed)
        self.algorithm, self.latent, self.networks = parts.algorithm, parts.latent, parts.networks
        self.batch = recipe.schedule.batch
        self._adam = {
            name: torch.optim.Adam(self.networks[name].parameters(), **dict(spec.kwargs))
            for name, spec in recipe.optimizers.items()
        }
        loader = DataLoader(
            items, self.batch, shuffle=True, drop_last=True, num_workers=workers, pin_memory=False
        )
        self._batches = _cycle(loader)

    def train_step(self) -> None:
        """Train one step: the recipe's number of D updates, then one G update."""
        for _ in range(self.algorithm.critic_steps):
            _discriminator_step(self.networks, self._adam["D"], next(self._batches), self.latent.size)
        _generator_step(self.networks, self._adam["G"], self.batch, self.latent.size)


def seconds_per_step(recipe: Recipe, steps: int, warmup: int, workers: int) -> float:
    """Return the wall seconds per step of the plain loop, without the ``warmup`` steps."""
    loop = PlainLoop(recipe, Items(recipe), workers)
    start = time.perf_counter()
    for step in range(warmup + steps):
        if step == warmup:
            start = time.perf_counter()
        loop.train_step()
    return (time.perf_counter() - start) / steps


def _cycle(loader: DataLoader[Tensor]) -> Iterator[Tensor]:
    while True:
        yield from loader


def _discriminator_step(networks: nn.ModuleDict, adam: torch.optim.Adam, real: Tensor, size: int) -> float:
    fake = networks["G"](torch.randn(len(real), size)).detach()
    real_scores, fake_scores = networks["D"](real), networks["D"](fake)
    loss = binary_cross_entropy_with_logits(real_scores, torch.ones_like(real_scores))
    loss = loss + binary_cross_entropy_with_logits(fake_scores, torch.zeros_like(fake_scores))
    adam.zero_grad()
    loss.backward()
    adam.step()
    return loss.item()


def _generator_step(networks: nn.ModuleDict, adam: torch.optim.Adam, batch: int, size: int) -> float:
    scores = networks["D"](networks["G"](torch.randn(batch, size)))
    loss = binary_cross_entropy_with_logits(scores, torch.ones_like(scores))
    adam.zero_grad()
    loss.backward()
    adam.step()
    return loss.item()
