"""The list of runs and studies below a root folder, updated only where files have changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from ganbench.dashboard.folders import MAX_FILES, FolderEntry, Kind, find_folders, resolve_root
from ganbench.dashboard.run_summary import RunSummary, Status, run_status, summarize_run
from ganbench.dashboard.sanitize import printable
from ganbench.dashboard.thumbnails import Thumbnails
from ganbench.errors import UserError
from ganbench.runs.event_digest import LogDigest
from ganbench.runs.folder_check import find_problem

Order = Literal["path", "score", "newest"]
Signature = tuple[tuple[int, int, int], ...]

_FILES = ("recipe.json", "meta.json", "events.jsonl")


@dataclass(frozen=True, kw_only=True)
class RunEntry:
    """One run in the list."""

    folder: FolderEntry
    summary: RunSummary
    status: Status
    changed: float  # seconds since 1970
    picture: str = ""  # of its latest samples, as a URL

    @property
    def id(self) -> str:
        """The id that a browser uses for the run."""
        return self.folder.id

    @property
    def label(self) -> str:
        """The path below the root."""
        return self.folder.label


class Index:
    """The runs and studies below a root. A browser's ids are looked up here, so that no input becomes a path."""

    def __init__(self, root: Path) -> None:
        """Raises UserError if the root is not a folder."""
        self.root = resolve_root(root)
        self._summaries: dict[Path, tuple[Signature, RunSummary]] = {}
        self._digests: dict[Path, LogDigest] = {}
        self._thumbnails = Thumbnails()

    def runs(self) -> list[RunEntry]:
        """Return all runs, including broken ones, sorted by path."""
        self._thumbnails.start_listing()
        return [self._run_entry(folder) for folder in find_folders(self.root) if folder.kind == "run"]

    def studies(self) -> list[FolderEntry]:
        """Return all studies, sorted by path."""
        return [folder for folder in find_folders(self.root) if folder.kind == "study"]

    def run(self, id_: str) -> RunEntry:
        """Return the run with this id. Raises UserError like :meth:`folder`."""
        return self._run_entry(self._find(id_, "run"))

    def folder(self, id_: str, kind: Kind = "run") -> Path:
        """Return the folder with this id, which is safe to read.

        Raises:
            UserError: there is no such run or study, or it must not be read; the message says why.
        """
        return self._find(id_, kind).path

    def _find(self, id_: str, kind: Kind) -> FolderEntry:
        for folder in find_folders(self.root):
            if folder.id == id_ and folder.kind == kind:
                problem = folder.problem or printable(find_problem(folder.path, max_files=MAX_FILES), 200)
                if problem:
                    raise UserError(f"{folder.label} cannot be shown: {problem}")
                return folder
        raise UserError(f"there is no such {kind} in the dashboard's folder; it may have been moved")

    def _run_entry(self, folder: FolderEntry) -> RunEntry:
        signature = file_signature([folder.path / name for name in _FILES])
        if folder.problem:
            summary = RunSummary(problem=folder.problem)
        else:
            cached = self._summaries.get(folder.path)
            if cached is None or cached[0] != signature:
                digest = self._digests.setdefault(folder.path, LogDigest(folder.path / "events.jsonl"))
                cached = self._summaries[folder.path] = signature, summarize_run(folder.path, digest)
            summary = cached[1]
        changed = max((time for time, _, _ in signature), default=0) / 1e9
        status = run_status(summary, folder.path)
        picture = "" if folder.problem else self._thumbnails.get(folder.path / "samples")
        return RunEntry(folder=folder, summary=summary, status=status, changed=changed, picture=picture)


def file_signature(paths: Sequence[Path]) -> Signature:
    """Return the modification time, size and inode of each file, which reveal changes; zeros for missing files."""
    signature = []
    for path in paths:
        try:
            status = path.stat()
        except OSError:
            signature.append((0, 0, 0))
        else:
            signature.append((status.st_mtime_ns, status.st_size, status.st_ino))
    return tuple(signature)


def filter_runs(
    entries: Sequence[RunEntry], query: str = "", statuses: Sequence[str] = (), order: Order = "path"
) -> list[RunEntry]:
    """Return the matching entries, sorted.

    Args:
        entries: All entries, sorted by path.
        query: Words that must all appear in the path, recipe, data set or score name.
        statuses: Accepted statuses; empty accepts all.
        order: "path" keeps the order. "newest" sorts by the last change. "score" puts the best first, grouped by
            score name, and runs without a score last.
    """
    words = query.lower().split()
    matches = [
        entry
        for entry in entries
        if (not statuses or entry.status in statuses) and all(word in _search_text(entry) for word in words)
    ]
    if order == "newest":
        return sorted(matches, key=lambda entry: -entry.changed)
    return sorted(matches, key=_score_key) if order == "score" else matches


def _search_text(entry: RunEntry) -> str:
    summary = entry.summary
    return f"{entry.label} {summary.recipe} {summary.data} {summary.score}".lower()


def _score_key(entry: RunEntry) -> tuple[bool, str, float]:
    summary = entry.summary
    if summary.value is None:
        return True, "", 0.0
    return False, summary.score, summary.value if summary.lower_is_better else -summary.value
