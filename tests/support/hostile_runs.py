"""What a stranger may have put into a run folder, and the actions that must refuse to use it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from ganbench.evaluation.evaluate import evaluate
from ganbench.experiment.train import resume
from ganbench.inference.load import load
from ganbench.report.page import write_report
from ganbench.runs.run import Run
from ganbench.studies.ad_hoc import load_rows

#: Names in a run of 12 steps that a command reads, writes or deletes.
FILES = (
    "recipe.json", "meta.json", "events.jsonl", ".lock", ".heartbeat", "report.html", "eval/fd.json", "eval/fd.png",
    "samples/step-00000004.png", "critic/step-00000004.png", "pictures/losses.png", "own.txt",
    "checkpoints/step-00000012/manifest.json", "checkpoints/step-00000012/networks.safetensors",
)  # fmt: skip
FOLDERS = (
    "samples", "checkpoints", "eval", "critic", "pictures", "sweeps", "tensorboard", "own", "checkpoints/step-00000012",
)  # fmt: skip
#: Files and the largest size of each in MiB.
LARGEST = {
    **dict.fromkeys(["recipe.json", "meta.json", "eval/fd.json", "samples/a.png", "critic/a.png"], 64),
    "events.jsonl": 2048,
    **{f"checkpoints/step-00000012/{name}.json": 64 for name in ("manifest", "state")},
    **{f"checkpoints/step-00000012/{name}.safetensors": 16384 for name in ("networks", "average", "state")},
    **dict.fromkeys(
        ["own.pt", "own.npz", "own.zip", "own.yaml", "own.jpg", "report.html", ".lock", ".heartbeat"], 16384
    ),
}
ACTIONS: dict[str, Callable[[Path], object]] = {
    "resume": lambda path: resume(path, steps=20),
    "sample": load,
    "evaluate": lambda path: evaluate(Run(path), n=250),
    "report": lambda path: write_report(Run(path)),
    "compare": lambda path: load_rows([path, path]),
}


def make_sparse(path: Path) -> None:
    """Make a file 60 GiB long, which takes up no room on the disk."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab") as file:
        file.truncate(60 * 2**30)
