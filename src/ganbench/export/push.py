"""Publish the model of a run on the Hugging Face Hub: pack it with a card, and upload it."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from ganbench.errors import UserError
from ganbench.export.pack import pack_model
from ganbench.inference.model_folder import CONFIG
from ganbench.runs.run import Run
from ganbench.utils.files import read_json
from ganbench.utils.progress import print_note
from ganbench.zoo.hub import HubName, require_repo, require_revision
from ganbench.zoo.hub_client import is_commit, require_hub, require_token
from ganbench.zoo.hub_upload import upload

_PATH = re.compile(r"(?:^|[\s:=,'\"(])((?:/(?![/\s])|~/|[A-Za-z]:\\)\S+)")


def push_run(
    run: Run,
    repo: str,
    *,
    private: bool = False,
    branch: str = "main",
    message: str = "",
    summary: str = "",
    step: int | str | None = None,
    without: Collection[str] = (),
    with_paths: bool = False,
    trusted: Collection[str] = (),
) -> str:
    """Pack a run, and upload it as one commit of a model repository; it is made if it is missing.

    Args:
        run: The run.
        repo: ``OWNER/NAME``.
        private: Make the repository private; an existing one must be.
        branch: The branch to commit to; it is made if it is missing.
        message: The subject of the commit; by default, the recipe and the step.
        summary: What the model draws, in one sentence, for the card; by default, the recipe's.
        step: A step with a checkpoint, or ``"best"``; by default, the newest.
        without: Networks to leave out, such as D.
        with_paths: Publish the model although its records name files of this machine.
        trusted: Names of the user's own Python modules that the recipe may import.

    Returns:
        What loads the model: ``hub:OWNER/NAME@COMMIT``.

    Raises:
        UserError: A name is wrong, there is no token, the run cannot be packed, its records name files of this machine,
            or the Hub cannot be reached or refuses.
    """
    require_repo(repo)
    require_revision(branch)
    if is_commit(branch):
        raise UserError(f"nothing can be pushed to the commit {branch}; name a branch")
    require_hub()
    require_token(f"nothing is pushed to {repo}")
    with TemporaryDirectory(prefix="ganbench-push-") as temporary:
        folder = Path(temporary) / "model"
        difference = pack_model(
            run,
            folder,
            str(HubName(repo, branch)),
            summary=summary,
            step=step,
            without=without,
            trusted=trusted,
        )
        packed, record = Run(folder), read_json(folder / CONFIG)
        paths = sorted({*_paths_in(record), *_local_paths(packed)})
        if paths and not private and not with_paths:
            raise UserError(
                f"nothing is pushed to {repo}: everyone could read that the run's records name "
                f"{', '.join(paths[:3])}{', ...' * (len(paths) > 3)}; allow it by --with-paths, or push with --private"
            )
        print_note(f"samples differ by {difference:.3g} from those of {run.path}")
        subject = message or f"{record['recipe']['name']}, step {record['step']:,}"
        commit = upload(folder, repo, private=private, branch=branch, message=subject)
    return str(HubName(repo, commit))


def _local_paths(run: Run) -> Iterator[str]:
    """Yield the absolute paths that the records of a run name, such as those of the user's own images."""
    for path in (run.path / "recipe.json", run.path / "meta.json", *run.eval.glob("*.json")):
        yield from _paths_in(read_json(path))
    for event in run.events.stream():
        yield from _paths_in(event)


def _paths_in(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield from _PATH.findall(value)
    elif isinstance(value, dict):
        for item in value.values():
            yield from _paths_in(item)
    elif isinstance(value, list):
        for item in value:
            yield from _paths_in(item)
