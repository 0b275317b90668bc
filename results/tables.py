"""Write the README's result table and picture from the records in ``results/``; nothing in them is typed by hand.

python results/tables.py [--check]
"""

from __future__ import annotations

import json
import statistics
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw

HERE = Path(__file__).parent
README = HERE.parent / "README.md"
PICTURE = HERE.parent / "docs" / "pictures" / "samples.png"
START, END = "<!-- results: start -->", "<!-- results: end -->"
Record = dict[str, Any]


def main() -> None:
    """Rewrite the tables; with ``--check``, end with code 1 if the README does not hold what would be written."""
    records = [json.loads(path.read_text()) for path in sorted((HERE / "runs").glob("*.json"))]
    benchmark = json.loads((HERE / "benchmark.json").read_text())
    counts = json.loads((HERE / "robustness.json").read_text())
    studies = [study_table(path) for path in sorted((HERE / "studies").iterdir())]
    tables = [run_table(records), *studies, benchmark_table(benchmark), robustness_table(counts)]
    text = README.read_text()
    before, after = text.split(START)[0], text.split(END)[1]
    new = "\n".join([before + START, "\n\n".join(tables), END + after])
    if "--check" in sys.argv:
        sys.exit(0 if new == text else "README.md is not what results/tables.py writes; run it")
    README.write_text(new)
    picture(sorted((HERE / "grids").glob("*-seed0.png")))


def run_table(records: list[Record]) -> str:
    """Return a row per recipe and data set: seeds, time, speed, the median score and its range."""
    groups: dict[tuple[str, str], list[Record]] = defaultdict(list)
    for record in records:
        groups[record["recipe"], record["data"]["name"]].append(record)
    lines = [
        "| recipe | data | seeds | G steps x batch | threads | time | images/s | score |",
        "|---|---|--:|--:|--:|--:|--:|---|",
    ]
    for (recipe, data), group in sorted(groups.items(), key=lambda item: item[0][1]):
        first = group[0]
        name = f"CIFAR-10 (JPEG), `{data}`" if data == "cifar10-jpeg" else f"`{data}`"
        cells = [
            f"`{recipe}`",
            name,
            str(len(group)),
            f"{first['steps']:,} x {first['batch']}",
            str(first["machine"]["threads"]),
            f"{_middle(group, 'seconds'):.0f} s",
            f"{_middle(group, 'images_per_second'):,.0f}",
            _scores(group),
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def _middle(group: list[Record], key: str) -> float:
    return float(statistics.median(record[key] for record in group))


def _scores(group: list[Record]) -> str:
    values: dict[str, list[float]] = defaultdict(list)
    quality: dict[str, list[float]] = defaultdict(list)
    samples: dict[str, int] = {}
    for record in group:
        for score in record["scores"]:
            values[score["name"]].append(score["value"])
            samples[score["name"]] = score["measured"]["samples"]
            if "high_quality" in score["details"]:
                quality[score["name"]].append(score["details"]["high_quality"])
    words = []
    for name, found in values.items():
        shown = ", ".join(f"{value:.4g}" for value in sorted(found))
        text = f"{name} {shown} ({samples[name]:,} samples"
        if name in quality:
            text += f"; high-quality share, median {100 * statistics.median(quality[name]):.1f} %"
        words.append(text + ")")
    return "; ".join(words) or "not scored"


def study_table(folder: Path) -> str:
    """Return a study's own table under a line that says what was studied, and its best against each other."""
    study = json.loads((folder / "study.json").read_text())
    compared = [f"{c['sentence']}." for c in study["comparisons"]]
    head = f"**Study `{folder.name}`**: {study['seeds']} seeds each, `--budget {study['budget']}`."
    return "\n\n".join(
        [
            head,
            (folder / "table.md").read_text().rstrip(),
            f"![{folder.name}](results/studies/{folder.name}/study.png)",
            " ".join(compared),
        ]
    ).rstrip()


def benchmark_table(benchmark: dict[str, Any]) -> str:
    """Return the speed table: our loop against the plain one, by the number of its loader processes."""
    plain = [side for side in next(iter(benchmark["workloads"].values()))["ms_per_step"] if side != "ours"]
    head = ["workload", *plain, "ours", "times faster", "bar", "outside forward, backward and optimizer"]
    lines = [f"| {' | '.join(head)} |", "|---" + "|--:" * (len(head) - 1) + "|"]
    for name, row in benchmark["workloads"].items():
        times, parts = row["ms_per_step"], row["ours_ms"]
        outside = 100 * (1 - (parts["D"] + parts["G"] + parts["optimizer"]) / parts["total"])
        faster = ", ".join(f"{times[side] / times['ours']:.2f}" for side in plain)
        cells = [name, *(f"{times[side]:.1f} ms" for side in [*plain, "ours"]), faster]
        lines.append(f"| {' | '.join([*cells, str(row['goal']), f'{outside:.1f} %'])} |")
    return "\n".join(lines)


def robustness_table(counts: dict[str, dict[str, float]]) -> str:
    """Return what the tests of resume, kills, corruption and processes counted."""
    resumes = [v["differing_bytes"] for k, v in counts.items() if k.startswith("resume of")]
    rows = {
        "resumed against uninterrupted runs, 4 cuts a recipe": f"{len(resumes)} runs, {sum(resumes)} bytes differ"
    }
    for name, numbers in counts.items():
        if not name.startswith("resume of"):
            rows[name] = ", ".join(f"{key.replace('_', ' ')} {value:.3g}" for key, value in numbers.items())
    rows["single-bit flips of a checkpoint"] = "{flips} flips, {found} found".format(
        **counts["single-bit flips of a checkpoint"]
    )
    return "\n".join(
        ["| check | counted |", "|---|---|", *(f"| {name} | {text} |" for name, text in rows.items())]
    )


def picture(grids: list[Path]) -> None:
    """Put the grids side by side, each under its name."""
    side, gap, head, columns = 256, 12, 22, 4
    rows = -(-len(grids) // columns)
    sheet = Image.new("RGB", (columns * (side + gap) + gap, rows * (side + head + gap) + gap), "white")
    pen = ImageDraw.Draw(sheet)
    for i, path in enumerate(grids):
        left, top = gap + i % columns * (side + gap), gap + i // columns * (side + head + gap)
        pen.text((left, top), path.stem.replace("-laptop-seed0", ""), fill="black")
        sheet.paste(Image.open(path).convert("RGB").resize((side, side)), (left, top + head))
    PICTURE.parent.mkdir(exist_ok=True)
    sheet.quantize(256).save(PICTURE, optimize=True)


if __name__ == "__main__":
    main()
