"""Keep the record of real runs: one JSON and one sample grid each, below 300 KB.

    python results/collect.py [--as LABEL] RUN|STUDY...

A run is kept under its recipe's name, or under LABEL where its settings are others. The record holds what was run, on
what, for how long, every score with how it was measured, thinned curves, and how D's weights spread in the end. Of data
on a line, D's curve after the first and the last drawing is kept too, of a model with codes its last sweep of them.
"""

from __future__ import annotations

import argparse
import io
import json
from pathlib import Path
from typing import Any

from PIL import Image
from tables import in_file_names

from ganbench.inference.model import load
from ganbench.runs.run import Run
from ganbench.utils.files import write_bytes, write_json
from ganbench.visualization.critic import weight_histogram

HERE = Path(__file__).parent
_MOST_BYTES = 300_000
_MOST_POINTS = 60


def main() -> None:
    """Collect the runs named on the command line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--as", dest="label", help="what to call one run whose settings are not its recipe's")
    parser.add_argument("paths", nargs="+", type=Path)
    arguments = parser.parse_args()
    if arguments.label and len(arguments.paths) > 1:
        parser.error("--as names one run")
    for path in arguments.paths:
        print(collect_study(path) if (path / "study.json").exists() else collect_run(path, arguments.label))


def collect_run(path: Path, label: str | None) -> str:
    """Keep a run's record and pictures; return what they are called."""
    run = Run(path)
    record = record_of(run)
    record["label"] = label or record["recipe"]
    data = record["data"]["name"]
    subject = record["label"] if record["label"].endswith(data) else f"{record['label']}-{data}"
    stem = in_file_names(f"{subject}-{record['budget']}-seed{record['seed']}")
    write_json(HERE / "runs" / f"{stem}.json", record)
    if run.recipe().schedule.sample_every:  # an encoder makes none
        write_bytes(HERE / "grids" / f"{stem}.png", last_picture(run.samples))
    if run.sweeps.is_dir():
        (HERE / "sweeps").mkdir(exist_ok=True)
        write_bytes(HERE / "sweeps" / f"{stem}.png", last_picture(run.sweeps))
    keep_curves(run, stem)
    return stem


def keep_curves(run: Run, label: str) -> None:
    """Keep what D made of a line after the first and the last drawing."""
    drawn = sorted(run.critic.glob("step-*.png")) if run.info.shape == (1,) else []
    if drawn:
        (HERE / "critic").mkdir(exist_ok=True)
    for name, path in zip(("first", "last"), [*drawn[:1], *drawn[1:][-1:]], strict=False):
        write_bytes(HERE / "critic" / f"{label}-{name}.png", fewer_colours(path.read_bytes()))


def collect_study(study: Path) -> Path:
    """Keep a study's tables and its one picture, with what its first run says of the machine."""
    kept = HERE / "studies" / study.name
    kept.mkdir(parents=True, exist_ok=True)
    machine = json.loads(next(iter(sorted(study.glob("runs/*/meta.json")))).read_text())["machine"]
    write_json(kept / "study.json", {"machine": machine, **json.loads((study / "table.json").read_text())})
    for name in ("table.md", "summary.csv"):
        write_bytes(kept / name, (study / name).read_bytes())
    write_bytes(kept / "study.png", fewer_colours((study / "study.png").read_bytes()))
    return kept


def record_of(run: Run) -> dict[str, Any]:
    """Return what is worth keeping of a run."""
    recipe, meta = json.loads((run.path / "recipe.json").read_text()), run.meta
    speed = run.events.read("speed")
    seconds = sum(event["seconds"]["total"] for event in speed)
    steps = run.checkpoint_steps()[0]
    scalars = run.events.read("scalars")
    every = max(1, len(scalars) // _MOST_POINTS)
    scores = [json.loads(path.read_text()) for path in sorted(run.eval.glob("*.json"))]
    return {
        "recipe": recipe["name"],
        "summary": recipe["summary"],
        "budget": recipe["budget"],
        "seed": meta["seed"],
        "data": {k: meta["data"][k] for k in ("name", "size", "fingerprint", "kind")},
        "steps": steps,
        "batch": recipe["schedule"]["batch"],
        "seconds": round(seconds, 1),
        "images_per_second": round(steps * recipe["schedule"]["batch"] / seconds, 1),
        "machine": meta["machine"],
        "ganbench": meta["ganbench"],
        "scores": [score for score in scores if not _elsewhere(score, run)],
        "scores_elsewhere": [score for score in scores if _elsewhere(score, run)],
        "scores_during": [
            {"step": e["step"], "name": e["name"], "value": e["value"], "details": e["details"]}
            for e in run.events.read("score")
        ],
        "curves": [{k: v for k, v in e.items() if k != "kind"} for e in scalars[::every]],
        "weights_of_D": weights_of(run),
        "settings": without_paths(recipe),
    }


def _elsewhere(score: dict[str, Any], run: Run) -> bool:
    """Whether a score was measured against other data than those that the run was trained on."""
    return "reference" in score["measured"] and (
        score["measured"]["reference"]["fingerprint"] != run.meta["data"]["fingerprint"]
    )


def without_paths(recipe: dict[str, Any]) -> dict[str, Any]:
    """Return the settings with the runs that networks take weights from by name, wherever they lie on this machine."""
    networks = {
        name: {**spec, "weights": f"runs/{Path(spec['weights']).name}"} if spec.get("weights") else spec
        for name, spec in recipe["networks"].items()
    }
    return {**recipe, "networks": networks}


def weights_of(run: Run) -> dict[str, Any] | None:
    """Return how the weights of a run's D spread, None if it has no network of that name."""
    networks = load(run).networks
    if "D" not in networks:
        return None
    spread = weight_histogram(networks["D"])
    edges, shares = (values.round(6).tolist() for values in (spread.edges, spread.shares))
    return {"edges": edges, "shares": shares, "count": spread.count, "outside": spread.outside}


def last_picture(folder: Path) -> bytes:
    """Return the picture of the last step in a folder of them."""
    return fewer_colours(sorted(folder.glob("step-*.png"))[-1].read_bytes())


def fewer_colours(content: bytes) -> bytes:
    """Return a picture as it is, or in fewer colours if it would be too large."""
    if len(content) <= _MOST_BYTES:
        return content
    buffer = io.BytesIO()
    Image.open(io.BytesIO(content)).quantize(128).save(buffer, "PNG", optimize=True)
    return buffer.getvalue()


if __name__ == "__main__":
    main()
