"""Fill the marked blocks of README.md and docs/results.md from the records in ``results/``; no number is typed by hand.

    python results/tables.py [--check]

A block is what stands between ``<!-- results: NAME ARGUMENTS -->`` and ``<!-- results: end -->``.
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

HERE = Path(__file__).parent
PAGES = (HERE.parent / "README.md", HERE.parent / "docs" / "results.md")
BLOCK = re.compile(r"<!-- results: (?P<what>(?!end -->)[^>]+?) -->\n.*?<!-- results: end -->", re.DOTALL)
Record = dict[str, Any]


def main() -> None:
    """Rewrite the blocks; with ``--check``, end with code 1 if a page does not hold what would be written."""
    for page in PAGES:
        text = page.read_text()
        new = BLOCK.sub(functools.partial(filled, page), text)
        if "--check" not in sys.argv:
            page.write_text(new)
        elif new != text:
            sys.exit(f"{page.name} is not what results/tables.py writes; run it")
    sys.exit(0)


def filled(page: Path, block: re.Match[str]) -> str:
    """Return a page's block with what its name and arguments ask for."""
    what = block["what"]
    name, *arguments = what.split()
    to_root = "../" * (len(page.relative_to(HERE.parent).parts) - 1)
    written = WRITERS[name](*arguments).replace("](results/", f"]({to_root}results/")
    return f"<!-- results: {what} -->\n{written}\n<!-- results: end -->"


def run_table(*data: str) -> str:
    """Return a row per recipe and data set, of the data sets named: seeds, time, speed, and fd or else all scores."""
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
            f"{_middle(group, 'seconds'):.0f} s",
            f"{_middle(group, 'images_per_second'):,.0f}",
            _scores(group),
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def label_of(record: Record) -> str:
    """Return what a run is called: its recipe's name, unless its settings are others."""
    return str(record.get("label", record["recipe"]))


def in_file_names(name: str) -> str:
    """Return the name of a data set as files have it: without spaces and colons."""
    return name.replace(" ", "-").replace(":", "-")


def _chosen(data: str, labels: tuple[str, ...]) -> list[Record]:
    """Return the records of the labels named, in their order; end with code 1 if one has none."""
    records = [json.loads(path.read_text()) for path in sorted((HERE / "runs").glob("*.json"))]
    chosen = [r for label in labels for r in records if label_of(r) == label and r["data"]["name"] == data]
    if {label_of(r) for r in chosen} != set(labels):
        sys.exit(
            f"no record of {sorted(set(labels) - {label_of(r) for r in chosen})} on {data} in results/runs"
        )
    return chosen


