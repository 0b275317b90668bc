"""Two unpaired sets of images, for translation between domains.

Unpaired Image-to-Image Translation using Cycle-Consistent Adversarial Networks (2017), arXiv:1703.10593.
"""

from __future__ import annotations

import hashlib
from typing import Any, Protocol, runtime_checkable

from torch import Tensor

from ganbench.config.spec import Spec, parameters
from ganbench.data.base import Batch, DataInfo, Dataset
from ganbench.data.registry import dataset, find_dataset
from ganbench.data.split import Split
from ganbench.data.torchvision_sets import find_mnist
from ganbench.errors import UserError
from ganbench.utils.random_stream import RandomStream


@runtime_checkable
class TwoDomains(Protocol):
    """A data set of a target domain b, whose images are its items, and a source domain a."""

    aligned: bool
    """Whether image i of b is the counterpart of image i of a."""

    @property
    def info(self) -> DataInfo:
        """The description of the target domain."""

    def items(self, index: Tensor) -> Tensor:
        """Return b's images, uint8 ``[N, C, H, W]``."""

    def source_items(self, index: Tensor) -> Tensor:
        """Return a's images, uint8 ``[N, C, H, W]``."""


class UnpairedImages:
    """Images of a target domain b, with as many independent images of a source domain a in each batch.

    ``info`` describes the target domain. Grey images get three equal channels if those of the other domain are
    coloured.

    Args:
        a: the source domain.
        b: the target domain.

    Attributes:
        aligned: whether image i of b was made from image i of a, so that a translation can be scored. Training does
            not use it.

    Raises:
        UserError: the images of the two sets differ in size, or a set does not hold images.
    """

    def __init__(self, a: Dataset, b: Dataset) -> None:
        self.a, self.b = a, b
        channels = max(a.info.shape[0], b.info.shape[0])
        if {a.info.kind, b.info.kind} != {"image"} or a.info.shape[1:] != b.info.shape[1:]:
            raise UserError(
                f"pairs: the two sets must be images of one size, but '{a.info.name}' has {list(a.info.shape)} and "
                f"'{b.info.name}' {list(b.info.shape)}; folders are read at data.side"
            )
        sources = getattr(b, "source_images", None)
        self.aligned = sources is not None and sources.info.fingerprint == a.info.fingerprint
        digest = hashlib.sha256(f"pairs {a.info.fingerprint} {b.info.fingerprint}".encode())
        self.info = DataInfo(
            name=f"{a.info.name} to {b.info.name}",
            kind="image",
            shape=(channels, *b.info.shape[1:]),
            size=b.info.size,
            fingerprint=digest.hexdigest()[:16],
            split=b.info.split,
        )

    def batch(self, index: Tensor, random: RandomStream) -> Batch:
        """Return b's images of ``index`` (int64 ``[N]``), and as many of a's, selected with ``random``."""
        x = self._match_channels(self.b.batch(index, random).x)
        source_index = random.integers(len(index), self.a.info.size)
        return Batch(x, source=self._match_channels(self.a.batch(source_index, random).x))

    def items(self, index: Tensor) -> Tensor:
        """Return b's images, uint8 ``[N, C, H, W]``."""
        return self._match_channels(self.b.items(index))

    def labels(self, index: Tensor) -> Tensor | None:
        """Return None: the combined set has no classes, even if a domain has."""
        return None

    def source_items(self, index: Tensor) -> Tensor:
        """Return a's images, uint8 ``[N, C, H, W]``; numbers beyond a's size wrap around."""
        return self._match_channels(self.a.items(index % self.a.info.size))

    def _match_channels(self, x: Tensor) -> Tensor:
        return x.expand(-1, self.info.shape[0], -1, -1).contiguous()


@dataset("pairs", find=find_mnist, downloads=True)
def pairs(
    a: str = "mnist",
    b: str = "reddish-mnist",
    side: int = 64,
    size: int | None = None,
    split: Split = "train",
    flip: bool = False,
) -> UnpairedImages:
    """Images of two domains, not paired: two data sets, or your own images (folder:PATH)."""
    # Folders are read at ``side`` pixels; ``size`` applies to generated sets.
    return UnpairedImages(*(_domain(text, side, size, split, flip) for text in (a, b)))


def _domain(text: str, side: int, size: int | None, split: Split, flip: bool) -> Dataset:
    function, arguments = find_dataset(text)
    accepted = parameters(function)
    options: dict[str, Any] = {"split": split, "flip": flip}
    options["size"] = side if "path" in accepted else size if "seed" in accepted else None
    options = {name: value for name, value in options.items() if name in accepted and value is not None}
    data: Dataset = Spec(function, **{**options, **arguments})()
    return data
