"""What ganbench asks of the Hugging Face Hub, by way of its own library; each failure becomes one sentence.

The token is the library's matter: it takes it from ``HF_TOKEN`` or from `hf auth login`. ganbench neither reads it nor
writes it anywhere, and hides it should a server's answer contain it.
"""

from __future__ import annotations

import importlib.metadata
import logging
import os
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from typing import TYPE_CHECKING

from ganbench.errors import UserError
from ganbench.zoo.hub_files import HubFile

if TYPE_CHECKING:
    from huggingface_hub import HfApi
    from huggingface_hub.hf_api import RepoSibling

TIMEOUT = 10.0  # seconds without an answer
_COMMIT = re.compile("[0-9a-f]{40}")
_BLOCK = 2**20
_LOG_IN = "set HF_TOKEN or run `hf auth login`"
_PLAIN = {"Accept-Encoding": "identity"}  # not compressed, so that sizes are those of the files


class UnreachableError(UserError):
    """The Hub cannot be asked, or has a problem of its own."""


def require_hub() -> None:
    """Raise UserError unless huggingface_hub is installed."""
    if find_spec("huggingface_hub") is None:
        raise UserError("the Hugging Face Hub needs huggingface_hub: pip install 'ganbench[hub]'")


def require_token(failed: str) -> None:
    """Raise UserError, which begins with ``failed``, unless huggingface_hub has a token."""
    from huggingface_hub import get_token

    with explain_hub_errors("", failed):
        token = get_token()
    if token is None:
        raise UserError(f"{failed}: it needs a token that may write; {_LOG_IN}")


def endpoint() -> str:
    """Return the address of the Hub: ``$HF_ENDPOINT``, or huggingface.co."""
    from huggingface_hub import constants

    return (os.environ.get("HF_ENDPOINT") or constants.ENDPOINT).rstrip("/")


def hub_api() -> HfApi:
    """Return huggingface_hub's client."""
    from huggingface_hub import HfApi

    return HfApi(endpoint=endpoint(), library_name="ganbench", library_version=_version())


def is_commit(revision: str) -> bool:
    """Say whether a revision is the full hash of a commit, which never changes."""
    return _COMMIT.fullmatch(revision) is not None


def list_files(repo: str, revision: str) -> tuple[str, list[HubFile]]:
    """Return the hash of the commit of a revision, and the files of that commit.

    Raises:
        UnreachableError: The Hub cannot be asked.
        UserError: There is no such repository or revision, or no permission to read it.
    """
    with explain_hub_errors(repo, f"hub:{repo} cannot be downloaded"):
        info = hub_api().model_info(repo, revision=revision, files_metadata=True, timeout=TIMEOUT)
        files, commit = [_parse_file(file) for file in info.siblings or ()], str(info.sha)
        if not is_commit(commit):
            raise ValueError(f"the commit is '{commit}'")
    return commit, files


def _parse_file(file: RepoSibling) -> HubFile:
    if not isinstance(file.size, int) or file.size < 0:
        raise ValueError(f"the size of '{file.rfilename}' is {file.size}")
    return HubFile(file.rfilename, file.size, str(file.lfs.sha256 if file.lfs else file.blob_id))


def download(repo: str, commit: str, file: HubFile) -> bytes:
    """Return the content of a file.

    huggingface_hub's own function limits no size and compares no hash.

    Raises:
        UserError: It cannot be downloaded, or is not the file that the Hub lists.
    """
    failed = f"hub:{repo} cannot be downloaded"
    with explain_hub_errors(repo, failed):
        from huggingface_hub import hf_hub_url
        from huggingface_hub.utils import build_hf_headers, get_session, hf_raise_for_status

        url = hf_hub_url(repo, file.path, revision=commit, endpoint=endpoint())
        headers = build_hf_headers(library_name="ganbench", library_version=_version())
        content = bytearray()
        with get_session().stream("GET", url, headers={**headers, **_PLAIN}, timeout=TIMEOUT) as response:
            hf_raise_for_status(response)
            for block in response.iter_bytes(_BLOCK):
                content += block
                if len(content) > file.size:
                    break
    if len(content) < file.size:
        raise UserError(
            f"{failed}: {file.path} ended after {len(content):,} of {file.size:,} bytes; try again"
        )
    if not file.is_intact(bytes(content)):
        raise UserError(f"{failed}: {file.path} is not the file that the Hub lists; try again")
    return bytes(content)


