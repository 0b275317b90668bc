"""What a server that stands in for the Hugging Face Hub holds, records and is made to do."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

TOKEN = "hf_secretsecretsecret"
LARGE = (".safetensors", ".png")  # stored apart from git, as the Hub does
Files = dict[str, bytes]


@dataclass
class Repository:
    """A repository: its branches' commits, and the files of each commit."""

    private: bool = False
    branches: dict[str, str] = field(default_factory=dict)
    commits: dict[str, Files] = field(default_factory=dict)
    messages: list[str] = field(default_factory=list)

    def commit(self, branch: str, files: Files, message: str = "") -> str:
        """Set the files of a branch, and return the new commit's hash."""
        number = len(self.commits)
        commit = hashlib.sha1(f"{number} {message}".encode()).hexdigest()
        self.branches[branch], self.commits[commit] = commit, dict(files)
        self.messages.append(message)
        return commit

    def find(self, revision: str) -> str | None:
        """Return the commit of a branch or hash."""
        return self.branches.get(revision, revision if revision in self.commits else None)


@dataclass
class Hub:
    """The state of the server.

    Attributes:
        repositories: The repositories by name.
        requests: The method, path and token of each request.
        statuses: HTTP statuses to answer with instead, by a part of the method and path.
        alter: Changes the content of a file that is downloaded.
        cut: How many bytes of an answer are sent before the connection is closed.
        flood: How many zeros follow each file that is downloaded.
        flooded: How many zeros were sent before a client closed the connection.
        may_write: Whether the token may write.
    """

    url: str
    repositories: dict[str, Repository] = field(default_factory=dict)
    large: Files = field(default_factory=dict)
    requests: list[tuple[str, str, str]] = field(default_factory=list)
    statuses: dict[str, int] = field(default_factory=dict)
    alter: Callable[[str, bytes], bytes] = lambda path, content: content
    cut: int | None = None
    flood: int = 0
    flooded: int = 0
    may_write: bool = True

    def environment(self, folder: Path) -> dict[str, str]:
        """Return the environment variables of a process that uses this Hub, and keeps its files in a folder."""
        return {
            "HF_ENDPOINT": self.url,
            "HF_HOME": str(folder / "huggingface"),
            "HF_HUB_DISABLE_XET": "1",
            "GANBENCH_CACHE": str(folder / "cache"),
        }

    def put(self, name: str, folder: Path, *, private: bool = False) -> Repository:
        """Put a folder into a repository, and return it."""
        files = {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}
        repository = self.repositories.setdefault(name, Repository(private))
        repository.commit("main", {".gitattributes": b"", **files})
        return repository

    def paths(self, method: str) -> list[str]:
        """Return the paths that were requested by a method."""
        return [path for used, path, _ in self.requests if used == method]
