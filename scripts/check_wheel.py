"""Build the packages, check what they hold, install the wheel anew and run a user's first commands.

    make wheel-check                                           # in this interpreter's version
    python scripts/check_wheel.py --python python3.13          # or in another one

The new environment has ganbench without extras, none of its variables, an empty home folder, and no network after the
install. Each command must end with the expected exit code and without a traceback; commands that need an extra must
name it.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import subprocess
import sys
import tarfile
import tempfile
import time
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "src" / "ganbench"
MAX_BYTES = 4_000_000  # of each package; results and trained models of the repository are larger

#: What a user runs first, and the exit code that each must have.
FIRST_COMMANDS: tuple[tuple[str, int], ...] = (
    ("ganbench --version", 0),
    ("ganbench --help", 0),
    ("ganbench recipes ring8", 0),
    ("ganbench data list", 0),
    ("ganbench zoo list", 0),
    ("ganbench show gan-r1-ring8 --budget laptop", 0),
    ("ganbench sample zoo:digits --out digits.png", 0),
    ("ganbench train gan-r1-ring8 --budget laptop --out runs/ring schedule.steps=200", 0),
    ("ganbench resume runs/ring --steps 300", 0),
    ("ganbench sample runs/ring --n 1000 --out ring.npz", 0),
    ("ganbench evaluate runs/ring", 0),
    ("ganbench report runs/ring", 0),
    ("ganbench export runs/ring --format safetensors --out exported", 0),
    ("ganbench export runs/ring --format onnx --out program", 2),
    ("ganbench evaluate zoo:shapes --metrics fd", 2),
    ("ganbench push runs/ring --repo me/ring", 2),
    ("ganbench serve runs/ring", 2),
    ("ganbench ui runs", 2),
)


def main() -> None:
    """Check everything, print a line for each step, and exit with code 1 at the first failure."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--python", default=sys.executable, help="the interpreter of the new environment")
    parser.add_argument("--wheel", type=Path, help="use this wheel and build nothing")
    parser.add_argument(
        "--json", type=Path, help="write the seconds and CPU seconds of each step to this file"
    )
    parser.add_argument("--pip", default="", help="more options of `pip install`, such as '--find-links DIR'")
    parser.add_argument("--work", type=Path, help="a new folder to work in, which is kept")
    options = parser.parse_args()
    with contextlib.ExitStack() as stack:
        work = options.work or Path(
            stack.enter_context(tempfile.TemporaryDirectory(prefix="ganbench-wheel-"))
        )
        seconds: dict[str, list[float]] = {}
        wheel = options.wheel or build(work / "dist", seconds)
        bin_folder = install(wheel.resolve(), options.python, options.pip.split(), work / "venv", seconds)
        (work / "home").mkdir()
        (work / "desk").mkdir()
        for command, code in FIRST_COMMANDS:
            run_first(command, code, bin_folder, work, seconds)
    if options.json:
        options.json.write_text(json.dumps(seconds, indent=1) + "\n", encoding="utf-8")


def build(folder: Path, seconds: dict[str, list[float]]) -> Path:
    """Build sdist and wheel into a folder, check both, and return the wheel."""
    step("build", [sys.executable, "-m", "build", "--outdir", str(folder), str(ROOT)], seconds)
    packages = sorted(str(path) for path in folder.iterdir())
    step("twine check --strict", [sys.executable, "-m", "twine", "check", "--strict", *packages], seconds)
    (wheel,), (sdist,) = folder.glob("*.whl"), folder.glob("*.tar.gz")
    with zipfile.ZipFile(wheel) as archive:
        check_contents(wheel, {name for name in archive.namelist() if ".dist-info/" not in name})
    with tarfile.open(sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    check_contents(sdist, {name.removeprefix("src/") for name in names if name.startswith("src/")})
    for name in ("pyproject.toml", "README.md", "LICENSE", "CHANGELOG.md", "CITATION.cff", "constraints.txt"):
        require(name in names, f"{sdist.name} has no {name}")
    return wheel


def check_contents(package: Path, names: set[str]) -> None:
    """Require that a package holds the tracked files of src/ganbench and no others, and is small."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "."], cwd=PACKAGE, capture_output=True, check=True, encoding="utf-8"
    )
    expected = {f"ganbench/{name}" for name in listed.stdout.split("\0") if name}
    require(not expected - names, f"{package.name} lacks {sorted(expected - names)[:5]}")
    require(not names - expected, f"{package.name} has untracked {sorted(names - expected)[:5]}")
    size = package.stat().st_size
    require(size <= MAX_BYTES, f"{package.name} has {size:,} bytes, more than {MAX_BYTES:,}")
    print(f"      {package.name}: {len(names)} files of the package, {size / 1e6:.2f} MB")


def install(wheel: Path, python: str, more: list[str], venv: Path, seconds: dict[str, list[float]]) -> Path:
    """Install the wheel without extras in a new environment, and return the folder of its commands."""
    step("python -m venv", [python, "-m", "venv", str(venv)], seconds)
    bin_folder = venv / ("Scripts" if os.name == "nt" else "bin")
    pip = [str(bin_folder / "python"), "-m", "pip", "--disable-pip-version-check"]
    step(
        "pip install",
        [*pip, "install", "-q", "-c", str(ROOT / "constraints.txt"), *more, str(wheel)],
        seconds,
    )
    step("pip check", [*pip, "check"], seconds)
    return bin_folder


def run_first(command: str, code: int, bin_folder: Path, work: Path, seconds: dict[str, list[float]]) -> None:
    """Run one of a user's first commands, and require its exit code and a message without a traceback."""
    keep = ("SYSTEMROOT", "TEMP", "TMP", "LANG", "LC_ALL", "OMP_NUM_THREADS")
    environment = {name: os.environ[name] for name in keep if name in os.environ}
    environment |= {"PATH": str(bin_folder), "HOME": str(work / "home"), "USERPROFILE": str(work / "home")}
    environment |= dict.fromkeys(("http_proxy", "https_proxy"), "http://127.0.0.1:9")  # nothing listens there
    done = timed(
        command + (f"  (exit code {code})" if code else ""),
        [str(bin_folder / "ganbench"), *command.split()[1:]],
        seconds,
        cwd=work / "desk",
        env=environment,
    )
    require(done.returncode == code, f"exit code {done.returncode}, not {code}\n{done.stdout}{done.stderr}")
    require("Traceback" not in done.stderr, done.stderr)
    if code:
        require("pip install 'ganbench[" in done.stderr, f"no extra is named: {done.stderr}")


def step(name: str, command: list[str], seconds: dict[str, list[float]]) -> None:
    """Run a command, and end with its output if it fails."""
    done = timed(name, command, seconds)
    require(done.returncode == 0, f"{done.stdout}{done.stderr}")


def timed(
    name: str,
    command: list[str],
    seconds: dict[str, list[float]],
    cwd: Path | None = None,
    env: dict[str, str] | None = None,
) -> subprocess.CompletedProcess[str]:
    """Run a command, and print how long it took and, where the system tells, how much time of the CPU."""
    began, before = time.perf_counter(), os.times()
    done = subprocess.run(
        command,
        cwd=cwd,
        env=env,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        encoding="utf-8",
        errors="replace",
    )
    took, after = time.perf_counter() - began, os.times()
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    seconds[name] = [round(took, 2), round(cpu, 2)]
    print(f"{took:6.1f} s {cpu:6.1f} s CPU  {name}", flush=True)
    return done


def require(condition: bool, message: str) -> None:
    """End with a message unless the condition holds."""
    if not condition:
        sys.exit(f"wheel check failed: {message}")


if __name__ == "__main__":
    main()
