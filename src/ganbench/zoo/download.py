"""Download a file of a zoo model, of the size in the index at most."""

from __future__ import annotations

import http.client
import os
import urllib.parse
import urllib.request

from ganbench.errors import UserError
from ganbench.zoo.index import ZooFile

URL = "https://raw.githubusercontent.com/ganbench/ganbench/main/zoo"
TIMEOUT = 30.0  # seconds without an answer


def download_file(model: str, file: ZooFile) -> bytes:
    """Return the content of a file as the server has it; the caller compares it with its SHA-256.

    Files come from ``$GANBENCH_ZOO_URL``, or the project's repository.

    Raises:
        UserError: The server cannot be reached, lacks the file, or sends more or less of it.
    """
    base = os.environ.get("GANBENCH_ZOO_URL", URL).rstrip("/")
    url = f"{base}/{model}/{urllib.parse.quote(file.path)}"
    if not url.startswith(("https://", "http://")):
        raise UserError(f"GANBENCH_ZOO_URL must start with https:// or http://, not '{base}'")
    try:
        with urllib.request.urlopen(url, timeout=TIMEOUT) as response:
            content: bytes = response.read(file.size + 1)
    except (OSError, http.client.HTTPException, ValueError) as error:
        reason = getattr(error, "reason", None) or error
        raise UserError(
            f"zoo:{model} cannot be downloaded: {url} answers '{reason}'; try again, or set GANBENCH_ZOO to a folder "
            "with the zoo"
        ) from error
    if len(content) != file.size:
        more = "more than " if len(content) > file.size else f"{len(content):,} of "
        raise UserError(f"the download of zoo:{model} failed: {url} has {more}{file.size:,} bytes; try again")
    return content
