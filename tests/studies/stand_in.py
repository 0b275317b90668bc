"""Stands in for a study's processes: leaves what ``ganbench train``, ``resume`` and ``evaluate`` leave, at once.

What a run is to do stands in the JSON that ``$STAND_IN`` holds, by its folder's name: "fail" (train ends with code 3),
"killed" (at half way, by SIGKILL), "stay" (at half way until SIGTERM, then code 143), "unscored" (evaluate fails), or
a number to score. A resumed run goes on to its end.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from pathlib import Path
from typing import Any


def main() -> None:
    parent, command, *rest = sys.argv[1:]
    assert int(parent) == os.getppid()
    with Path(os.environ["STAND_IN_CALLS"]).open("a") as calls:
        calls.write(
            json.dumps({"command": [command, *rest], "threads": os.environ["OMP_NUM_THREADS"]}) + "\n"
        )
    if command == "train":
        _train(Path(rest[0]), Path(rest[rest.index("--out") + 1]), int(rest[rest.index("--seed") + 1]))
    elif command == "resume":
        _save(Path(rest[0]), _steps(Path(rest[0])))
    else:
        _evaluate(Path(rest[0]))


def _todo(run: Path) -> Any:
    return json.loads(os.environ.get("STAND_IN", "{}")).get(run.name)


def _train(recipe: Path, run: Path, seed: int) -> None:
    for name in ("samples", "checkpoints", "eval"):
        (run / name).mkdir(parents=True)
    (run / "meta.json").write_text(json.dumps({"seed": seed, "machine": {}, "data": DATA}))
    (run / "recipe.json").write_text(recipe.read_text())
    half = _steps(run) // 2
    _save(run, half)
    if _todo(run) == "fail":
        print(f"step {half}\nthe run failed: '{run.name}' diverged", file=sys.stderr)
        sys.exit(3)
    if _todo(run) == "killed":
        os.kill(os.getpid(), signal.SIGKILL)
    if _todo(run) == "stay":
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
        time.sleep(60)
    _save(run, _steps(run))


def _evaluate(run: Path) -> None:
    if _todo(run) == "unscored":
        print("error: no score", file=sys.stderr)
        sys.exit(2)
    value = _todo(run) if isinstance(_todo(run), int | float) else 8
    details = {"modes": 8, "high_quality": value / 10, "even": True, "counts": [1, 2]}
    samples = 9 if _todo(run) == "unlike" else 2500
    measured = {
        "samples": samples,
        "generator": {"step": _steps(run), "seed": 1},
        "versions": {"torch": run.name},
    }
    score = {
        "name": "modes",
        "value": float(value),
        "better": "higher",
        "details": details,
        "measured": measured,
    }
    print(json.dumps([score]))


def _save(run: Path, step: int) -> None:
    (run / "checkpoints" / f"step-{step:08d}").mkdir(parents=True, exist_ok=True)
    with (run / "events.jsonl").open("a") as events:
        events.write(json.dumps({"kind": "speed", "step": step, "seconds": {"total": 1.5}}) + "\n")
        events.write(json.dumps({"kind": "scalars", "step": step, "kimg": 1.0, "D/adversarial": 1.0}) + "\n")


def _steps(run: Path) -> int:
    return int(json.loads((run / "recipe.json").read_text())["schedule"]["steps"])


DATA = {
    "name": "ring8", "kind": "points", "shape": [2], "size": 40, "fingerprint": "0", "split": "train",
    "classes": [], "low": -15.0, "high": 15.0,
}  # fmt: skip

if __name__ == "__main__":
    main()
