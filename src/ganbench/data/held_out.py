"""The other part of a data set: the same set, made with its other split."""

from __future__ import annotations

from ganbench.config.spec import Spec, parameters

OTHER = {"train": "test", "test": "train"}


def held_out_of(data: Spec) -> Spec | None:
    """Return the same set with its test split, or for a test split with its train split; no file is read.

    None if the set has no such splits, as own folders and archives.
    """
    known = parameters(data.target)
    if "split" not in known:
        return None
    other = OTHER.get(data.kwargs.get("split", known["split"].default))
    return None if other is None else data.replace(split=other)
