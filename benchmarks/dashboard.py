"""How long the dashboard takes for the first view of many runs, and for a run of many events.

    python -m benchmarks.dashboard [--runs 200] [--events 100000] [--rounds 5] [--out results/dashboard.json]

``list``: from nothing kept to the sorted list of runs, each with 20 pictures and 2,000 events, of which 100 are layers.
``list again``: the same with what was kept. ``run``: reading a run of so many events, asking the health rules, and
making the page with its thinned curves. ``run again``: the same with what was kept, the page made anew. Numbers are
seconds in this process; the middle one of the rounds decides. ``cpu`` is the same in processor time, which others at
work on the machine do not lengthen. With ``--browser`` also the seconds from asking for the page to the list in a
real browser, of a server that has just started.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ganbench.dashboard import run_panels as panels
from ganbench.dashboard.index import Index, filter_runs
from ganbench.dashboard.run_cache import RunCache
from ganbench.metrics.record import versions

GOALS = {"list": 3.0, "run": 2.0}  # seconds
PORT = 8733


def main() -> None:
    """Measure, print a table; ``--out`` keeps the numbers."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--runs", type=int, default=200)
    parser.add_argument("--events", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--browser", action="store_true")
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        root = Path(place)
        for number in range(arguments.runs):
            make_run(root / "many" / f"run-{number:03d}", events=2000, pictures=20, layers_every=20)
        long = make_run(root / "long" / "run", events=arguments.events, pictures=20, layers_every=1000)
        measured = {
            **measure_list(root / "many", arguments.rounds),
            **measure_run(long, arguments.rounds),
        }
        if arguments.browser:
            measured["browser"] = [measure_browser(root / "many", arguments.runs)]
    report(arguments, measured)


def make_run(folder: Path, *, events: int, pictures: int, layers_every: int) -> Path:
    """Write a run folder as a training leaves it: scalars and speed in turn, layers and scores now and then."""
    (folder / "samples").mkdir(parents=True)
    recipe = {"name": "made", "summary": "", "schedule": {"steps": events, "batch": 64}, "papers": []}
    meta = {"seed": 0, "data": {"name": "ring8"}, "machine": {"device": "cpu"}}
    (folder / "recipe.json").write_text(json.dumps(recipe))
    (folder / "meta.json").write_text(json.dumps(meta))
    with (folder / "events.jsonl").open("w") as log:
        for step in range(1, events + 1):
            log.write(json.dumps(event_of(step, layers_every)) + "\n")
    for number in range(pictures):
        (folder / "samples" / f"step-{number:08d}.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    return folder


def event_of(step: int, layers_every: int) -> dict[str, Any]:
    """Return the event of a step."""
    if step % layers_every == 0:
        parameters = {f"{n}.layers.{i}.weight": [1 / step, 0.0, 0.1] for n in "DG" for i in range(20)}
        return {"kind": "layers", "step": step, "parameters": parameters}
    if step % 500 == 1:
        return {"kind": "score", "step": step, "name": "fd", "value": 100 / step, "better": "lower"}
    if step % 2:
        seconds = {"total": 0.5, "data": 0.1}
        return {"kind": "speed", "step": step, "images_per_second": 900.0 + step % 7, "seconds": seconds}
    terms = {"D/adversarial": 1 + math.sin(step), "D/r1": 1 / step, "G/adversarial": math.cos(step)}
    return {"kind": "scalars", "step": step, "kimg": step * 0.064, **terms}


def measure_list(root: Path, rounds: int) -> dict[str, list[Any]]:
    """Return seconds and processor seconds of the first list and of the next one, round by round."""
    found: dict[str, list[Any]] = {"list": [], "list again": []}
    for _ in range(rounds):
        index = Index(root)
        for name in found:
            found[name].append(seconds_of(lambda index=index: filter_runs(index.runs(), order="score")))
    return found


def measure_run(folder: Path, rounds: int) -> dict[str, list[Any]]:
    """Return seconds and processor seconds of a run's page, read for the first time and kept."""
    found: dict[str, list[Any]] = {"run": [], "run again": []}
    for _ in range(rounds):
        readings = RunCache()
        for name in found:
            found[name].append(seconds_of(lambda readings=readings: panels.curves_page(readings.get(folder))))
    return found


def seconds_of(action: Callable[[], object]) -> dict[str, float]:
    """Return how long an action takes, and how long the processor worked for it."""
    wall, cpu = time.perf_counter(), time.process_time()
    action()
    return {
        "seconds": round(time.perf_counter() - wall, 3),
        "cpu": round(time.process_time() - cpu, 3),
    }


def measure_browser(root: Path, runs: int) -> dict[str, float]:
    """Return the seconds from asking for the page to the list in a browser; the server has served nobody before."""
    from playwright.sync_api import sync_playwright

    command = [sys.executable, "-m", "ganbench", "ui", str(root), "--port", str(PORT)]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        wait_for(PORT)
        with sync_playwright() as playwright:
            arguments = ["--headless", "--no-sandbox", "--disable-gpu"]
            opened = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=arguments)
            page = opened.new_page()
            seconds = []
            for _ in range(2):  # the first time Streamlit's own code is loaded, by the server and the browser
                begun = time.perf_counter()
                page.goto(f"http://127.0.0.1:{PORT}/")
                page.get_by_text(f"{runs} of {runs} runs").wait_for(timeout=120_000)
                seconds.append(round(time.perf_counter() - begun, 3))
            opened.close()
        return {"first": seconds[0], "second": seconds[1]}
    finally:
        server.terminate()
        server.wait()


def wait_for(port: int) -> None:
    """Wait until a server answers."""
    while True:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/_stcore/health").close()
        except OSError:
            time.sleep(0.2)
        else:
            return


def report(arguments: argparse.Namespace, measured: dict[str, list[Any]]) -> None:
    """Print the middle of each measurement beside its goal, and keep all if asked to."""
    middle = {
        name: {key: statistics.median(each[key] for each in values) for key in values[0]}
        for name, values in measured.items()
    }
    for name, values in middle.items():
        goal = f"  (goal: below {GOALS[name]:g} s)" if name in GOALS else ""
        print(f"{name:11} {', '.join(f'{key} {value:.2f}' for key, value in values.items())}{goal}")
    if arguments.out:
        record = {
            "runs": arguments.runs,
            "events": arguments.events,
            "goals": GOALS,
            "middle": middle,
            "measured": measured,
            "load": [round(value, 1) for value in os.getloadavg()],
            "versions": versions("ganbench", "streamlit"),
            "machine": {"platform": platform.platform(), "cores": os.cpu_count()},
        }
        arguments.out.write_text(json.dumps(record, indent=1) + "\n")


if __name__ == "__main__":
    main()
