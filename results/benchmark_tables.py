"""Tables of the benchmarks and of the robustness tests for docs/results.md, from the records in ``results/``."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
#: Descriptions of the arms of the quality benchmark.
ARMS = {
    "reference": "DCGAN of GANs-Implementations (width 64) in a plain loop: five D updates per G update, no EMA",
    "lean": "the same networks in our loop: one D update per G update, EMA of G; half the time",
}
#: Names and decisions of the rows of the step settings, where the record's own are not clear by themselves.
SETTINGS = {
    "as it is": "recipe unchanged",
    "channels first in memory": "channels-first memory format",
    "pages given back to the system": "memory pages returned to the system",
    "denormal numbers worked out": "denormal numbers not flushed to zero",
    "real and fake pictures in two passes": "D sees real and fake images in two passes",
    "fakes made anew for G's update": "new fakes for the G update",
    "batch 32": "batch size 32",
    "batch 64": "batch size 64",
    "D folded": "D on 2x2 patches, width 32",
    "both folded": "G and D on 2x2 patches, width 32",
}
DECISIONS = {
    "channels last is kept": "keep channels-last",
    "pages are kept": "keep the pages",
    "they are flushed": "flush them",
    "one pass is kept": "keep one pass",
    "reuse is kept": "keep reusing D's fakes",
    "dropped on processors": "not used on CPUs",
    "16 is kept, for twice the updates": "keep 16: twice as many updates",
    "16 is kept, for four times the updates": "keep 16: four times as many updates",
    "dropped: samples are worse for the same time": "not used: worse samples in the same time",
}
#: Names of the robustness checks and their results, with the record's numbers.
CHECKS = {
    "SIGKILL while training": (
        "SIGKILL during training",
        "{kills} kills, {in_a_save} of them while saving a checkpoint; {unreadable} unreadable checkpoints, "
        "{steps_done_twice} steps repeated",
    ),
    "SIGKILL at the start": (
        "SIGKILL at the start",
        "{kills} kills: {whole_runs} leave a complete run folder, {no_run} none",
    ),
    "files of 60 GB": (
        "recipes, data and files of a run with a length of 60 GB",
        "{tried} uses: {silent} silent, {tracebacks} tracebacks; refused in {median_seconds} s (median)",
    ),
    "runs on a full disk": (
        "runs on a disk that fills up",
        "{tried} disk sizes: {silent} silent, {tracebacks} tracebacks; all resumed to the same bytes",
    ),
    "links, pipes and huge files in a run folder": (
        "links, pipes and huge files in a run folder",
        "{refused} of {tried} uses refused; {silent} silent, {tracebacks} tracebacks",
    ),
    "checkpoints that are not finite, sampled or scored": (
        "checkpoints with a NaN or infinite weight",
        "{refused} of {tried} uses refused",
    ),
    "SIGTERM to exit": ("time from SIGTERM to exit", "95th percentile {p95_seconds} s, {times} runs"),
    "SIGINT to exit": ("time from SIGINT to exit", "95th percentile {p95_seconds} s, {times} runs"),
}


def benchmark_table() -> str:
    """Return the speed of our loop and of the plain one, by the number of its loader workers."""
    benchmark = json.loads((HERE / "benchmark.json").read_text())
    plain = [side for side in next(iter(benchmark["workloads"].values()))["ms_per_step"] if side != "ours"]
    head = ["workload", *plain, "ours", "speedup", "target", "time outside forward, backward and optimizer"]
    lines = [f"| {' | '.join(head)} |", "|---" + "|--:" * (len(head) - 1) + "|"]
    for name, row in benchmark["workloads"].items():
        times, parts = row["ms_per_step"], row["ours_ms"]
        outside = 100 * (1 - (parts["D"] + parts["G"] + parts["optimizer"]) / parts["total"])
        speedups = ", ".join(f"{times[side] / times['ours']:.2f}" for side in plain)
        cells = [name, *(f"{times[side]:.1f} ms" for side in [*plain, "ours"]), speedups]
        lines.append(f"| {' | '.join([*cells, str(row['goal']), f'{outside:.1f} %'])} |")
    return "\n".join(lines)


def quality_tables() -> str:
    """Return final scores, the times to reach the baselines, the figure of scores by time, and samples."""
    path = HERE / "quality" / "summary.json"
    if not path.is_file():
        return "Not measured yet: `make bench-quality` measures it."
    record = json.loads(path.read_text())
    threads = ", ".join(map(str, record["threads"]))
    lines = [
        f"{threads} threads of {', '.join(record['processor'])}. Scores are {record['metric']}. Final "
        "scores are those of each seed, other numbers are medians over seeds.",
        "",
        "| arm | description | seeds | time | CPU time | G steps | final scores (samples) "
        "| best score during training (samples) |",
        "|---|---|--:|--:|--:|--:|--:|--:|",
    ]
    for arm, row in record["arms"].items():
        end, between = row["end"], row["curve"][0]["n"]
        values = ", ".join(f"{value:.0f}" for value in sorted(end["values"]))
        times = (f"{end['seconds']:.0f} s", f"{end['processor_seconds']:.0f} s", f"{end['steps']:,.0f}")
        scores = (f"{values} ({end['n']:,})", f"{end['best_on_the_way']:.0f} ({between:,})")
        lines.append(
            f"| {' | '.join([arm, ARMS.get(arm, row['what']), str(len(row['seeds'])), *times, *scores])} |"
        )
    lines += [
        "",
        "| arm | reaches the final score of | after | share of its time | CPU time | share of its CPU time |",
    ]
    lines.append("|---|---|--:|--:|--:|--:|")
    for arm, baselines in record["reached"].items():
        for baseline, row in baselines.items():
            cells = [_time_cells(row[clock]) for clock in ("seconds", "processor_seconds")]
            lines.append(f"| {' | '.join([arm, baseline, *cells])} |")
    lines += [
        "",
        "![score by time](results/quality/quality.png)",
        "",
        "Final samples of the first seed:",
        "",
    ]
    lines += [f"| {' | '.join(record['arms'])} |", "|" + "---|" * len(record["arms"])]
    pictures = (
        f"![samples of {arm}](results/quality/{arm}-seed{row['seeds'][0]}.png)"
        for arm, row in record["arms"].items()
    )
    return "\n".join([*lines, f"| {' | '.join(pictures)} |"])


def ablation_table() -> str:
    """Return the scores of each variant of the ablation, and their ratio to those of its base."""
    path = HERE / "ablation" / "summary.json"
    if not path.is_file():
        return "Not measured yet: `make bench-ablation` measures it."
    record = json.loads(path.read_text())
    lines = [
        f"Each variant has a budget of {record['budget_seconds']:.0f} s on one thread of {record['processor']}. Scores "
        f"are {record['metric']} of {record['n']:,} samples, by seed; their standard deviation within a variant is "
        f"{_percent(record['spread'])} ({record['freedom']} degrees of freedom).",
        "",
        "| variant | G steps | time | scores | compared with | ratio (95 % interval) | resolved |",
        "|---|--:|--:|--:|---|--:|---|",
    ]
    for name, row in record["variants"].items():
        scores = ", ".join(f"{value:.0f}" for value in row["values"])
        cost = (f"{row['steps']:,.0f}", f"{row['seconds']:.0f} s")
        lines.append(f"| {' | '.join([name, *cost, scores, *_ratio_cells(row)])} |")
    return "\n".join(lines)


def trials_table() -> str:
    """Return a row for each trial of settings."""
    records = [json.loads(path.read_text()) for path in sorted((HERE / "trials").glob("*-seed*.json"))]
    lines = [
        "| trial | seed | budget | G steps | batch | CPU time | score |",
        "|---|--:|--:|--:|--:|--:|--:|",
    ]
    for record in records:
        link = f"[{record['variant']}](results/trials/{record['variant']}-seed{record['seed']}.json)"
        plan = (str(record["seed"]), f"{record['budget_seconds']:.0f} s")
        cost = (f"{record['steps']:,}", str(record["recipe"]["schedule"]["batch"]))
        result = (f"{record['processor_seconds']:.0f} s", f"{record['value']:.0f}")
        lines.append(f"| {' | '.join([link, *plan, *cost, *result])} |")
    return "\n".join(lines)


def passes_table() -> str:
    """Return the throughput of the passes of recipes, and its share of the peak of convolutions."""
    record = json.loads((HERE / "passes.json").read_text())
    machine = record["machine"]
    lines = [
        f"Threads: {machine['threads']}, {machine['processor']}. The peak is {record['peak_gflops']:.0f} GFLOP/s.",
        "",
        "| recipe | GFLOP per step | GFLOP/s | share of the peak "
        "| share of the peak, convolutions and matrix products alone |",
        "|---|--:|--:|--:|--:|",
    ]
    for name, row in record["recipes"].items():
        shares = [f"{100 * row[what]:.0f} %" for what in ("share_of_peak", "products_alone_share_of_peak")]
        lines.append(
            f"| `{name}` | {row['gflop_per_step']:.1f} | {row['gflops']:.0f} | {' | '.join(shares)} |"
        )
    return "\n".join(lines)


def plan_table() -> str:
    """Return predicted and measured times of a step, by recipe and number of processes."""
    record = json.loads((HERE / "plan.json").read_text())
    machine = record["machine"]
    lines = [
        f"{machine['cores']} cores of {machine['processor']}, one thread for each process, gloo.",
        "",
        "| recipe | processes | predicted | of which all-reduce | measured | measured / predicted |",
        "|---|--:|--:|--:|--:|--:|",
    ]
    for name, by_processes in record["recipes"].items():
        for processes, row in by_processes.items():
            times = [f"{row[key]:.0f} ms" for key in ("predicted_ms", "of_which_reduce_ms", "measured_ms")]
            cells = [f"`{name}`", processes, *times, f"{row['measured_to_predicted']:.2f}"]
            lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def backends_table() -> str:
    """Return what was killed on each backend, and how many runs differed from those of a quiet study."""
    record = json.loads((HERE / "backends.json").read_text())
    lines = [
        "| backend | jobs killed | workers killed | study killed | time | runs that differ |",
        "|---|--:|--:|--:|--:|--:|",
    ]
    for backend in ("slurm", "ray"):
        row = record[backend]
        killed = [str(row["killed"][what]) for what in ("jobs", "workers", "studies")]
        cells = [backend, *killed, f"{row['seconds']} s", f"{len(row['differing'])} of {record['runs']}"]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def step_settings_table() -> str:
    """Return the time per image with each changed setting of a step."""
    record = json.loads((HERE / "step_settings.json").read_text())
    lines = [
        f"`{record['recipe']}`. Threads: {record['machine']['threads']}, {record['machine']['processor']}.",
        "",
        "| setting | time per image | ratio | expected ratio | ratios by round | decision |",
        "|---|--:|--:|--:|---|---|",
    ]
    for name, row in record["changes"].items():
        times = (f"{row['microseconds'] / 1000:.2f} ms", f"{row['ratio']:.2f}", f"{row['expected']:g}")
        rounds = ", ".join(f"{ratio:.2f}" for ratio in row["by_round"])
        decision = DECISIONS.get(row["decision"], row["decision"])
        lines.append(f"| {' | '.join([SETTINGS.get(name, name), *times, rounds, decision])} |")
    return "\n".join(lines)


def _percent(share: float | None) -> str:
    return "unknown" if share is None else f"{100 * share:.1f} %"


def _ratio_cells(row: dict[str, Any]) -> list[str]:
    """Return the cells of a variant's base, the ratio to it, and whether the difference is resolved."""
    if row["ratio"] is None:
        return ["", "", ""]
    if row["interval"] is None:
        return [row["base"], f"{row['ratio']:.2f}", "one seed"]
    low, high = row["interval"]
    verdict = "better" if high < 1 else "worse" if low > 1 else "no"
    return [row["base"], f"{row['ratio']:.2f} ({low:.2f} to {high:.2f})", verdict]


