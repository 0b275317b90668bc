"""``ganbench ui`` as a process that serves a folder of runs to a browser."""

from __future__ import annotations

import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.support.ports import free_port


@contextmanager
def dashboard(root: Path) -> Iterator[str]:
    """Serve a folder of runs, and give the address; at the end, check what the server printed."""
    port = free_port()
    command = [sys.executable, "-m", "ganbench", "ui", str(root), "--port", str(port)]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    address = f"http://127.0.0.1:{port}"
    try:
        for _ in range(600):
            with suppress(OSError):
                urllib.request.urlopen(f"{address}/_stcore/health").close()
                break
            assert server.poll() is None, server.communicate()[0]
            time.sleep(0.2)
        yield address
        assert server.poll() is None, f"the server ended by itself: {server.returncode}"
    finally:
        server.terminate()
        output = server.communicate(timeout=60)[0]
    assert f"Showing {root} at {address}" in output
    assert "Traceback" not in output, output
