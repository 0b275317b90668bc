"""Fill the generated blocks of README.md and of pages in docs with tables of the records in ``results/``.

    python results/tables.py [--check]

A block starts with ``<!-- results: NAME ARGUMENTS -->`` and ends with ``<!-- results: end -->``.
"""

from __future__ import annotations

import functools
import json
import re
import statistics
import sys
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmark_tables import (
    ablation_table,
    backends_table,
    benchmark_table,
    passes_table,
    plan_table,
    quality_tables,
    robustness_table,
    step_settings_table,
    trials_table,
)
from study_tables import comparisons, stacked_table, study_table
from verdicts import curves_figure, seeds_table, verdict_table
from works import works_table
from zoo_index import zoo_table

HERE = Path(__file__).parent
PAGES = (
    HERE.parent / "README.md",
    *(
        HERE.parent / "docs" / f"{page}.md"
        for page in ("machines", "results", "studies", "works/index", "zoo")
    ),
    *sorted((HERE.parent / "docs" / "trials").glob("*.md")),
)
BLOCK = re.compile(r"<!-- results: (?P<request>(?!end -->)[^>]+?) -->\n.*?<!-- results: end -->", re.DOTALL)
Record = dict[str, Any]


def main() -> None:
    """Write the blocks; with ``--check``, write nothing and exit with code 1 if a page is out of date."""
    for page in PAGES:
        text = page.read_text()
        new = BLOCK.sub(functools.partial(fill_block, page), text)
        if "--check" in sys.argv and new != text:
            sys.exit(f"{page.name} is out of date; run results/tables.py")
        if new != text:
            page.write_text(new)
    sys.exit(0)


def fill_block(page: Path, block: re.Match[str]) -> str:
    """Return a block of a page with the table that its name and arguments request."""
    request = block["request"]
    name, *arguments = request.split()
    to_root = "../" * (len(page.relative_to(HERE.parent).parts) - 1)
    table = WRITERS[name](*arguments).replace("](results/", f"]({to_root}results/")
    return f"<!-- results: {request} -->\n{table}\n<!-- results: end -->"


