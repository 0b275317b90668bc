"""The command ``ui``."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Annotated

import typer


def ui(
    root: Annotated[
        Path, typer.Argument(metavar="ROOT", help="The folder with the runs and studies.")
    ] = Path("runs"),
    port: Annotated[int, typer.Option(min=1, max=65535, help="The port to serve at.")] = 8501,
    host: Annotated[
        str,
        typer.Option(help="The address to serve at. By default only this machine can reach the dashboard."),
    ] = "127.0.0.1",
    read_only: Annotated[
        bool, typer.Option("--read-only", help="Show no controls that start, stop or change runs.")
    ] = False,
) -> None:
    """Show runs and studies in the browser, live; start, stop and change runs; try out models. Ctrl-C stops it.

    Other machines (--host) see no controls unless GANBENCH_TOKEN holds a token, which the browser is then asked for.
    """
    from ganbench.dashboard import server
    from ganbench.dashboard.folders import resolve_root
    from ganbench.dashboard.permission import choose_permission
    from ganbench.serve.access import VARIABLE, choose_token

    server.require_streamlit()
    folder = resolve_root(root)
    server.require_free_port(host, port)
    if not server.is_local(host):
        print(f"warning: anyone who can reach {host} can see {folder} and use its models", file=sys.stderr)
    token = choose_token(host)[0] if os.environ.get(VARIABLE) else None
    permission = choose_permission(local=server.is_local(host), read_only=read_only, token=token)
    command = server.server_command(folder, host, port, permission.controls)
    if sys.platform == "win32":  # there, execv would return to the shell at once, and quotes no spaces
        with suppress(KeyboardInterrupt):
            sys.exit(subprocess.call(command))
    os.execv(command[0], command)
