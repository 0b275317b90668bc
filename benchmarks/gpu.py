"""Measure what each setting of the machine is worth on a GPU, and write a record.

    python -m benchmarks.gpu [--device cuda] [--seconds 5] [--minutes 8] [--out results/gpu.json]

Each variant trains a recipe's reference-size networks in a process of its own on images of random pixels, which are in
memory: images per second, memory, and how far its losses are from those of fp32 after a few steps. Variants that do not
start in time or fail are named with their error. Where there are two or more GPUs, NCCL's all-reduce is timed, too.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

RECIPES = {"sndcgan-cifar10": 64, "dcgan-cifar10": 128, "r3gan-cifar10": 64}
VARIANTS: dict[str, dict[str, str]] = {
    "fp32": {},
    "fp32, channels first": {"channels_last": "false"},
    "bf16": {"precision": "bf16"},
    "fp32, compiled": {"compile": "default"},
    "bf16, compiled": {"precision": "bf16", "compile": "default"},
    "bf16, CUDA graphs": {"precision": "bf16", "compile": "reduce-overhead"},
}
_CHECK_STEPS, _ALL_REDUCE_MB = 5, (1, 16, 64)


def main() -> None:
    """Measure all variants and print them; ``--out`` stores them."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--seconds", type=float, default=5.0, help="time of each measurement")
    parser.add_argument("--minutes", type=float, default=8.0, help="variants that do not fit are left out")
    parser.add_argument("--recipes", nargs="*", default=list(RECIPES), choices=list(RECIPES))
    parser.add_argument("--out", type=Path)
    parser.add_argument("--measure", nargs=2, metavar=("RECIPE", "VARIANT"), help=argparse.SUPPRESS)
    parser.add_argument("--all-reduce", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.all_reduce:
        print(json.dumps(measure_all_reduce(arguments.seconds)))
        return
    if arguments.measure:
        print(json.dumps(measure(*arguments.measure, arguments.device, arguments.seconds)))
        return
    require_device(arguments.device)
    report = run_all(arguments.recipes, arguments.device, arguments.seconds, arguments.minutes)
    if arguments.out:
        arguments.out.write_text(json.dumps(report, indent=1) + "\n")


def require_device(name: str) -> None:
    """Exit with one sentence if torch cannot use the device."""
    from ganbench.errors import UserError
    from ganbench.training.engine import select_device

    try:
        select_device(name)
    except UserError as error:
        sys.exit(f"error: {error}")


def run_all(recipes: list[str], device: str, seconds: float, minutes: float) -> dict[str, Any]:
    """Measure every variant of every recipe in its own process, as long as the minutes last."""
    import torch

    end = time.monotonic() + 60 * minutes
    rows: dict[str, dict[str, Any]] = {}
    for name in recipes:
        for variant in VARIANTS:
            left = end - time.monotonic()
            command = ["--measure", name, variant, "--device", device, "--seconds", str(seconds)]
            row = _run(command, left) if left > seconds else {"left_out": "no time left"}
            rows.setdefault(name, {})[variant] = row
            print(f"{name}, {variant}: {row}", flush=True)
    report: dict[str, Any] = {"recipes": rows, "torch": torch.__version__, "device": device}
    if device == "cuda":
        report["gpu"] = [torch.cuda.get_device_name(i) for i in range(torch.cuda.device_count())]
        if len(report["gpu"]) > 1:
            launch = ["-m", "torch.distributed.run", "--nproc-per-node", str(len(report["gpu"]))]
            report["all_reduce"] = _run(["--all-reduce"], end - time.monotonic(), launch)
    return report


def _run(arguments: list[str], timeout: float, launch: list[str] | None = None) -> dict[str, Any]:
    """Run this script in a process and return the JSON of its last line, or its error."""
    command = [sys.executable, *(launch or []), "-m", "benchmarks.gpu", *arguments]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=max(timeout, 1), check=False)
    except subprocess.TimeoutExpired:
        return {"failed": "it did not end in time"}
    if done.returncode:
        lines = [line for line in done.stderr.splitlines() if line.strip()]
        return {"failed": lines[-1] if lines else f"exit code {done.returncode}"}
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return result


def measure(name: str, variant: str, device: str, seconds: float) -> dict[str, Any]:
    """Return images per second, seconds until the first step ended, peak memory, and the losses after a few steps."""
    import torch

    from ganbench.data.python_data import image_dataset
    from ganbench.experiment.build_trainer import make_trainer
    from ganbench.recipes.registry import find_recipe
    from ganbench.training.engine import Engine

    pixels = torch.randint(0, 256, (4096, 3, 32, 32), generator=torch.Generator().manual_seed(0))
    machine = {
        f"machine.{key}": json.loads(v) if v in ("true", "false") else v
        for key, v in VARIANTS[variant].items()
    }
    recipe = find_recipe(name).override(
        {"machine.device": device, "schedule.batch": RECIPES[name], **machine}
    )
    with Engine(recipe.machine) as engine:
        start = time.perf_counter()
        trainer = make_trainer(recipe, image_dataset(pixels.to(torch.uint8)), engine, seed=0)
        trainer.train_step()
        _wait(device)
        first = time.perf_counter() - start
        for _ in range(_CHECK_STEPS - 1):
            trainer.train_step()
        losses = trainer.read_log()
        _wait(device)
        begin, steps = time.perf_counter(), 0
        while time.perf_counter() - begin < seconds:
            trainer.train_step()
            _wait(device)
            steps += 1
        elapsed = time.perf_counter() - begin
    return {
        "images_per_second": round(steps * recipe.schedule.batch / elapsed, 1),
        "seconds_to_first_step": round(first, 1),
        "peak_mb": round(torch.cuda.max_memory_allocated() / 2**20) if device == "cuda" else None,
        "losses": {key: round(value, 5) for key, value in losses.items()},
    }


def _wait(device: str) -> None:
    """Wait until the device has done its work."""
    import torch

    if device == "cuda":
        torch.cuda.synchronize()


def measure_all_reduce(seconds: float) -> dict[str, Any]:
    """Return the GB/s at which all processes add up flat buffers of several sizes, under torchrun."""
    import torch
    import torch.distributed as dist

    from ganbench.training.engine import Engine

    rates = {}
    with Engine() as engine:
        for megabytes in _ALL_REDUCE_MB:
            buffer = torch.ones(megabytes * 2**18, device=engine.device)
            dist.all_reduce(buffer)
            torch.cuda.synchronize()
            begin, count = time.perf_counter(), 0
            while engine.any(time.perf_counter() - begin < seconds / len(_ALL_REDUCE_MB)):
                dist.all_reduce(buffer)
                torch.cuda.synchronize()
                count += 1
            rates[f"{megabytes} MB"] = round(count * megabytes / 1024 / (time.perf_counter() - begin), 2)
    return rates


if __name__ == "__main__":
    main()
