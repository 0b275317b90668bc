"""The command ``playground``."""

from __future__ import annotations

import sys
from typing import Annotated

import typer


def playground(
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="The port to serve at; 0 for any that is free.")
    ] = 8600,
    host: Annotated[
        str,
        typer.Option(
            help="The address to serve at. By default only this machine can reach the page. For others, it needs a "
            "token: that of GANBENCH_TOKEN, or a new one, which is printed."
        ),
    ] = "127.0.0.1",
    browser: Annotated[bool, typer.Option("--browser", help="Open the page in the browser.")] = False,
) -> None:
    """Watch a GAN learn points of the plane in the browser, step by step, and change it. Ctrl-C stops the server."""
    from ganbench.dashboard.server import LOCAL_NAMES, bind, is_local, server_url
    from ganbench.serve.access import choose_token
    from ganbench.serve.server import require_packages, run_app

    require_packages("playground", ("fastapi", "uvicorn", "websockets"))
    token, is_new = choose_token(host)
    with bind(host, port) as listener:
        from ganbench.playground.app import create_app
        from ganbench.playground.limits import PlaygroundLimits
        from ganbench.serve.limits import Limits

        limits = PlaygroundLimits()
        app = create_app(limits=limits, token=token, hosts=LOCAL_NAMES if is_local(host) else ())
        listener.listen()
        if is_new:
            print(f"token: {token}", file=sys.stderr)
        address = server_url(host, listener.getsockname()[1])
        print(f"The 2-D playground is at {address}/ (press Ctrl-C to stop)", flush=True)
        if browser:
            import webbrowser

            webbrowser.open(f"{address}/#token={token}" if token else f"{address}/")
        run_app(app, listener, Limits(connections=64, stop_seconds=5), message_bytes=limits.message_bytes)
