"""The index of the zoo: its models, and the size and SHA-256 of each of their files."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ganbench.errors import UserError, did_you_mean
from ganbench.utils.file_names import is_device
from ganbench.utils.files import read_json, write_sealed_json

INDEX = Path(__file__).with_name("index.json")
_NAME = re.compile("[a-z0-9][a-z0-9-]{0,63}")
#: The path of a file in a model's folder.
FILE_NAME = re.compile(r"(?:[A-Za-z0-9_-][A-Za-z0-9._\[\]@-]*/){0,2}[A-Za-z0-9_-][A-Za-z0-9._\[\]@-]*")


@dataclass(frozen=True)
class ZooFile:
    """A file of a model: its path in the model's folder, its size in bytes and its SHA-256 in hexadecimal."""

    path: str
    size: int
    sha256: str


@dataclass(frozen=True)
class ZooModel:
    """A trained model.

    Attributes:
        name: Its name, without ``zoo:``.
        summary: What it draws, in one sentence.
        scores: Its main scores by name.
        files: Its files: a run folder with one checkpoint.
    """

    name: str
    summary: str
    scores: Mapping[str, float]
    files: tuple[ZooFile, ...]

    @property
    def size(self) -> int:
        """The size of all files in bytes."""
        return sum(file.size for file in self.files)

    def to_dict(self) -> dict[str, Any]:
        """Return the model as JSON values."""
        files = {file.path: {"bytes": file.size, "sha256": file.sha256} for file in self.files}
        return {"summary": self.summary, "scores": dict(self.scores), "files": files}


def own_zoo() -> Path | None:
    """Return the user's own zoo, the folder in ``$GANBENCH_ZOO``; None if it is not set.

    Raises:
        UserError: It is not a folder.
    """
    setting = os.environ.get("GANBENCH_ZOO")
    if not setting:
        return None
    folder = Path(setting).expanduser()
    if not folder.is_dir():
        raise UserError(f"GANBENCH_ZOO is set to {folder}, which is not a folder")
    return folder


def zoo_models() -> dict[str, ZooModel]:
    """Return the published models and those of the user's own zoo, by name; of equal names, the user's counts."""
    own = own_zoo()
    index = None if own is None else own / "index.json"
    return {**read_index(), **(read_index(index) if index is not None and index.is_file() else {})}


def read_index(path: Path = INDEX) -> dict[str, ZooModel]:
    """Return the models of an index by name.

    Raises:
        UserError: The file is damaged, or names files outside a model's folder.
    """
    try:
        return {name: _parse_model(name, entry) for name, entry in read_json(path)["models"].items()}
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise UserError(f"{path} is not an index of a zoo: {error}") from error


def write_index(models: Mapping[str, ZooModel], path: Path) -> None:
    """Write an index."""
    write_sealed_json(
        path, {"format": 1, "models": {name: models[name].to_dict() for name in sorted(models)}}
    )


def find_model(name: str) -> ZooModel:
    """Return a model by name. Raises UserError if there is no such model."""
    models = zoo_models()
    if name not in models:
        raise UserError(
            f"the zoo has no model '{name}'{did_you_mean(name, models)} (`ganbench zoo list` names all models)"
        )
    return models[name]


def describe_folder(folder: Path, summary: str) -> ZooModel:
    """Return the entry of a model's folder: all its files, and the scores of its score files.

    Raises:
        UserError: The name of the folder or of a file does not fit a zoo, or a score file is damaged.
    """
    files = [
        ZooFile(
            path.relative_to(folder).as_posix(),
            path.stat().st_size,
            hashlib.sha256(path.read_bytes()).hexdigest(),
        )
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.name.startswith(".")
    ]
    records = [read_json(path) for path in sorted((folder / "eval").glob("*.json"))]
    scores = {str(record["name"]): round(float(record["value"]), 4) for record in records}
    require_name(folder.name)
    model = ZooModel(folder.name, summary, scores, tuple(files))
    try:
        return _parse_model(folder.name, model.to_dict())
    except ValueError as error:
        raise UserError(f"{folder} cannot enter the zoo: {error}") from error


def require_name(name: str) -> None:
    """Raise UserError unless a text may be the name of a model."""
    if not _NAME.fullmatch(name):
        raise UserError(f"'{name}' is no name of a model: it takes small letters, digits and hyphens")
    if is_device(name):
        raise UserError(f"'{name}' is no name of a model: Windows can have no such folder")


def _parse_model(name: str, entry: Mapping[str, Any]) -> ZooModel:
    require_name(name)
    files = []
    for path, values in entry["files"].items():
        if not FILE_NAME.fullmatch(path):
            raise ValueError(f"'{path}' is no file of a model")
        files.append(ZooFile(path, int(values["bytes"]), str(values["sha256"])))
    return ZooModel(name, str(entry["summary"]), dict(entry["scores"]), tuple(files))