@contextmanager
def explain_hub_errors(repo: str, failed: str) -> Iterator[None]:
    """Convert errors of huggingface_hub in the block into a UserError that begins with ``failed``.

    Its log, progress bars and warnings are off meanwhile. The block must not write files, since their errors would be
    taken for the Hub's.

    Raises:
        UnreachableError: The Hub cannot be asked, or has a problem of its own.
        UserError: It refuses, or answers something else than the Hub does.
    """
    import httpx2

    kinds = (httpx2.HTTPError, httpx2.InvalidURL, OSError, ValueError, RuntimeError, LookupError, TypeError)
    try:
        with _quiet_library():
            yield
    except kinds as error:
        raise _explain(error, repo, failed) from error


def _explain(error: Exception, repo: str, failed: str) -> UserError:
    import httpx2
    from huggingface_hub import errors

    while isinstance(error, RuntimeError) and isinstance(error.__cause__, Exception):
        error = error.__cause__  # of an upload in a thread
    server, status = endpoint(), getattr(getattr(error, "response", None), "status_code", None)
    if isinstance(error, errors.OfflineModeIsEnabled):
        return UnreachableError(f"{failed}: HF_HUB_OFFLINE is set")
    if isinstance(error, httpx2.TransportError | httpx2.InvalidURL):
        return UnreachableError(f"{failed}: {server} cannot be reached ({_reason(error)})")
    if status is not None and (status >= 500 or status == 429):
        problem = "has had too many requests" if status == 429 else "has a problem of its own"
        return UnreachableError(f"{failed}: {server} {problem} (HTTP {status}); try again later")
    if isinstance(error, errors.GatedRepoError):
        return UserError(f"{failed}: its owner grants access, at {server}/{repo}; then {_LOG_IN}")
    if isinstance(error, errors.RevisionNotFoundError):
        return UserError(f"{failed}: it has no such revision")
    if isinstance(error, errors.RepositoryNotFoundError) or (status == 401 and not _sent_token(error)):
        return UserError(
            f"{failed}: {server} has no such model, or it is private; for a private one, {_LOG_IN}"
        )
    if status == 401:
        return UserError(f"{failed}: {server} does not accept the token; {_LOG_IN}")
    if status == 403:
        return UserError(f"{failed}: the token has no permission to do this; use another one")
    if status is not None:
        return UserError(f"{failed}: {server} refuses (HTTP {status}: {_reason(error)})")
    return UserError(f"{failed}: {server} does not answer as the Hub does ({_reason(error)})")


def _reason(error: Exception) -> str:
    """Return what an error says in at most 200 characters, without the token, should the server repeat it."""
    text = getattr(error, "server_message", None) or str(error) or type(error).__name__
    token = _sent_token(error)
    return " ".join((text.replace(token, "<token>") if token else text).split())[:200]


def _sent_token(error: Exception) -> str:
    """Return the token of the request that failed; empty if there was none."""
    response = getattr(error, "response", None)
    sent = "" if response is None else str(response.request.headers.get("authorization", ""))
    return sent.removeprefix("Bearer ")


@contextmanager
def _quiet_library() -> Iterator[None]:
    from huggingface_hub.utils import (
        are_progress_bars_disabled,
        disable_progress_bars,
        enable_progress_bars,
    )
    from huggingface_hub.utils.logging import get_verbosity, set_verbosity

    level, had_bars = get_verbosity(), not are_progress_bars_disabled()
    set_verbosity(logging.CRITICAL)
    disable_progress_bars()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        set_verbosity(level)
        if had_bars:
            enable_progress_bars()


def _version() -> str:
    return importlib.metadata.version("ganbench")
