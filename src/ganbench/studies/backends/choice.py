"""Which backend a study uses, stored in its folder so that a study that is continued finds its jobs again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ganbench.errors import UserError
from ganbench.studies.backends.base import Backend
from ganbench.studies.backends.registry import find_backend
from ganbench.utils.files import read_json, write_json

_NAME = "backend.json"


@dataclass(frozen=True, kw_only=True)
class BackendChoice:
    """A backend's name and options; they affect where runs are trained, never what is compared."""

    name: str = "local"
    options: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def resolve(cls, folder: Path, name: str | None, options: Mapping[str, Any] | None) -> BackendChoice:
        """Return what is given; what is not is as before in this study, or the default.

        Raises:
            UserError: the stored choice is damaged.
        """
        before = cls._read(folder)
        if name is not None and name != before.name:
            return cls(name=name, options=options or {})
        return cls(name=before.name, options={**before.options, **(options or {})})

    @classmethod
    def _read(cls, folder: Path) -> BackendChoice:
        if not (folder / _NAME).exists():
            return cls()
        stored = read_json(folder / _NAME)
        try:
            return cls(name=str(stored["backend"]), options=dict(stored["options"]))
        except (KeyError, TypeError, ValueError) as error:
            raise UserError(f"{folder / _NAME} is damaged: {error}") from error

    def open(self) -> Backend:
        """Return the backend. Raises UserError if a setting is wrong or something is missing."""
        return find_backend(self.name, self.options)

    def write(self, folder: Path) -> None:
        """Store the choice; nothing for the default, which needs no record."""
        path = folder / _NAME
        if self != BackendChoice():
            write_json(path, {"backend": self.name, "options": dict(self.options)})
        else:
            path.unlink(missing_ok=True)
