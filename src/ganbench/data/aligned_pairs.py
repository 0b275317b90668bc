"""Pairs of images that show the same thing in two domains: the user's own, or outlines of images and the images.

Image-to-Image Translation with Conditional Adversarial Networks (2016), arXiv:1611.07004.
"""

from __future__ import annotations

import dataclasses
import hashlib
from pathlib import Path

import torch
from torch import Tensor
from torch.nn.functional import max_pool2d

from ganbench.config.spec import Spec, parameters
from ganbench.data.base import Batch, Dataset
from ganbench.data.folder import folder
from ganbench.data.images import ImageDataset
from ganbench.data.io.listing import list_images, printable_path
from ganbench.data.pairs import UnpairedImages
from ganbench.data.registry import dataset, find_dataset
from ganbench.data.split import Split
from ganbench.errors import UserError
from ganbench.utils.random_stream import RandomStream

_CONTRAST = 32  # bytes that an outline is brighter than its darkest neighbour


class AlignedPairs(UnpairedImages):
    """Images of a domain b with their counterparts in a domain a, by number.

    Args:
        a: the source domain.
        b: the target domain.
        flip: whether each pair of a batch is mirrored left to right with probability 1/2.

    Attributes:
        factors_of: the domain b, which may know the factors of its images.

    Raises:
        UserError: the two sets differ in number or size of images, or do not hold images.
    """

    def __init__(self, a: Dataset, b: Dataset, *, flip: bool = False) -> None:
        super().__init__(a, b)
        if a.info.size != b.info.size:
            raise UserError(
                f"aligned-pairs: {a.info.size:,} images in a and {b.info.size:,} in b are no pairs"
            )
        self.flip, self.aligned, self.factors_of = flip, True, b
        digest = hashlib.sha256(f"aligned {self.info.fingerprint}".encode()).hexdigest()
        self.info = dataclasses.replace(self.info, fingerprint=digest[:16])

    def batch(self, index: Tensor, random: RandomStream) -> Batch:
        """Return the pairs of ``index`` (int64 ``[N]``), both images of a pair flipped or neither."""
        x, source = self.items(index), self.source_items(index)
        if self.flip:
            mirrored = (random.uniform(len(index)) < 0.5)[:, None, None, None]
            x, source = torch.where(mirrored, x.flip(-1), x), torch.where(mirrored, source.flip(-1), source)
        return Batch(self.info.from_data(x), source=self.info.from_data(source), paired=True)


class OutlinedImages:
    """The outlines of the images of another set, in the images' own colours on black."""

    def __init__(self, images: Dataset) -> None:
        if images.info.kind != "image":
            raise UserError(f"aligned-pairs: '{images.info.name}' holds points, which have no outlines")
        self.images = images
        digest = hashlib.sha256(f"outlines {_CONTRAST} {images.info.fingerprint}".encode()).hexdigest()
        self.info = dataclasses.replace(
            images.info, name=f"outlines of {images.info.name}", fingerprint=digest[:16], classes=()
        )

    def batch(self, index: Tensor, random: RandomStream) -> Batch:
        """Return the outlines of ``index`` (int64 ``[N]``)."""
        return Batch(self.info.from_data(self.items(index)))

    def items(self, index: Tensor) -> Tensor:
        """Return the outlines, uint8 ``[N, C, H, W]``."""
        return outlines(self.images.items(index))

    def labels(self, index: Tensor) -> Tensor | None:
        """Return None: outlines have no classes."""
        return None


def outlines(images: Tensor) -> Tensor:
    """Return images ``[N, C, H, W]``, uint8, in which all but the bright sides of edges is black."""
    brightness = images.float()
    darkest = -max_pool2d(-brightness, 3, stride=1, padding=1)
    return images * ((brightness - darkest).amax(1, keepdim=True) >= _CONTRAST)


@dataset("aligned-pairs")
def aligned_pairs(
    pairs: str = "shapes",
    side: int = 64,
    size: int | None = None,
    split: Split = "train",
    flip: bool = False,
    reverse: bool = False,
) -> AlignedPairs:
    """Pairs of images: outlines and images of a data set (pairs=NAME), or your own pairs (pairs=folder:PATH)."""
    # ``side`` applies to folders and ``size`` to generated sets. ``reverse`` makes a of b, and b of a.
    function, arguments = find_dataset(pairs)
    if function is folder:
        path = Path(str(arguments["path"]))
        a, b = _folder_pairs(path / split if (path / split).is_dir() else path, side)
    else:
        accepted = parameters(function)
        options = {"split": split, "size": size if "seed" in accepted else None, "flip": False}
        given = {name: value for name, value in options.items() if name in accepted and value is not None}
        b = Spec(function, **{**given, **arguments})()
        a = OutlinedImages(b)
    return AlignedPairs(b, a, flip=flip) if reverse else AlignedPairs(a, b, flip=flip)


def _folder_pairs(path: Path, side: int) -> tuple[Dataset, Dataset]:
    """Return both domains: the subfolders ``a`` and ``b``, or the left and the right half of each image."""
    if (path / "a").is_dir() and (path / "b").is_dir():
        names = [[str(file.with_suffix("")) for file in list_images(path / domain).paths] for domain in "ab"]
        single = sorted(set(names[0]) ^ set(names[1]))
        if single or any(len(set(found)) < len(found) for found in names):
            which = f"'{printable_path(Path(single[0]))}' is in one only" if single else "a name occurs twice"
            raise UserError(f"{path}: the images of a and b must have equal names, but {which}")
        a, b = (
            _sorted_by(folder(str(path / domain), side), found)
            for domain, found in zip("ab", names, strict=True)
        )
        return a, b
    both = folder(str(path), (side, 2 * side))
    halves = both.pixels[..., :side], both.pixels[..., side:]
    name = both.info.name
    a, b = (
        ImageDataset(f"{name} {part}", x, split="all")
        for part, x in zip(("left", "right"), halves, strict=True)
    )
    return a, b


def _sorted_by(images: ImageDataset, names: list[str]) -> ImageDataset:
    """Return the images in the order of their names, without classes."""
    order = torch.tensor(sorted(range(len(names)), key=names.__getitem__))
    return ImageDataset(images.info.name, images.items(order), split="all")
