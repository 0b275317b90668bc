"""The runs and studies of a root as a list, looked at again only where files have changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from ganbench.dashboard.folders import Found, Kind, folders_below, problem_of, root_of
from ganbench.dashboard.run_summary import RunSummary, Status, status_of, summarize_run
from ganbench.errors import UserError

Order = Literal["path", "score", "newest"]
Signature = tuple[tuple[int, int, int], ...]

_FILES = ("recipe.json", "meta.json", "events.jsonl")


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One run of the list."""

    found: Found
    told: RunSummary
    status: Status
    changed: float  # seconds since 1970

    @property
    def id(self) -> str:
        """What a browser asks for it by."""
        return self.found.id

    @property
    def label(self) -> str:
        """Its path below the root."""
        return self.found.label


class Index:
    """What lies below a root; a browser's ids are looked up in it, so that nothing it says becomes a path."""

    def __init__(self, root: Path) -> None:
        """Raises UserError if there is no such folder."""
        self.root = root_of(root)
        self._kept: dict[Path, tuple[Signature, RunSummary]] = {}

    def runs(self) -> list[Entry]:
        """Return all runs, broken ones too, by path."""
        return [self._entry(found) for found in folders_below(self.root) if found.kind == "run"]

    def studies(self) -> list[Found]:
        """Return all studies by path."""
        return [found for found in folders_below(self.root) if found.kind == "study"]

    def run(self, wanted: str) -> Entry:
        """Return the run of an id. Raises UserError as :meth:`folder` does."""
        return self._entry(self._found(wanted, "run"))

    def folder(self, wanted: str, kind: Kind = "run") -> Path:
        """Return the folder of an id, which may be read.

        Raises:
            UserError: there is none such, or it must not be read; the message says why.
        """
        return self._found(wanted, kind).path

    def _found(self, wanted: str, kind: Kind) -> Found:
        for found in folders_below(self.root):
            if found.id == wanted and found.kind == kind:
                problem = found.problem or problem_of(found.path, self.root)
                if problem:
                    raise UserError(f"{found.label} cannot be shown: {problem}")
                return found
        raise UserError(f"there is no such {kind} in the folder that is shown; it may have been moved")

    def _entry(self, found: Found) -> Entry:
        signature = signature_of([found.path / name for name in _FILES])
        if found.problem:
            told = RunSummary(problem=found.problem)
        else:
            before = self._kept.get(found.path)
            told = before[1] if before is not None and before[0] == signature else summarize_run(found.path)
            self._kept[found.path] = signature, told
        changed = max((time for time, _, _ in signature), default=0) / 1e9
        return Entry(found=found, told=told, status=status_of(told, found.path), changed=changed)


def signature_of(paths: Sequence[Path]) -> Signature:
    """Return times, sizes and numbers of files, by which a change is noticed; zeros for those that are missing."""
    told = []
    for path in paths:
        try:
            found = path.stat()
        except OSError:
            told.append((0, 0, 0))
        else:
            told.append((found.st_mtime_ns, found.st_size, found.st_ino))
    return tuple(told)


def chosen(
    entries: Sequence[Entry], words: str = "", statuses: Sequence[str] = (), order: Order = "path"
) -> list[Entry]:
    """Return the entries with all the words in path, recipe, data or score, and one of the statuses (none: any).

    By score the best stand first, those of one score's name together, those without one at the end.
    """
    asked = words.lower().split()
    kept = [
        entry
        for entry in entries
        if (not statuses or entry.status in statuses) and all(word in _searched(entry) for word in asked)
    ]
    if order == "newest":
        return sorted(kept, key=lambda entry: -entry.changed)
    return sorted(kept, key=_by_score) if order == "score" else kept


def _searched(entry: Entry) -> str:
    told = entry.told
    return f"{entry.label} {told.recipe} {told.data} {told.score}".lower()


def _by_score(entry: Entry) -> tuple[bool, str, float]:
    told = entry.told
    if told.value is None:
        return True, "", 0.0
    return False, told.score, told.value if told.lower_is_better else -told.value
