"""Upload a packed run to the Hugging Face Hub, in one commit: a reader sees all of it or nothing."""

from __future__ import annotations

from pathlib import Path

from ganbench.errors import UserError
from ganbench.utils.progress import print_note
from ganbench.zoo.hub_client import TIMEOUT, endpoint, explain_hub_errors, hub_api

#: Folders of a packed run, of which the commit deletes what an earlier one had.
_REPLACED = ("checkpoints/", "eval/", "samples/")


def upload(folder: Path, repo: str, *, private: bool, branch: str, message: str) -> str:
    """Upload all files of a packed run, and return the commit's hash. The repository and branch are made if missing.

    Files of an earlier commit that a packed run would have are deleted; others stay, such as a licence.

    Args:
        folder: The packed run.
        repo: ``OWNER/NAME``.
        private: Whether the repository must be private.
        branch: The branch to commit to.
        message: The subject of the commit.

    Raises:
        UserError: The Hub cannot be reached or refuses, or ``private`` is set and the repository is public.
    """
    files = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}
    size = sum(path.stat().st_size for path in files.values())
    with explain_hub_errors(repo, f"nothing is pushed to {repo}"):
        from huggingface_hub import CommitOperationAdd, CommitOperationDelete

        api = hub_api()
        api.create_repo(repo, private=private or None, exist_ok=True)
        if branch != "main":
            api.create_branch(repo, branch=branch, exist_ok=True)
        before = api.model_info(repo, revision=branch, timeout=TIMEOUT)
        if private and not before.private:
            raise UserError(
                f"nothing is pushed to {repo}: it exists and is public; make it private in its settings, or leave out "
                "--private"
            )
        names = [file.rfilename for file in before.siblings or ()]
        old = [name for name in names if name.startswith(_REPLACED) and name not in files]
        print_note(f"uploading {len(files)} files, {size / 1e6:.2f} MB, to {endpoint()}/{repo}")
        commit = api.create_commit(
            repo,
            [
                *(CommitOperationAdd(name, path) for name, path in files.items()),
                *map(CommitOperationDelete, old),
            ],
            commit_message=message,
            revision=branch,
            parent_commit=before.sha,
        )
    return commit.oid
