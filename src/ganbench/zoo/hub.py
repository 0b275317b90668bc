"""Find the folder of ``hub:OWNER/NAME[@REVISION]``: a packed run on the Hugging Face Hub, copied into the cache."""

from __future__ import annotations

import hashlib
import re
import urllib.parse
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ganbench.errors import UserError
from ganbench.utils.files import write_bytes
from ganbench.utils.paths import cache_folder
from ganbench.utils.progress import print_note
from ganbench.utils.regular_file import read_regular
from ganbench.zoo.copies import cache_errors, is_intact, new_copy
from ganbench.zoo.hub_client import UnreachableError, download, is_commit, list_files, require_hub
from ganbench.zoo.hub_files import HubFile, choose_files
from ganbench.zoo.index import ZooFile, ZooModel, read_index, write_index

PREFIX = "hub:"
_PART = "[A-Za-z0-9_](?:[A-Za-z0-9._-]*[A-Za-z0-9_])?"
_REPO = re.compile(f"(?!.*(?:--|[.][.]|[.]git$))(?=.{{3,96}}$){_PART}/{_PART}")
_REVISION = re.compile(r"(?!.*[.][.])[A-Za-z0-9][A-Za-z0-9._/-]{0,199}")
_MAX_REFERENCE_BYTES = 100


@dataclass(frozen=True)
class HubName:
    """A repository of the Hub, ``OWNER/NAME``, and a branch, tag or commit of it."""

    repo: str
    revision: str = "main"

    def __str__(self) -> str:
        return f"{PREFIX}{self.repo}" + ("" if self.revision == "main" else f"@{self.revision}")


def parse_hub_name(source: str | Path) -> HubName:
    """Return the repository and revision that ``hub:OWNER/NAME[@REVISION]`` names.

    Raises:
        UserError: It is not of this form.
    """
    repo, _, revision = str(source).replace("\\", "/").removeprefix(PREFIX).partition("@")
    require_repo(repo)
    name = HubName(repo, revision) if "@" in str(source) else HubName(repo)
    require_revision(name.revision)
    return name


def require_repo(repo: str) -> None:
    """Raise UserError unless a text may name a repository."""
    if not _REPO.fullmatch(repo):
        raise UserError(
            f"'{repo}' is no name of a repository: it takes OWNER/NAME, with letters, digits, '-', '_' and '.'"
        )


def require_revision(revision: str) -> None:
    """Raise UserError unless a text may name a branch, tag or commit."""
    if not _REVISION.fullmatch(revision):
        raise UserError(f"'{revision}' is no branch, tag or commit")


def hub_folder(source: str | Path) -> Path:
    """Return the folder of ``hub:OWNER/NAME[@REVISION]`` in the cache, after downloading what is not there yet.

    A branch is looked up on the Hub each time; if the Hub cannot be reached, its last known commit is used, with a
    warning. A full commit hash is looked up only if it is not in the cache.

    Raises:
        UserError: There is no such model, it is not safe or too large, its download fails, or it is not in the cache
            and the Hub cannot be reached.
    """
    name = parse_hub_name(source)
    if is_commit(name.revision) and (folder := _cached(name, name.revision)):
        return folder
    require_hub()
    try:
        commit, files = list_files(name.repo, name.revision)
    except UnreachableError as error:
        known = _last_commit(name)
        if known is None or (folder := _cached(name, known)) is None:
            raise UserError(f"{error}, and {name} is not in the cache") from error
        warnings.warn(f"{error}; {name} is taken from the cache, at commit {known[:8]}", stacklevel=2)
        return folder
    folder = _cached(name, commit) or _fill(name, commit, choose_files(files, str(name)))
    with cache_errors(str(name), folder):
        reference = _reference(name)
        reference.parent.mkdir(exist_ok=True)
        write_bytes(reference, commit.encode())
    return folder


def _root(name: HubName) -> Path:
    """Return the folder of a repository in the cache: a zoo, whose models are named by their commits."""
    return cache_folder() / "hub" / name.repo.replace("/", "--")


def _reference(name: HubName) -> Path:
    return _root(name) / "refs" / urllib.parse.quote(name.revision, safe="")


def _last_commit(name: HubName) -> str | None:
    try:
        commit = read_regular(_reference(name), _MAX_REFERENCE_BYTES).decode("ascii", "replace")
    except OSError:
        return None
    return commit if is_commit(commit) else None


def _cached(name: HubName, commit: str) -> Path | None:
    """Return the folder of a commit, or None if it is not complete and unchanged."""
    model, folder = _read_index(name).get(commit), _root(name) / commit
    return folder if model is not None and is_intact(model, folder) else None


def _read_index(name: HubName) -> dict[str, ZooModel]:
    path = _root(name) / "index.json"
    try:
        return read_index(path) if path.is_file() else {}
    except UserError as error:
        warnings.warn(f"{error}; what it lists is downloaded again", stacklevel=2)
        return {}


def _fill(name: HubName, commit: str, files: Sequence[HubFile]) -> Path:
    """Download all files of a commit into the cache, or none."""
    size, folder = sum(file.size for file in files), _root(name) / commit
    print_note(f"downloading {name} at commit {commit[:8]}: {len(files)} files, {size / 1e6:.2f} MB")
    copied = []
    with cache_errors(str(name), folder), new_copy(folder) as temporary:
        for file in files:
            content = download(name.repo, commit, file)
            path = temporary / file.path
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
            copied.append(ZooFile(file.path, file.size, hashlib.sha256(content).hexdigest()))
    model = ZooModel(commit, f"{name.repo} on the Hub", {}, tuple(copied))
    with cache_errors(str(name), folder):
        write_index({**_read_index(name), commit: model}, _root(name) / "index.json")
    return folder
