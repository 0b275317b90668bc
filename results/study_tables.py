"""Tables of the studies for the docs, from the records in ``results/``."""

from __future__ import annotations

import json
from pathlib import Path

HERE = Path(__file__).parent


def stacked_table() -> str:
    """Return the modes of Stacked MNIST that each recipe captures, sorted by KL divergence."""
    rows = []
    for path in (HERE / "runs").glob("*-stacked-mnist-*.json"):
        record = json.loads(path.read_text())
        score = record["scores"][0]
        kl, samples = score["details"]["kl_to_data_nats"], score["measured"]["samples"]
        rows.append((kl, f"| `{record['recipe']}` | {score['value']:.0f} | {kl:.3f} | {samples:,} |"))
    head = ["| recipe | modes of 1,000 | KL to data (nats) | samples |", "|---|--:|--:|--:|"]
    return "\n".join([*head, *(row for _, row in sorted(rows))])


def study_table(name: str) -> str:
    """Return the table and the figure of a study."""
    folder = HERE / "studies" / name
    study = json.loads((folder / "study.json").read_text())
    seeds = "1 seed" if study["seeds"] == 1 else f"{study['seeds']} seeds"
    head = f"**Study `{name}`**: {seeds} per recipe, `--budget {study['budget']}`."
    table = (folder / "table.md").read_text().rstrip()
    return "\n\n".join([head, table, f"![{name}](results/studies/{name}/study.png)"])


def comparisons(name: str) -> str:
    """Return the comparisons of a study's best recipe with each other one, as a list."""
    study = json.loads((HERE / "studies" / name / "study.json").read_text())
    return "\n".join(f"- {c['sentence']}." for c in study["comparisons"])
