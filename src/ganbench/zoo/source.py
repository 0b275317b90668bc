"""Where a run is: a folder, or a model by name, ``zoo:NAME`` or ``hub:OWNER/NAME[@REVISION]``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType

from ganbench.zoo import folder, hub

#: What finds the folder of a model, by the beginning of its name.
_FINDERS: Mapping[str, Callable[[str], Path]] = MappingProxyType(
    {folder.PREFIX: folder.zoo_folder, hub.PREFIX: hub.hub_folder}
)


def is_model_name(source: str | Path) -> bool:
    """Say whether a source is a model by name rather than a path."""
    return str(source).startswith(tuple(_FINDERS))


def model_folder(source: str | Path) -> Path:
    """Return the folder of a run: that of a model by name, in the cache, or the path itself.

    Raises:
        UserError: There is no such model, or it is not on this machine and cannot be downloaded.
    """
    text = str(source)
    finder = next((find for prefix, find in _FINDERS.items() if text.startswith(prefix)), Path)
    return finder(text)
