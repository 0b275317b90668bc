"""A stub of a study's worker process: writes the files of ``ganbench train``, ``resume`` and ``evaluate`` at once.

``$GANBENCH_STUB_BEHAVIOUR`` is JSON that maps a run folder's name to its behaviour: "fail" (train exits with code 3),
"killed" (by SIGKILL, halfway), "dies" (the same, and again when resumed), "stay" (waits halfway for SIGTERM or the end
of its parent, then exits with code 143, or for a file ``release`` beside the study), "unscored" (evaluate fails), or a
number to score. A list ``[BEHAVIOUR, NUMBER]`` is also scored halfway; with "score", the number is its final score,
too. A resumed run continues to its end.
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
    with Path(os.environ["GANBENCH_STUB_CALLS"]).open("a") as calls:
        calls.write(
            json.dumps({"command": [command, *rest], "threads": os.environ["OMP_NUM_THREADS"]}) + "\n"
        )
    if command == "train":
        _train(Path(rest[0]), Path(rest[rest.index("--out") + 1]), int(rest[rest.index("--seed") + 1]))
    elif command == "resume":
        if _behaviour(Path(rest[0])) == "dies":
            os.kill(os.getpid(), signal.SIGKILL)
        _save(Path(rest[0]), _steps(Path(rest[0])))
    else:
        _evaluate(Path(rest[0]))


def _behaviour(run: Path) -> Any:
    behaviour = json.loads(os.environ.get("GANBENCH_STUB_BEHAVIOUR", "{}")).get(run.name)
    if isinstance(behaviour, list):
        return behaviour[0] if behaviour[0] != "score" else behaviour[1]
    return behaviour


def _halfway_score(run: Path) -> Any:
    behaviour = json.loads(os.environ.get("GANBENCH_STUB_BEHAVIOUR", "{}")).get(run.name)
    return behaviour[1] if isinstance(behaviour, list) else None


def _train(recipe: Path, run: Path, seed: int) -> None:
    for name in ("samples", "checkpoints", "eval"):
        (run / name).mkdir(parents=True)
    (run / "meta.json").write_text(json.dumps({"seed": seed, "machine": {}, "data": DATA}))
    (run / "recipe.json").write_text(recipe.read_text())
    half = _steps(run) // 2
    _save(run, half)
    if (score := _halfway_score(run)) is not None:
        with (run / "events.jsonl").open("a") as events:
            event = {"kind": "score", "step": half, "name": "modes", "value": score, "better": "higher"}
            events.write(json.dumps(event) + "\n")
    if _behaviour(run) == "fail":
        print(f"step {half}\nthe run failed: '{run.name}' diverged", file=sys.stderr)
        sys.exit(3)
    if _behaviour(run) in ("killed", "dies"):
        os.kill(os.getpid(), signal.SIGKILL)
    if _behaviour(run) == "stay":
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
        for _ in range(6000):
            if (run.parents[2] / "release").exists():
                break
            if os.getppid() != int(sys.argv[1]):
                sys.exit(143)
            time.sleep(0.01)
    _save(run, _steps(run))


def _evaluate(run: Path) -> None:
    if _behaviour(run) == "unscored":
        print("error: no score", file=sys.stderr)
        sys.exit(2)
    value = _behaviour(run) if isinstance(_behaviour(run), int | float) else 8
    details = {"modes": 8, "high_quality": value / 10, "even": True, "counts": [1, 2]}
    samples = 9 if _behaviour(run) == "incomparable" else 2500
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
