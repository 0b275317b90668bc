"""Find the held-out split of a data set."""

from __future__ import annotations

from ganbench.config.spec import Spec, parameters

OTHER_SPLIT = {"train": "test", "test": "train"}


def held_out_split(data: Spec) -> Spec | None:
    """Return the same set with its other split: test for train, train for test. No file is read.

    Returns None if the set has no such splits, like user folders and archives.
    """
    arguments = parameters(data.target)
    if "split" not in arguments:
        return None
    other = OTHER_SPLIT.get(data.kwargs.get("split", arguments["split"].default))
    return None if other is None else data.replace(split=other)