def score_table(data: str, *labels: str) -> str:
    """Return a row per run of the labels named, in their order, a column per score: value ± 95 % interval (samples)."""
    chosen = _chosen(data, labels)
    names = sorted({score["name"] for r in chosen for score in r["scores"]}, key=_score_order)
    lines = [
        f"| run | seed | G steps x batch | time | {' | '.join(names)} |",
        f"|---|--:|--:|--:|{'--:|' * len(names)}",
    ]
    for record in chosen:
        found = {score["name"]: score for score in record["scores"]}
        cells = [
            f"`{label_of(record)}`",
            str(record["seed"]),
            f"{record['steps']:,} x {record['batch']}",
            f"{record['seconds']:.0f} s",
            *(shown_score(found[n]) if n in found else "" for n in names),
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def _score_order(name: str) -> tuple[int, str]:
    first = ("fd[", "fd-class", "accuracy", "balance", "codes")
    return next((i for i, start in enumerate(first) if name.startswith(start)), len(first)), name


def shown_score(score: dict[str, Any]) -> str:
    """Return a score as tables show it: value ± 95 % interval, if it has one (samples)."""
    return f"{score['value']:.4g}{_interval(score)} ({score['measured']['samples']:,})"


def _interval(score: dict[str, Any]) -> str:
    """Return half the width of a score's 95 % interval, if it has one."""
    low, high = score["details"].get("interval_95", (None, None))
    return "" if low is None else f" ± {(high - low) / 2:.2g}"


def few_table(data: str, *labels: str) -> str:
    """Return a row per run on few pictures: fd against others of the kind, and how the test of copies came out."""
    lines = [
        "| run | seed | G steps x batch | time | fd against others of the kind | copies (p) | near-copies | expected |",
        "|---|--:|--:|--:|--:|--:|--:|--:|",
    ]
    for record in _chosen(data, labels):
        (fd,), (copies,) = record["scores_elsewhere"], record["scores"]
        told = copies["details"]
        cells = [
            f"`{label_of(record)}`",
            str(record["seed"]),
            f"{record['steps']:,} x {record['batch']}",
            f"{record['seconds']:.0f} s",
            f"{fd['name']} {shown_score(fd)}",
            f"{copies['value']:.2g} ({told['p']:.2g})",
            f"{told['near_copies']:.3g}",
            f"{told['near_copies_expected']:.3g}",
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def told_table(stem: str) -> str:
    """Return how much of each factor's entropy each code of a run tells."""
    return _factors("code", _details(stem, "codes")["told"])


def disentanglement_table(stem: str) -> str:
    """Return how much each factor changes along each direction of a run."""
    return _factors("direction", _details(stem, "disentanglement")["table"])


def _details(stem: str, name: str) -> Record:
    record = json.loads((HERE / "runs" / f"{stem}.json").read_text())
    details: Record = next(score["details"] for score in record["scores"] if score["name"] == name)
    return details


def _factors(what: str, rows: dict[str, dict[str, float]]) -> str:
    factors = list(next(iter(rows.values())))
    lines = [f"| {what} | {' | '.join(factors)} |", "|---|" + "--:|" * len(factors)]
    lines += [f"| {name} | {' | '.join(f'{row[f]:.2f}' for f in factors)} |" for name, row in rows.items()]
    return "\n".join(lines)


def _middle(group: list[Record], key: str) -> float:
    return float(statistics.median(record[key] for record in group))


def _scores(group: list[Record]) -> str:
    values: dict[str, list[float]] = defaultdict(list)
    samples: dict[str, int] = {}
    for record in group:
        for score in record["scores"]:
            values[score["name"]].append(score["value"])
            samples[score["name"]] = score["measured"]["samples"]
    words = []
    first = {name: found for name, found in values.items() if name.startswith("fd[")}
    for name, found in (first or values).items():
        shown = ", ".join(f"{value:.4g}" for value in sorted(found))
        words.append(f"{name} {shown} ({samples[name]:,} samples)")
    return "; ".join(words) or "not scored"


def stacked_table() -> str:
    """Return the modes of stacked digits that each recipe captured, the best KL first."""
    rows = []
    for path in (HERE / "runs").glob("*-stacked-mnist-*.json"):
        record = json.loads(path.read_text())
        score = record["scores"][0]
        kl, samples = score["details"]["kl_to_data_nats"], score["measured"]["samples"]
        rows.append((kl, f"| `{record['recipe']}` | {score['value']:.0f} | {kl:.3f} | {samples:,} |"))
    head = ["| recipe | modes of 1,000 | KL to the data, nats | samples |", "|---|--:|--:|--:|"]
    return "\n".join([*head, *(row for _, row in sorted(rows))])


def study_table(name: str) -> str:
    """Return a study's own table under a line that says what was studied, and its picture."""
    folder = HERE / "studies" / name
    study = json.loads((folder / "study.json").read_text())
    seeds = "1 seed" if study["seeds"] == 1 else f"{study['seeds']} seeds"
    head = f"**Study `{name}`**: {seeds} each, `--budget {study['budget']}`."
    table = (folder / "table.md").read_text().rstrip()
    return "\n\n".join([head, table, f"![{name}](results/studies/{name}/study.png)"])


def comparisons(name: str) -> str:
    """Return what a study's seeds tell of its best recipe against each other one."""
    study = json.loads((HERE / "studies" / name / "study.json").read_text())
    return " ".join(f"{c['sentence']}." for c in study["comparisons"])


def benchmark_table() -> str:
    """Return the speed table: our loop against the plain one, by the number of its loader processes."""
    benchmark = json.loads((HERE / "benchmark.json").read_text())
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


def quality_tables() -> str:
    """Return what minutes of training bought, and when our arms were where the others ended; with the picture."""
    path = HERE / "quality" / "summary.json"
    if not path.is_file():
        return "Not measured yet: `make bench-quality` measures it."
    kept = json.loads(path.read_text())
    threads = ", ".join(map(str, kept["threads"]))
    lines = [
        f"{threads} threads of {', '.join(kept['processor'])}; scores are {kept['metric']}.",
        "",
        "| arm | what | seeds | time | CPU time | G steps | at the end (samples) | best on the way (samples) |",
        "|---|---|--:|--:|--:|--:|--:|--:|",
    ]
    for arm, row in kept["arms"].items():
        end, between = row["end"], row["curve"][0]["n"]
        values = ", ".join(f"{value:.0f}" for value in sorted(end["values"]))
        times = (f"{end['seconds']:.0f} s", f"{end['processor_seconds']:.0f} s", f"{end['steps']:,.0f}")
        scores = (f"{values} ({end['n']:,})", f"{end['best_on_the_way']:.0f} ({between:,})")
        lines.append(f"| {' | '.join([arm, row['what'], str(len(row['seeds'])), *times, *scores])} |")
    lines += ["", "| arm | is where this one ended | after | of its time | CPU time | of its CPU time |"]
    lines.append("|---|---|--:|--:|--:|--:|")
    for arm, bars in kept["reached"].items():
        for bar, row in bars.items():
            cells = [_reached(row[clock]) for clock in ("seconds", "processor_seconds")]
            lines.append(f"| {' | '.join([arm, bar, *cells])} |")
    lines += [
        "",
        "![quality by time](results/quality/quality.png)",
        "",
        "Samples at the end, of the first seed:",
        "",
    ]
    lines += [f"| {' | '.join(kept['arms'])} |", "|" + "---|" * len(kept["arms"])]
    pictures = (
        f"![samples of {arm}](results/quality/{arm}-seed{row['seeds'][0]}.png)"
        for arm, row in kept["arms"].items()
    )
    return "\n".join([*lines, f"| {' | '.join(pictures)} |"])


def short_table() -> str:
    """Return the results in short, for the README: a row per question."""

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


def ablation_table() -> str:
    """Return what each variant of the ablation reached, and how sure its difference from its base is."""
    path = HERE / "ablation" / "summary.json"
    if not path.is_file():
        return "Not measured yet: `make bench-ablation` measures it."
    kept = json.loads(path.read_text())
    lines = [
        f"{kept['budget_seconds']:.0f} s each, one thread of {kept['processor']}; {kept['metric']} of "
        f"{kept['n']:,} samples; spread within a variant {_percent(kept['spread'])} ({kept['freedom']} degrees of "
        "freedom).",
        "",
        "| variant | G steps | time | scores of the seeds | against | ratio (95 % interval) | resolved |",
        "|---|--:|--:|--:|---|--:|---|",
    ]
    for name, row in kept["variants"].items():
        scores = ", ".join(f"{value:.0f}" for value in row["values"])
        spent = (f"{row['steps']:,.0f}", f"{row['seconds']:.0f} s")
        lines.append(f"| {' | '.join([name, *spent, scores, *_ratio(row)])} |")
    return "\n".join(lines)


def trials_table() -> str:
    """Return what trials reached, a row each."""
    kept = [json.loads(path.read_text()) for path in sorted((HERE / "trials").glob("*-seed*.json"))]
    lines = [
        "| trial | seed | planned for | G steps | of | CPU time | score |",
        "|---|--:|--:|--:|--:|--:|--:|",
    ]
    for record in kept:
        link = f"[{record['variant']}](results/trials/{record['variant']}-seed{record['seed']}.json)"
        plan = (str(record["seed"]), f"{record['budget_seconds']:.0f} s")
        cost = (f"{record['steps']:,}", str(record["recipe"]["schedule"]["batch"]))
        spent, score = f"{record['processor_seconds']:.0f} s", f"{record['value']:.0f}"
        lines.append(f"| {' | '.join([link, *plan, *cost, spent, score])} |")
    return "\n".join(lines)


def passes_table() -> str:
    """Return what share of the machine's convolution peak the passes of recipes have."""
    kept = json.loads((HERE / "passes.json").read_text())
    machine = kept["machine"]
    lines = [
        f"Threads: {machine['threads']}, of {machine['processor']}; the peak is {kept['peak_gflops']:.0f} GFLOP/s.",
        "",
        "| recipe | GFLOP a step | GFLOP/s | of the peak | in convolutions and matrix products alone |",
        "|---|--:|--:|--:|--:|",
    ]
    for name, row in kept["recipes"].items():
        shares = [f"{100 * row[what]:.0f} %" for what in ("share_of_peak", "products_alone_share_of_peak")]
        lines.append(
            f"| `{name}` | {row['gflop_per_step']:.1f} | {row['gflops']:.0f} | {' | '.join(shares)} |"
        )
    return "\n".join(lines)


def step_settings_table() -> str:
    """Return what each setting of a step is worth in time."""
    kept = json.loads((HERE / "step_settings.json").read_text())
    lines = [
        f"`{kept['recipe']}`; threads: {kept['machine']['threads']}, of {kept['machine']['processor']}.",
        "",
        "| setting | time of a picture | ratio | expected | rounds | so |",
        "|---|--:|--:|--:|---|---|",
    ]
    for name, row in kept["changes"].items():
        times = (f"{row['microseconds'] / 1000:.2f} ms", f"{row['ratio']:.2f}", f"{row['expected']:g}")
        rounds = ", ".join(f"{ratio:.2f}" for ratio in row["by_round"])
        lines.append(f"| {' | '.join([name, *times, rounds, row['decision']])} |")
    return "\n".join(lines)


def _percent(share: float | None) -> str:
    return "unknown" if share is None else f"{100 * share:.1f} %"


def _ratio(row: dict[str, Any]) -> list[str]:
    """Return the cells of what a variant is compared with, and what came of it."""
    if row["ratio"] is None:
        return ["", "", ""]
    if row["interval"] is None:
        return [row["base"], f"{row['ratio']:.2f}", "one seed"]
    low, high = row["interval"]
    said = "better" if high < 1 else "worse" if low > 1 else "no"
    return [row["base"], f"{row['ratio']:.2f} ({low:.2f} to {high:.2f})", said]


def _reached(row: dict[str, Any]) -> str:
    """Return the cells of a time to reach: in the middle of the seeds, and its share."""
    if row["median"] is None:
        return "not reached | "
    return f"{row['median']:.0f} s | {row['share_of_the_bars']:.2f}"


def robustness_table() -> str:
    """Return what the tests of resume, kills, corruption and processes counted."""
    counts = json.loads((HERE / "robustness.json").read_text())
    resumes = [v["differing_bytes"] for k, v in counts.items() if k.startswith("resume of")]
    rows = {"resumed against uninterrupted runs": f"{len(resumes)} resumed runs, {sum(resumes)} bytes differ"}
    for name, numbers in counts.items():
        if not name.startswith("resume of"):
            rows[name] = ", ".join(f"{key.replace('_', ' ')} {value:.3g}" for key, value in numbers.items())
    rows["single-bit flips of a checkpoint"] = "{flips} flips, {found} found".format(
        **counts["single-bit flips of a checkpoint"]
    )
    return "\n".join(
        ["| check | counted |", "|---|---|", *(f"| {name} | {text} |" for name, text in rows.items())]
    )


WRITERS: dict[str, Callable[..., str]] = {
    "runs": run_table,
    "scores": score_table,
    "few": few_table,
    "told": told_table,
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
    "step_settings": step_settings_table,
    "robustness": robustness_table,
}

if __name__ == "__main__":
    main()
