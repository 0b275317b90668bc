"""What other systems lack or do otherwise, simulated here: modules of POSIX, encodings, number formats of devices."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import ganbench

ROOT = Path(ganbench.__file__).parent
FILES = {str(path.relative_to(ROOT)): path for path in sorted(ROOT.rglob("*.py"))}
#: Modules that Windows does not have.
POSIX_MODULES = ("fcntl", "grp", "posix", "pwd", "resource", "syslog", "termios", "tty")
#: What the modules ``os``, ``signal`` and ``socket`` lack on Windows and ganbench might use.
POSIX_NAMES = {
    "os": (
        *("O_NOFOLLOW", "O_NONBLOCK", "chown", "fork", "getpgid", "getuid", "killpg", "mkfifo", "nice"),
        *("sched_getaffinity", "setsid", "statvfs", "sysconf", "uname"),
    ),
    "signal": ("SIGALRM", "SIGHUP", "SIGKILL", "SIGPIPE", "SIGUSR1", "SIGUSR2", "pthread_sigmask"),
    "socket": ("AF_UNIX", "SO_REUSEPORT"),
}
#: Run by themselves: importing them starts something.
SCRIPTS = ("__main__.py", "dashboard/script/app.py", "dashboard/script/dashboard.py")

IMPORT_ALL = """
import importlib, json, os, signal, socket, sys, warnings
import torch, streamlit, matplotlib.pyplot, uvicorn, fastapi, huggingface_hub, rich, typer, PIL.Image  # use the names
import filelock, pydantic, safetensors.torch, torchvision, yamlcore, prometheus_client, torch.export
modules, names, to_import = json.loads(sys.stdin.read())
for module, missing in names.items():
    for name in missing:
        if hasattr(sys.modules[module], name):
            delattr(sys.modules[module], name)
for module in modules:
    sys.modules[module] = None
warnings.filterwarnings("error", category=EncodingWarning, module="ganbench")
for module in to_import:
    importlib.import_module(module)
"""


def test_every_module_can_be_imported_without_what_windows_lacks() -> None:
    names = [
        ".".join(("ganbench", *path.with_suffix("").parts)).removesuffix(".__init__")
        for path in map(Path, FILES)
        if path.as_posix() not in SCRIPTS
    ]
    done = subprocess.run(
        [sys.executable, "-X", "warn_default_encoding", "-c", IMPORT_ALL],
        input=json.dumps([POSIX_MODULES, POSIX_NAMES, names]),
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr


def calls(file: str) -> Iterator[ast.Call]:
    tree = ast.parse(FILES[file].read_text(encoding="utf-8"))
    return (node for node in ast.walk(tree) if isinstance(node, ast.Call))


def _opens_text(call: ast.Call) -> bool:
    """Whether a call opens, reads or writes a file as text, in the encoding of the machine."""
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    if any(keyword.arg == "encoding" for keyword in call.keywords):
        return False
    if name in ("read_text", "write_text"):
        return True
    if name not in ("open", "TemporaryFile", "NamedTemporaryFile", "fdopen"):
        return False
    if isinstance(call.func, ast.Attribute) and ast.unparse(call.func.value) in (
        "Image",
        "os",
        "gzip",
        "webbrowser",
        "file",
        "archive",
        "tarfile",
        "choice",
    ):
        return False  # pictures, descriptors, archives and their parts, which are bytes; a backend
    words = [*call.args, *(keyword.value for keyword in call.keywords)]
    modes = [w.value for w in words if isinstance(w, ast.Constant) and isinstance(w.value, str)]
    return not any("b" in mode for mode in modes)


@pytest.mark.parametrize("file", FILES)
def test_text_files_have_an_encoding(file: str) -> None:
    lines = [call.lineno for call in calls(file) if _opens_text(call)]
    assert lines == []


def test_the_search_for_encodings_finds_what_it_should() -> None:
    wrong = ["open(p)", "p.open('a')", "p.read_text()", "p.write_text(x)", "tempfile.TemporaryFile('w+')"]
    right = ["open(p, 'rb')", "p.open(encoding='utf-8')", "p.read_text(encoding='ascii')", "Image.open(p)"]
    for code in wrong + right:
        call = ast.parse(code, mode="eval").body
        assert isinstance(call, ast.Call)
        assert _opens_text(call) == (code in wrong), code


#: Packages whose tensors are on the device that trains; MPS has no float64.
ON_THE_DEVICE = (
    "algorithms",
    "augment",
    "conditioning",
    "layers",
    "losses",
    "networks",
    "regularizers",
    "training",
)


@pytest.mark.parametrize("file", [name for name in FILES if name.startswith(ON_THE_DEVICE)])
def test_what_runs_on_the_device_needs_no_float64(file: str) -> None:
    text = FILES[file].read_text(encoding="utf-8")
    assert not [word for word in ("float64", ".double()", "complex128") if word in text]


@pytest.mark.parametrize("file", FILES)
def test_no_process_is_forked(file: str) -> None:
    """macOS and Windows spawn processes, and Python 3.14 forks none by default."""
    text = FILES[file].read_text(encoding="utf-8")
    assert "os.fork" not in text
    if "multiprocessing" in text or "ProcessPoolExecutor" in text:
        assert text.count("ProcessPoolExecutor(") == text.count('multiprocessing.get_context("spawn")') > 0