def run_table(*data: str) -> str:
    """Return a row for each recipe and data set: seeds, time, speed, and fd, or all scores if there is no fd."""
    groups: dict[tuple[str, str], list[Record]] = defaultdict(list)
    for path in sorted((HERE / "runs").glob("*.json")):
        record = json.loads(path.read_text())
        if record["data"]["name"] in data:
            groups[label_of(record), record["data"]["name"]].append(record)
    lines = [
        "| recipe | data | seeds | G steps x batch | threads | time | images/s | score |",
        "|---|---|--:|--:|--:|--:|--:|---|",
    ]
    for (recipe, name), group in sorted(groups.items(), key=lambda item: data.index(item[0][1])):
        first = group[0]
        cells = [
            f"`{recipe}`",
            f"CIFAR-10 (JPEG), `{name}`" if name == "cifar10-jpeg" else f"`{name}`",
            str(len(group)),
            f"{first['steps']:,} x {first['batch']}",
            str(first["machine"]["threads"]),
            f"{_median(group, 'seconds'):.0f} s",
            f"{_median(group, 'images_per_second'):,.0f}",
            _scores(group),
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def label_of(record: Record) -> str:
    """Return the label of a run: the name of its recipe, unless it has other settings."""
    return str(record.get("label", record["recipe"]))


def file_stem(name: str) -> str:
    """Return the name of a data set in the form used in file names, without spaces and colons."""
    return name.replace(" ", "-").replace(":", "-")


def _select(data: str, labels: tuple[str, ...]) -> list[Record]:
    """Return the records with the labels, in their order; exit with code 1 if a label has none."""
    records = [json.loads(path.read_text()) for path in sorted((HERE / "runs").glob("*.json"))]
    selected = [r for label in labels for r in records if label_of(r) == label and r["data"]["name"] == data]
    if missing := set(labels) - {label_of(r) for r in selected}:
        sys.exit(f"no record of {sorted(missing)} on {data} in results/runs")
    return selected


def score_table(data: str, *labels: str) -> str:
    """Return a row for each run with the labels and a column for each score: value ± 95 % interval (samples)."""
    records = _select(data, labels)
    names = sorted({score["name"] for r in records for score in r["scores"]}, key=_score_order)
    lines = [
        f"| run | seed | G steps x batch | time | {' | '.join(names)} |",
        f"|---|--:|--:|--:|{'--:|' * len(names)}",
    ]
    for record in records:
        scores = {score["name"]: score for score in record["scores"]}
        cells = [
            f"`{label_of(record)}`",
            str(record["seed"]),
            f"{record['steps']:,} x {record['batch']}",
            f"{record['seconds']:.0f} s",
            *(format_score(scores[n]) if n in scores else "" for n in names),
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def _score_order(name: str) -> tuple[int, str]:
    prefixes = ("fd[", "fd-class", "accuracy", "balance", "codes")
    return next((i for i, prefix in enumerate(prefixes) if name.startswith(prefix)), len(prefixes)), name


def format_score(score: dict[str, Any]) -> str:
    """Return a score as text: value ± 95 % interval, if there is one (samples)."""
    return f"{score['value']:.4g}{_interval(score)} ({score['measured']['samples']:,})"


def _interval(score: dict[str, Any]) -> str:
    """Return half the width of a score's 95 % interval as text, or nothing if there is none."""
    low, high = score["details"].get("interval_95", (None, None))
    return "" if low is None else f" ± {(high - low) / 2:.2g}"


def memorization_table(data: str, *labels: str) -> str:
    """Return a row for each run on few images: fd to other images of the class, and the test for copies."""
    lines = [
        "| run | seed | G steps x batch | time | fd to other images of the class | memorization (p) | near-copies "
        "| near-copies expected |",
        "|---|--:|--:|--:|--:|--:|--:|--:|",
    ]
    for record in _select(data, labels):
        (fd,), (copies,) = record["scores_elsewhere"], record["scores"]
        details = copies["details"]
        cells = [
            f"`{label_of(record)}`",
            str(record["seed"]),
            f"{record['steps']:,} x {record['batch']}",
            f"{record['seconds']:.0f} s",
            f"{fd['name']} {format_score(fd)}",
            f"{copies['value']:.2g} ({details['p']:.2g})",
            f"{details['near_copies']:.3g}",
            f"{details['near_copies_expected']:.3g}",
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def codes_table(stem: str) -> str:
    """Return the share of each factor's entropy that each code of a run explains."""
    return _factor_table("code", _details(stem, "codes")["told"])


def disentanglement_table(stem: str) -> str:
    """Return how strongly each factor changes along each direction of a run."""
    return _factor_table("direction", _details(stem, "disentanglement")["table"])


def _details(stem: str, name: str) -> Record:
    record = json.loads((HERE / "runs" / f"{stem}.json").read_text())
    details: Record = next(score["details"] for score in record["scores"] if score["name"] == name)
    return details


def _factor_table(first_column: str, rows: dict[str, dict[str, float]]) -> str:
    factors = list(next(iter(rows.values())))
    lines = [f"| {first_column} | {' | '.join(factors)} |", "|---|" + "--:|" * len(factors)]
    lines += [f"| {name} | {' | '.join(f'{row[f]:.2f}' for f in factors)} |" for name, row in rows.items()]
    return "\n".join(lines)


def _median(group: list[Record], key: str) -> float:
    return float(statistics.median(record[key] for record in group))


def _scores(group: list[Record]) -> str:
    values: dict[str, list[float]] = defaultdict(list)
    samples: dict[str, int] = {}
    for record in group:
        for score in record["scores"]:
            values[score["name"]].append(score["value"])
            samples[score["name"]] = score["measured"]["samples"]
    fd = {name: of_seeds for name, of_seeds in values.items() if name.startswith("fd[")}
    texts = []
    for name, of_seeds in (fd or values).items():
        text = ", ".join(f"{value:.4g}" for value in sorted(of_seeds))
        texts.append(f"{name} {text} ({samples[name]:,} samples)" if samples[name] else f"{name} {text}")
    return "; ".join(texts) or "not scored"


def short_table() -> str:
    """Return the main results, for the README."""

    def run(stem: str) -> Record:
        record: Record = json.loads((HERE / "runs" / f"{stem}.json").read_text())
        return record

    def score(record: Record) -> str:
        return f"fd {record['scores'][0]['value']:.0f}"

    quality_arms = json.loads((HERE / "quality" / "summary.json").read_text())["arms"]
    ends = {
        arm: ", ".join(f"{v:.0f}" for v in sorted(row["end"]["values"])) for arm, row in quality_arms.items()
    }
    study = json.loads((HERE / "studies" / "ring8" / "study.json").read_text())
    modes = {row["recipe"]: row for row in study["summary"]}
    digits, clothes, hour = (
        run("sndcgan-projection-mnist-laptop-seed0"),
        run("sndcgan-projection-fashion-mnist-laptop-seed0"),
        run("sndcgan-projection-cifar10-an-hour-cifar10-jpeg-66m-seed0"),
    )
    rows = [
        ("CIFAR-10 (JPEG), a plain training loop", "10 min, 2 threads", f"fd {ends['reference']}"),
        ("CIFAR-10 (JPEG), `sndcgan-cifar10 --budget 10m`", "10 min, 2 threads", f"fd {ends['sndcgan']}"),
        ("CIFAR-10 (JPEG), `sndcgan-projection-cifar10`, wider", _minutes(hour), score(hour)),
        ("MNIST by class, `sndcgan-projection-mnist`", _minutes(digits), score(digits)),
        ("Fashion-MNIST by class, `sndcgan-projection-fashion-mnist`", _minutes(clothes), score(clothes)),
        *(
            (
                f"ring of 8 Gaussians, `{name}`",
                f"{modes[name]['seconds']:.0f} s",
                f"{modes[name]['mean']:.3g} of 8 modes",
            )
            for name in ("gan-ring8", "gan-r1-ring8")
        ),
    ]
    lines = ["| what | time | result |", "|---|--:|---|"]
    return "\n".join([*lines, *(f"| {' | '.join(row)} |" for row in rows)])


def _minutes(record: Record) -> str:
    threads = record["machine"]["threads"]
    return f"{record['seconds'] / 60:.0f} min, {threads} thread{'s' if threads > 1 else ''}"


WRITERS: dict[str, Callable[..., str]] = {
    "runs": run_table,
    "scores": score_table,
    "memorization": memorization_table,
    "codes": codes_table,
    "curves": curves_figure,
    "disentanglement": disentanglement_table,
    "stacked": stacked_table,
    "study": study_table,
    "comparisons": comparisons,
    "benchmark": benchmark_table,
    "quality": quality_tables,
    "short": short_table,
    "ablation": ablation_table,
    "trials": trials_table,
    "passes": passes_table,
    "plan": plan_table,
    "backends": backends_table,
    "step_settings": step_settings_table,
    "robustness": robustness_table,
    "seeds": seeds_table,
    "verdicts": verdict_table,
    "works": works_table,
    "zoo": zoo_table,
}

if __name__ == "__main__":
    main()