def _time_cells(row: dict[str, Any]) -> str:
    """Return the cells of a time to reach: its median over the seeds, and the share of the baseline's time."""
    if row["median"] is None:
        return "not reached | "
    return f"{row['median']:.0f} s | {row['share_of_the_bars']:.2f}"


def robustness_table() -> str:
    """Return the counts of the tests of resume, kills, corruption and several processes."""
    records = json.loads((HERE / "robustness.json").read_text())
    resumes = [v["differing_bytes"] for k, v in records.items() if k.startswith("resume of")]
    rows = {"resumed and uninterrupted runs": f"{len(resumes)} resumed runs, {sum(resumes)} bytes differ"}
    for name, numbers in records.items():
        if not name.startswith("resume of"):
            check, result = _check_cells(name, numbers)
            rows[check] = result
    lines = ["| check | result |", "|---|---|"]
    return "\n".join([*lines, *(f"| {check} | {result} |" for check, result in rows.items())])


def _check_cells(name: str, numbers: dict[str, float]) -> tuple[str, str]:
    """Return the name and the result of a robustness check as text."""
    if name in CHECKS:
        check, result = CHECKS[name]
        return check, result.format(**numbers)
    if recipe := re.fullmatch("state of (.*), each item lost and altered", name):
        return (
            f"checkpoint of `{recipe[1]}`, with each item removed or altered",
            f"{numbers['items']} items: every change is detected or alters the result, unless the next step "
            "overwrites the item",
        )
    if name.startswith("single-bit flips of ") and "silent" in numbers:
        check = name.replace("single-bit flips of", "single-bit flips in")
        return check, "{flips} flips: {silent} silent, {tracebacks} tracebacks".format(**numbers)
    if "tried" in numbers and "silent" in numbers:
        counts = "{tried} tried: {silent} silent, {tracebacks} tracebacks"
        more = "; {used} used, {refused} refused" if "used" in numbers else ""
        return name, (counts + more).format(**numbers)
    if name == "full disk":
        failures = ", ".join(f"{value} times {key}" for key, value in numbers.items() if key != "sizes")
        return name, f"{numbers['sizes']} disk sizes: writing fails {failures}"
    name = re.sub("^2 processes against 1, ([^ ]*)", r"2 processes and 1, `\1`", name)
    name = name.replace("changed at resume, two first", "changed from 2 to 1 at resume")
    name = name.replace("changed at resume, one first", "changed from 1 to 2 at resume")
    return name, f"largest difference of a weight {numbers['largest_difference']:.3g}"
