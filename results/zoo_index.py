"""Gather the models of ``zoo/`` and of the package into the index that ships with ganbench.

    python results/zoo_index.py [--check]

``ganbench zoo add RUN --zoo zoo --name NAME --summary TEXT`` packs a run first; ``--zoo src/ganbench/zoo/models`` puts
it into the package.
"""

from __future__ import annotations

import sys
from pathlib import Path

from ganbench.zoo.index import INDEX, read_index, write_index

ROOT = Path(__file__).parents[1]
ZOOS = (ROOT / "zoo" / "index.json", ROOT / "src" / "ganbench" / "zoo" / "models" / "index.json")


def main() -> None:
    """Write the index; with ``--check``, write nothing and exit with code 1 if it is out of date."""
    models = {name: model for path in ZOOS if path.is_file() for name, model in read_index(path).items()}
    if models == read_index():
        return
    if "--check" in sys.argv:
        sys.exit("the index of the zoo is out of date; run results/zoo_index.py")
    write_index(models, INDEX)


def zoo_table() -> str:
    """Return the table of the models: what each draws, its size, where it lies, and its scores."""
    packaged = read_index(ZOOS[1]) if ZOOS[1].is_file() else {}
    lines = ["| model | draws | size | comes with | scores |", "|---|---|--:|---|---|"]
    for name, model in read_index().items():
        scores = ", ".join(f"`{score}` {value:.4g}" for score, value in model.scores.items())
        where = "the package" if name in packaged else "a checkout, or `zoo pull`"
        lines.append(f"| `zoo:{name}` | {model.summary} | {model.size / 1e6:.2f} MB | {where} | {scores} |")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
