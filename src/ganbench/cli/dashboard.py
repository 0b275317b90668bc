"""The command line's ``ganbench ui``: the dashboard and the playground in a browser."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer


def ui(
    root: Annotated[
        Path, typer.Argument(metavar="[ROOT]", help="The folder whose runs and studies are shown.")
    ] = Path("runs"),
    port: Annotated[int, typer.Option(min=1, max=65535, help="Where the browser finds it.")] = 8501,
    host: Annotated[
        str, typer.Option(help="The address to serve at; others than this machine's are open to others.")
    ] = "127.0.0.1",
) -> None:
    """Show runs and studies in a browser, live, and play with their models; nothing is changed. Ctrl-C ends it."""
    from ganbench.dashboard import server
    from ganbench.dashboard.folders import root_of

    server.require_streamlit()
    shown = root_of(root)
    server.require_free(host, port)
    if not server.is_local(host):
        print(f"warning: whoever can reach {host} can see {shown} and use its models", file=sys.stderr)
    command = server.command(shown, host, port)
    os.execv(command[0], command)
