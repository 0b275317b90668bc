"""Measure how long the dashboard takes to list many runs, and to show a run with many events.

    python -m benchmarks.dashboard [--runs 200] [--events 100000] [--rounds 5] [--out results/dashboard.json]

- ``list``: build the sorted list of runs with an empty cache; each run has 20 pictures and 2,000 events, of which 100
  are of layers;
- ``list again``: the same with a filled cache;
- ``run``: read a run with many events, apply the health rules, and render the page with its thinned curves;
- ``run again``: the same with a filled cache; the page is rendered again.

Times are seconds in this process, medians over the rounds. ``cpu`` is the CPU time, which other load of the machine
does not lengthen. ``--browser`` also measures the time from requesting the page to seeing the list in a real browser,
with a server that has just started.
"""

from __future__ import annotations

import argparse
import io
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
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from ganbench.dashboard import run_panels as panels
from ganbench.dashboard.index import Index, filter_runs
from ganbench.dashboard.run_cache import RunCache
from ganbench.metrics.record import versions

GOALS = {"list": 3.0, "run": 2.0}  # seconds
PORT = 8733


def main() -> None:
    """Measure and print the times; ``--out`` stores them."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--runs", type=int, default=200)
    parser.add_argument("--events", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--browser", action="store_true")
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        for number in range(arguments.runs):
            make_run(root / "many" / f"run-{number:03d}", events=2000, pictures=20, layers_every=20)
        long = make_run(root / "long" / "run", events=arguments.events, pictures=20, layers_every=1000)
        times = {
            **measure_list(root / "many", arguments.rounds),
            **measure_run(long, arguments.rounds),
        }
        if arguments.browser:
            times["browser"] = [measure_browser(root / "many", arguments.runs)]
    report(arguments, times)


def make_run(folder: Path, *, events: int, pictures: int, layers_every: int) -> Path:
    """Write a run folder as training does: alternate scalar and speed events, with some events of layers and scores."""
    (folder / "samples").mkdir(parents=True)
    recipe = {"name": "synthetic", "summary": "", "schedule": {"steps": events, "batch": 64}, "papers": []}
    meta = {"seed": 0, "data": {"name": "ring8"}, "machine": {"device": "cpu"}}
    (folder / "recipe.json").write_text(json.dumps(recipe))
    (folder / "meta.json").write_text(json.dumps(meta))
    with (folder / "events.jsonl").open("w") as log:
        for step in range(1, events + 1):
            log.write(json.dumps(event_at(step, layers_every)) + "\n")
    for number in range(pictures):
        (folder / "samples" / f"step-{number:08d}.png").write_bytes(picture())
    return folder


@cache
def picture() -> bytes:
    """Return a sample grid as PNG: 8 by 8 images of 32 by 32 random pixels, each drawn twice as large."""
    pixels = np.random.default_rng(0).integers(0, 256, (256, 256, 3), dtype=np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(pixels).resize((512, 512), Image.Resampling.NEAREST).save(buffer, "PNG")
    return buffer.getvalue()


def event_at(step: int, layers_every: int) -> dict[str, Any]:
    """Return the event logged at a step."""
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
    """Return the wall and CPU seconds of the first and the second listing, by round."""
    times: dict[str, list[Any]] = {"list": [], "list again": []}
    for _ in range(rounds):
        index = Index(root)
        for name in times:
            times[name].append(time_action(lambda index=index: filter_runs(index.runs(), order="score")))
    return times


def measure_run(folder: Path, rounds: int) -> dict[str, list[Any]]:
    """Return the wall and CPU seconds of a run's page with an empty and with a filled cache, by round."""
    times: dict[str, list[Any]] = {"run": [], "run again": []}
    for _ in range(rounds):
        cache = RunCache()
        for name in times:
            times[name].append(time_action(lambda cache=cache: panels.curves_page(cache.get(folder))))
    return times


def time_action(action: Callable[[], object]) -> dict[str, float]:
    """Return the wall and CPU seconds of an action."""
    wall, cpu = time.perf_counter(), time.process_time()
    action()
    return {
        "seconds": round(time.perf_counter() - wall, 3),
        "cpu": round(time.process_time() - cpu, 3),
    }


def measure_browser(root: Path, runs: int) -> dict[str, float]:
    """Return the seconds from requesting the page to seeing the list in a browser, with a new server."""
    from playwright.sync_api import sync_playwright

    command = [sys.executable, "-m", "ganbench", "ui", str(root), "--port", str(PORT)]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        wait_for(PORT)
        with sync_playwright() as playwright:
            arguments = ["--headless", "--no-sandbox", "--disable-gpu"]
            browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=arguments)
            page = browser.new_page()
            seconds = []
            for _ in range(2):  # the first time, server and browser also load Streamlit itself
                start = time.perf_counter()
                page.goto(f"http://127.0.0.1:{PORT}/")
                page.get_by_text(f"{runs} of {runs} runs").wait_for(timeout=120_000)
                seconds.append(round(time.perf_counter() - start, 3))
            browser.close()
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


def report(arguments: argparse.Namespace, times: dict[str, list[Any]]) -> None:
    """Print the median of each measurement and its goal, and store all with ``--out``."""
    medians = {
        name: {key: statistics.median(each[key] for each in values) for key in values[0]}
        for name, values in times.items()
    }
    for name, values in medians.items():
        goal = f"  (goal: below {GOALS[name]:g} s)" if name in GOALS else ""
        print(f"{name:11} {', '.join(f'{key} {value:.2f}' for key, value in values.items())}{goal}")
    if arguments.out:
        record = {
            "runs": arguments.runs,
            "events": arguments.events,
            "goals": GOALS,
            "middle": medians,
            "measured": times,
            "load": [round(value, 1) for value in os.getloadavg()],
            "versions": versions("ganbench", "streamlit"),
            "machine": {"platform": platform.platform(), "cores": os.cpu_count()},
        }
        arguments.out.write_text(json.dumps(record, indent=1) + "\n")


if __name__ == "__main__":
    main()
