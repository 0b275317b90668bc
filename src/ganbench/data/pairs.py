"""Two sets of pictures with nothing that says which belongs to which: the data of translation between domains.

Unpaired Image-to-Image Translation using Cycle-Consistent Adversarial Networks (2017), arXiv:1703.10593.
"""

from __future__ import annotations

import hashlib
from typing import Any

from torch import Tensor

from ganbench.config.spec import Spec, parameters
from ganbench.data.base import Batch, DataInfo, Dataset
from ganbench.data.registry import dataset, dataset_named
from ganbench.data.split import Split
from ganbench.errors import UserError
from ganbench.utils.random_stream import RandomStream


class Pairs:
    """Pictures of domain b, and given with each batch as many of domain a, drawn independently.

    The set is described as b is, for that is what is to be made of a; grey pictures have three equal channels if
    the other domain's are coloured. ``hidden`` says whether picture i of b was made of picture i of a, so that a
    translation can be scored; training never uses it.

    Raises:
        UserError: the pictures of the two sets differ in size, or they are no pictures.
    """

    def __init__(self, a: Dataset, b: Dataset) -> None:
        self.a, self.b = a, b
        channels = max(a.info.shape[0], b.info.shape[0])
        if {a.info.kind, b.info.kind} != {"image"} or a.info.shape[1:] != b.info.shape[1:]:
            raise UserError(
                f"pairs: the two sets must be pictures of one size, but '{a.info.name}' has {list(a.info.shape)} and "
                f"'{b.info.name}' {list(b.info.shape)}; folders are read at data.side"
            )
        made_of = getattr(b, "made_of", None)
        self.hidden = made_of is not None and made_of.info.fingerprint == a.info.fingerprint
        digest = hashlib.sha256(f"pairs {a.info.fingerprint} {b.info.fingerprint}".encode())
        self.info = DataInfo(
            name=f"{a.info.name} to {b.info.name}",
            kind="image",
            shape=(channels, *b.info.shape[1:]),
            size=b.info.size,
            fingerprint=digest.hexdigest()[:16],
            split=b.info.split,
        )

    def batch(self, index: Tensor, draws: RandomStream) -> Batch:
        """Return b's pictures of ``index`` (int64 ``[N]``), given as many of a's, each drawn by ``draws``."""
        x = self._wide(self.b.batch(index, draws).x)
        others = draws.integers(len(index), self.a.info.size)
        return Batch(x, given=self._wide(self.a.batch(others, draws).x))

    def items(self, index: Tensor) -> Tensor:
        """Return b's pictures, uint8 ``[N, C, H, W]``."""
        return self._wide(self.b.items(index))

    def labels(self, index: Tensor) -> Tensor | None:
        """Return None: the pair has no classes, though either domain may."""
        return None

    def given(self, index: Tensor) -> Tensor:
        """Return a's pictures, uint8 ``[N, C, H, W]``; numbers beyond a's size begin anew."""
        return self._wide(self.a.items(index % self.a.info.size))

    def _wide(self, x: Tensor) -> Tensor:
        return x.expand(-1, self.info.shape[0], -1, -1).contiguous()


@dataset("pairs")
def pairs(
    a: str = "mnist",
    b: str = "reddish-mnist",
    side: int = 64,
    size: int | None = None,
    split: Split = "train",
    flip: bool = False,
) -> Pairs:
    """Two domains without pairs, each a data set or folder:PATH (read at ``side`` pixels); ``size``: of drawn sets."""
    return Pairs(*(_domain(text, side, size, split, flip) for text in (a, b)))


def _domain(text: str, side: int, size: int | None, split: Split, flip: bool) -> Dataset:
    function, arguments = dataset_named(text)
    known = parameters(function)
    chosen: dict[str, Any] = {"split": split, "flip": flip}
    chosen["size"] = side if "path" in known else size if "seed" in known else None
    kept = {name: value for name, value in chosen.items() if name in known and value is not None}
    made: Dataset = Spec(function, **{**kept, **arguments})()
    return made
