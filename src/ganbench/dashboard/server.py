"""How Streamlit is started: for this machine only, telling nobody, taking no file above the limit."""

from __future__ import annotations

import importlib.util
import ipaddress
import socket
import sys
from pathlib import Path

from ganbench.errors import UserError

MOST_MEGABYTES = 8  # of an upload
# By no other name may a browser ask on this machine: another site's name that leads here is not answered.
_OWN_NAMES = ("localhost", "127.0.0.1", "::1")
_SCRIPT = Path(__file__).with_name("script") / "dashboard.py"


def command(root: Path, host: str, port: int) -> list[str]:
    """Return the command that serves the dashboard of a root.

    Options stand in the command, where no file of settings and no environment variable outdoes them.
    """
    settings: dict[str, str | int] = {
        "server.address": host,
        "server.port": port,
        "server.headless": "true",
        "server.enableCORS": "true",  # which, in Streamlit's words, is protection against other origins
        "server.enableXsrfProtection": "true",
        "server.enableStaticServing": "false",
        "server.enableAgentApi": "false",
        "server.maxUploadSize": MOST_MEGABYTES,
        "server.fileWatcherType": "none",
        "server.runOnSave": "false",
        "browser.gatherUsageStats": "false",
        "browser.serverAddress": host,
        "client.toolbarMode": "minimal",
        "client.showErrorDetails": "none",
        "client.showErrorLinks": "false",
        "runner.magicEnabled": "false",
        "global.developmentMode": "false",
        "logger.level": "warning",
        "logger.hideWelcomeMessage": "true",
    }
    options = [f"--{name}={value}" for name, value in settings.items()]
    options += [f"--server.allowedHosts={name}" for name in (_OWN_NAMES if is_local(host) else ())]
    # -P: what lies in the current folder is not imported, whatever its name.
    python = [sys.executable, "-P", "-m", "ganbench.dashboard.serve"]
    words = f"{root} is shown at {address(host, port)} (Ctrl-C ends it)"
    return [*python, words, "run", str(_SCRIPT), *options, "--", str(root)]


def address(host: str, port: int) -> str:
    """Return what to type into a browser."""
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"


def require_streamlit() -> None:
    """Raise UserError if the dashboard's extra is not installed."""
    if importlib.util.find_spec("streamlit") is None:
        raise UserError("the dashboard needs Streamlit, which is not installed: pip install 'ganbench[ui]'")


def require_free(host: str, port: int) -> None:
    """Raise UserError if nothing can be served there."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (OSError, UnicodeError) as error:
        raise UserError(f"'{host}' is no address of this machine; give --host 127.0.0.1") from error
    family, kind, protocol, _, place = found[0]
    with socket.socket(family, kind, protocol) as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind(place)
        except OSError as error:
            raise UserError(
                f"{host}:{port} cannot be used ({error.strerror}); give another --port"
            ) from error


def is_local(host: str) -> bool:
    """Whether only this machine can reach the address."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
