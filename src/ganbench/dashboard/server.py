"""Start Streamlit safely: local by default, no telemetry, no requests from other sites, limited uploads."""

from __future__ import annotations

import importlib.util
import ipaddress
import socket
import sys
from pathlib import Path

from ganbench.dashboard.permission import Controls
from ganbench.errors import UserError

MAX_UPLOAD_MB = 8
#: The host names that a browser on this machine may use. Others are rejected, since an attacker's site could make its
#: own name resolve to this machine (DNS rebinding).
LOCAL_NAMES = ("localhost", "127.0.0.1", "::1")
_SCRIPT = Path(__file__).with_name("script") / "app.py"


def server_command(root: Path, host: str, port: int, controls: Controls = "off") -> list[str]:
    """Return the command that serves the dashboard of a root folder.

    A token, if ``controls`` need one, is in the environment, since other users can see the command.

    All settings are command-line options, which take precedence over Streamlit's settings files and environment
    variables.
    """
    settings: dict[str, str | int] = {
        "server.address": host,
        "server.port": port,
        "server.headless": "true",
        "server.enableCORS": "true",  # Streamlit's name for protection against requests from other origins
        "server.enableXsrfProtection": "true",
        "server.enableStaticServing": "false",
        "server.enableAgentApi": "false",
        "server.maxUploadSize": MAX_UPLOAD_MB,
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
    options += [f"--server.allowedHosts={name}" for name in (LOCAL_NAMES if is_local(host) else ())]
    # -P: modules in the current folder must not shadow installed ones.
    python = [sys.executable, "-P", "-m", "ganbench.dashboard.serve"]
    message = f"Showing {root} at {server_url(host, port)} (press Ctrl-C to stop)"
    return [*python, message, "run", str(_SCRIPT), *options, "--", str(root), controls]


def server_url(host: str, port: int) -> str:
    """Return the URL of the dashboard."""
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"


def require_streamlit() -> None:
    """Raise UserError if Streamlit is not installed."""
    if importlib.util.find_spec("streamlit") is None:
        raise UserError("the dashboard needs Streamlit, which is not installed: pip install 'ganbench[ui]'")


def require_free_port(host: str, port: int) -> None:
    """Raise UserError if the address is not one of this machine's, or the port is in use."""
    bind(host, port).close()


def bind(host: str, port: int) -> socket.socket:
    """Return a socket that is bound to an address, port 0 for any that is free.

    Raises:
        UserError: The address is not one of this machine's, or the port is in use.
    """
    try:
        addresses = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (OSError, UnicodeError) as error:
        raise UserError(f"'{host}' is not an address of this machine; try --host 127.0.0.1") from error
    family, kind, protocol, _, address = addresses[0]
    bound = socket.socket(family, kind, protocol)
    bound.setsockopt(socket.SOL_SOCKET, _port_option(), 1)
    try:
        bound.bind(address)
    except OSError as error:
        bound.close()
        raise UserError(f"{host}:{port} cannot be used ({error.strerror}); give another --port") from error
    return bound


def _port_option() -> int:
    """Return the option with which a port can be used again, but by one process at a time."""
    if sys.platform == "win32":  # there, SO_REUSEADDR would let two processes share it
        return socket.SO_EXCLUSIVEADDRUSE
    return socket.SO_REUSEADDR


def is_local(host: str) -> bool:
    """Return whether only this machine can reach the address."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
