"""Store the records of runs and studies in ``results/``: for each run a JSON file and a sample grid below 300 KB.

    python results/collect.py [--as LABEL] RUN|STUDY...

A run is stored under the name of its recipe, or under LABEL if it has other settings. The record holds the settings,
the data, the machine, the training time, all scores and how they were measured, thinned curves, and a histogram of D's
final weights. For one-dimensional data, the first and the last figure of D are stored as well, and for a model with
codes, the last sweep of the codes.
"""

from __future__ import annotations

import argparse
import io
import sys
from pathlib import Path
from typing import Any

from PIL import Image
from tables import file_stem

from ganbench.inference.load import load
from ganbench.runs.changes import describe_identity, readable_changes
from ganbench.runs.run import Run
from ganbench.utils.files import read_json, write_bytes, write_json
from ganbench.visualization.critic import weight_histogram

HERE = Path(__file__).parent
_MAX_BYTES = 300_000
_MAX_POINTS = 60


def main() -> None:
    """Collect the runs named on the command line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--as", dest="label", help="name for a run that has other settings than its recipe")
    parser.add_argument("paths", nargs="+", type=Path)
    arguments = parser.parse_args()
    if arguments.label and len(arguments.paths) > 1:
        parser.error("--as needs exactly one run")
    for path in arguments.paths:
        print(collect_study(path) if (path / "study.json").exists() else collect_run(path, arguments.label))


def collect_run(path: Path, label: str | None) -> str:
    """Store the record and figures of a run; return their file stem. Exit with code 1 if the run is not finished."""
    run = Run(path)
    if run.checkpoint_steps()[:1] != [run.recipe().schedule.steps]:
        sys.exit(f"{path} is not finished; resume it first")
    changed = describe_identity(readable_changes(run.meta))
    if changed and label is None:
        sys.exit(f"{path} was {changed}, so it is no run of its recipe; name it with --as")
    record = make_record(run)
    record["label"] = label or record["recipe"]
    data = record["data"]["name"]
    subject = record["label"] if record["label"].endswith(data) else f"{record['label']}-{data}"
    stem = file_stem(f"{subject}-{record['budget']}-seed{record['seed']}")
    write_json(HERE / "runs" / f"{stem}.json", record)
    if run.recipe().schedule.sample_every:  # encoders have no samples
        write_bytes(HERE / "grids" / f"{stem}.png", read_last_picture(run.samples))
    if run.sweeps.is_dir():
        (HERE / "sweeps").mkdir(exist_ok=True)
        write_bytes(HERE / "sweeps" / f"{stem}.png", read_last_picture(run.sweeps))
    store_critic_figures(run, stem)
    return stem


def store_critic_figures(run: Run, stem: str) -> None:
    """Store the first and the last figure of D on one-dimensional data."""
    figures = sorted(run.critic.glob("step-*.png")) if run.info.shape == (1,) else []
    if figures:
        (HERE / "critic").mkdir(exist_ok=True)
    for name, path in zip(("first", "last"), [*figures[:1], *figures[1:][-1:]], strict=False):
        write_bytes(HERE / "critic" / f"{stem}-{name}.png", reduce_colours(path.read_bytes()))


def collect_study(study: Path) -> Path:
    """Store the tables and the figure of a study, its settings, and the machine of its first run; return the folder."""
    folder = HERE / "studies" / study.name
    folder.mkdir(parents=True, exist_ok=True)
    metas = [read_json(path) for path in sorted(study.glob("runs/*/meta.json"))]
    recipes = {path.stem: read_json(path) for path in sorted(study.glob("recipes/*.json"))}
    record = {
        "machine": metas[0]["machine"],
        "created": min(meta["created"] for meta in metas),
        "settings": {label: shorten_paths(recipe) for label, recipe in recipes.items()},
    }
    write_json(folder / "study.json", {**record, **read_json(study / "table.json")})
    for name in ("table.md", "summary.csv"):
        write_bytes(folder / name, (study / name).read_bytes())
    write_bytes(folder / "study.png", reduce_colours((study / "study.png").read_bytes()))
    return folder


def make_record(run: Run) -> dict[str, Any]:
    """Return the record of a run."""
    recipe, meta = read_json(run.path / "recipe.json"), run.meta
    speed = run.events.read("speed")
    seconds = sum(event["seconds"]["total"] for event in speed)
    steps = run.checkpoint_steps()[0]
    scalars = run.events.read("scalars")
    interval = max(1, len(scalars) // _MAX_POINTS)
    scores = [read_json(path) for path in sorted(run.eval.glob("*.json"))]
    return {
        "recipe": recipe["name"],
        "summary": recipe["summary"],
        "budget": recipe["budget"],
        "seed": meta["seed"],
        "created": meta["created"],
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
        "curves": [{k: v for k, v in e.items() if k != "kind"} for e in scalars[::interval]],
        **({"changes": run.meta["changes"]} if "changes" in run.meta else {}),
        "weights_of_D": weights_of(run),
        "settings": shorten_paths(recipe),
    }


def _elsewhere(score: dict[str, Any], run: Run) -> bool:
    """Whether a score was measured against other data than the training data."""
    return "reference" in score["measured"] and (
        score["measured"]["reference"]["fingerprint"] != run.meta["data"]["fingerprint"]
    )


def shorten_paths(recipe: dict[str, Any]) -> dict[str, Any]:
    """Return the settings with the paths of pretrained networks reduced to the names of their runs."""
    networks = {
        name: {**spec, "weights": f"runs/{Path(spec['weights']).name}"} if spec.get("weights") else spec
        for name, spec in recipe["networks"].items()
    }
    return {**recipe, "networks": networks}


def weights_of(run: Run) -> dict[str, Any] | None:
    """Return the weight histogram of a run's D, or None if there is no network D."""
    networks = load(run).networks
    if "D" not in networks:
        return None
    histogram = weight_histogram(networks["D"])
    edges, shares = (values.round(6).tolist() for values in (histogram.edges, histogram.shares))
    return {"edges": edges, "shares": shares, "count": histogram.count, "outside": histogram.outside}


def read_last_picture(folder: Path) -> bytes:
    """Return the picture of the last step in a folder."""
    return reduce_colours(sorted(folder.glob("step-*.png"))[-1].read_bytes())


def reduce_colours(content: bytes) -> bytes:
    """Return a picture unchanged, or with fewer colours if it is too large."""
    if len(content) <= _MAX_BYTES:
        return content
    buffer = io.BytesIO()
    Image.open(io.BytesIO(content)).quantize(128).save(buffer, "PNG", optimize=True)
    return buffer.getvalue()


if __name__ == "__main__":
    main()
