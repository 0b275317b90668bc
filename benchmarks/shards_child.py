"""What ``benchmarks.shards`` measures in processes of their own: a huge set, a training, steps of two data sets."""

from __future__ import annotations

import io
import json
import os
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from ganbench.data.base import Batch, Dataset
from ganbench.data.io.shard_index import RECORD, write_index
from ganbench.data.io.tar_shards import write_shard
from ganbench.data.keyed_sampler import KeyedSampler
from ganbench.data.loader import Loader
from ganbench.data.shards import shards

BATCH, BATCHES = 64, 20


def main() -> None:
    """Run one part, named by the first argument; print its result as JSON."""
    name, *arguments = sys.argv[1:]
    parts: dict[str, Callable[..., dict[str, Any]]] = {
        "huge": huge,
        "train": train,
        "steps": steps,
        "hold": hold,
    }
    print(json.dumps(parts[name](*arguments)))


def huge(folder: str, items: str, late: str) -> dict[str, Any]:
    """Time batches at the start and late in a set whose index is a file with holes; count resident memory."""
    size, starts = int(items), (0, int(late) // BATCH)
    root = Path(folder)
    if not root.exists():
        sampler = KeyedSampler(size, BATCH, 0)
        wanted = torch.cat(
            [sampler.indices(b) for start in starts for b in range(start, start + 2 * BATCHES)]
        )
        write_huge(root, size, wanted)
        del wanted
    before = _resident()
    begin = time.perf_counter()
    data = shards(folder)
    opened = time.perf_counter() - begin
    loader, report = Loader(data, BATCH, 0), dict[str, Any]()
    for start in starts:
        begin = time.perf_counter()
        loader(start, BATCH, 0, 1)
        first = time.perf_counter() - begin
        times = []
        for b in range(start + 1, start + BATCHES):
            begin = time.perf_counter()
            loader(b, BATCH, 0, 1)
            times.append(1000 * (time.perf_counter() - begin))
        report[f"position {start * BATCH:,}"] = {
            "first_batch_seconds": round(first, 3),
            "later_batches_ms": round(statistics.median(times), 2),
        }
    return {
        "items": size,
        "open_seconds": round(opened, 3),
        **report,
        "resident_mib_above_torch": round(_resident() - before, 1),
    }


def write_huge(root: Path, items: int, positions: Tensor) -> None:
    """Write a set of one image, and an index of so many items; those at the positions lead to the image."""
    root.mkdir(parents=True)
    buffer = io.BytesIO()
    noise = np.random.default_rng(0).integers(0, 256, (32, 32, 3), dtype=np.uint8)
    Image.fromarray(noise).save(buffer, "PNG")
    with (root / "a.tar").open("wb") as file:
        ((offset, length, crc),) = write_shard(file, [("0", buffer.getvalue(), None)])
    one = np.zeros(1, RECORD)
    one["offset"], one["length"], one["crc32"], one["label"] = offset, length, crc, -1
    size = (root / "a.tar").stat().st_size
    write_index(root, one, name="huge", size=(32, 32), channels=3, classes=(), shards=[("a.tar", size, 1)])
    header = json.loads((root / "index.json").read_text())
    del header["sha256"]
    header |= {"items": items, "shards": [["a.tar", size, items]]}
    (root / "index.json").write_text(json.dumps(header))
    records = np.lib.format.open_memmap(root / "index.npy", "w+", RECORD, (items,))
    records[positions.numpy()] = one[0]
    records.flush()


def train(run: str, data: str, steps: str, *changes: str) -> dict[str, Any]:
    """Train or resume a small GAN, and write the items of each batch to a file beside the run before its step."""
    import ganbench
    from ganbench.errors import RunError

    log = Path(run).with_suffix(".jsonl").open("a", buffering=1)
    call = Loader.__call__

    def logged(self: Loader, batch_index: int, rows: int, shard: int, shards: int) -> Batch:
        items = self.sampler.indices(batch_index).tolist()
        batch = call(self, batch_index, rows, shard, shards)
        log.write(json.dumps({"batch": batch_index, "items": items}) + "\n")
        return batch

    Loader.__call__ = logged  # type: ignore[method-assign]
    try:
        if any(Path(run).glob("checkpoints/step-*")):
            ganbench.resume(run)
            return {}
        overrides = dict(change.split("=", 1) for change in changes)
        values = {key: json.loads(value) for key, value in overrides.items()}
        ganbench.train(
            "dcgan-cifar10",
            budget="laptop",
            out=run if not Path(run).exists() else None,
            overrides={
                "data": data,
                "networks.G.width": 8,
                "networks.D.width": 8,
                "schedule.batch": 16,
                "schedule.steps": int(steps),
                "schedule.checkpoint_every": 10,
                "schedule.evaluate_every": 0,
                "schedule.sample_every": 0,
                **values,
            },
        )
    except RunError as error:
        print(f"the run failed: {error}", file=sys.stderr)
        sys.exit(3)
    return {}


def steps(folder: str, rounds: str, in_a_row: str) -> dict[str, Any]:
    """Take turns: some steps on CIFAR-10 (JPEG) in memory, then as many on the same images in shards."""
    from ganbench.data.archive import cifar10_jpeg
    from ganbench.experiment.build_trainer import make_trainer
    from ganbench.recipes.registry import find_recipe
    from ganbench.training.engine import Engine
    from ganbench.utils.malloc import keep_pages

    keep_pages()
    recipe = find_recipe("dcgan-cifar10", "laptop")
    times: dict[str, list[float]] = {"memory": [], "shards": []}
    main_cpu: dict[str, list[float]] = {"memory": [], "shards": []}
    with Engine(recipe.machine) as engine:
        sets: dict[str, Dataset] = {"memory": cifar10_jpeg(), "shards": shards(folder, flip=True)}
        trainers = {name: make_trainer(recipe, data, engine, 0) for name, data in sets.items()}
        for number in range(int(rounds) + 1):
            for name, trainer in trainers.items():
                begin, main_begin = time.perf_counter(), time.thread_time()
                for _ in range(int(in_a_row)):
                    trainer.train_step()
                if number:  # the first round warms up
                    times[name].append(1000 * (time.perf_counter() - begin) / int(in_a_row))
                    main_cpu[name].append(1000 * (time.thread_time() - main_begin) / int(in_a_row))
    ratios = [b / a for a, b in zip(times["memory"], times["shards"], strict=True)]
    return {
        "recipe": f"{recipe.name} laptop, batch {recipe.schedule.batch}",
        "threads": torch.get_num_threads(),
        "ms_per_step": {name: round(statistics.median(values), 1) for name, values in times.items()},
        "main_thread_cpu_ms_per_step": {n: round(statistics.median(v), 1) for n, v in main_cpu.items()},
        "load_average": round(os.getloadavg()[0], 1),
        "ratio": round(statistics.median(ratios), 3),
        "ratio_by_round": [round(ratio, 3) for ratio in ratios],
    }


def hold() -> dict[str, Any]:
    """Load CIFAR-10 (JPEG), read all of it, say so, and wait for a line."""
    from ganbench.data.archive import cifar10_jpeg

    data = cifar10_jpeg()
    for index in torch.split(torch.arange(data.info.size), 1000):
        data.items(index)
    print("ready", flush=True)
    sys.stdin.readline()
    return {}


def _resident() -> float:
    """Return the resident memory of this process in MiB."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.split("VmRSS:")[1].split()[0]) / 1024


if __name__ == "__main__":
    main()
