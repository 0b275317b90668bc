"""Predict the time, traffic, storage and price of a run on other machines, from the operations of one of its steps."""

from __future__ import annotations

import dataclasses
import math
import time
from dataclasses import dataclass
from typing import Any

import torch

from ganbench.data.base import Dataset
from ganbench.errors import UserError
from ganbench.experiment.build_trainer import make_trainer
from ganbench.experiment.hardware import Hardware
from ganbench.recipes.base import Recipe
from ganbench.training.engine import Engine
from ganbench.training.flop_counter import FlopCounter
from ganbench.training.trainer import Trainer

_COUNT_BATCH = 4  # of the steps whose operations are counted
_LONGEST_PERIOD = 16  # steps after which all lazy penalties of a recipe have been due equally often
_TRIAL_SECONDS = 1.0
_BYTES = 4  # of a float32
_ADAM_COPIES = 3  # a weight, and the two means that Adam keeps of its gradient


@dataclass(frozen=True, kw_only=True)
class Work:
    """What a step of a recipe computes, sends and reads.

    Attributes:
        flop_per_image: Floating-point operations of convolutions and matrix products, by image of the batch; the mean
            of the steps of a period.
        period: Steps after which lazy penalties are due again; 1 without any.
        updates: Updates of networks per step.
        reduced_bytes: Bytes of gradients that processes average per step.
        images_read: Batches of real images that a step reads.
        item_bytes: Bytes of a decoded item.
        checkpoint_bytes: Bytes of a checkpoint: weights, Adam's means and the average.
    """

    flop_per_image: float
    period: int = 1
    updates: int
    reduced_bytes: int
    images_read: int
    item_bytes: int
    checkpoint_bytes: int


@dataclass(frozen=True, kw_only=True)
class ScalePlan:
    """The prediction. Times are in seconds; ``storage_bytes`` holds the stored images and the checkpoints kept."""

    recipe: str
    hardware: str
    source: str
    machines: int
    processes: int
    batch: int
    images: float
    steps: int
    compute_seconds: float
    reduce_seconds: float
    step_seconds: float
    total_seconds: float
    reduced_bytes_per_step: int
    read_bytes_per_second: float
    storage_bytes: float
    price: float | None

    def to_dict(self) -> dict[str, Any]:
        """Return the plan as a JSON-compatible dict."""
        return dataclasses.asdict(self)


def count_work(recipe: Recipe, dataset: Dataset, engine: Engine) -> Work:
    """Count what a step does, by training a few with small batches."""
    alone = recipe.override({"schedule.microbatches": 1})
    batch = _COUNT_BATCH * _smallest_batch(alone, dataset, engine)
    trainer = make_trainer(alone.override({"schedule.batch": batch}), dataset, engine, 0)
    counts = []
    with engine.fork_random_state():
        for _ in range(_LONGEST_PERIOD):
            with FlopCounter() as counter:
                trainer.train_step()
            counts.append(counter.flop)
    period = next(p for p in range(1, _LONGEST_PERIOD + 1) if _repeats(counts, p))
    weights = {name: sum(p.numel() for p in own) for name, own in trainer.parameters.items()}
    reduced = sum(phase.repeats * weights[name] for phase in trainer.phases for name in phase.updates)
    average = 0 if trainer.average is None else sum(p.numel() for p in trainer.average.networks.parameters())
    return Work(
        flop_per_image=sum(counts[:period]) / period / batch,
        period=period,
        updates=sum(phase.repeats for phase in trainer.phases),
        reduced_bytes=_BYTES * reduced,
        images_read=trainer.batches_per_step,
        item_bytes=math.prod(dataset.info.shape) * (1 if dataset.info.kind == "image" else _BYTES),
        checkpoint_bytes=_BYTES * (_ADAM_COPIES * sum(weights.values()) + average),
    )


def measure_this_machine(recipe: Recipe, dataset: Dataset, engine: Engine, work: Work) -> Hardware:
    """Measure what training reaches here, by the time of steps with the recipe's batch and with half of it.

    The bandwidth is that of processes of one machine, a stated 1 GB/s: nothing is sent here.
    """
    batch, unit = recipe.schedule.batch, _smallest_batch(recipe, dataset, engine)
    half = batch // 2 // unit * unit
    if not half:
        raise UserError(f"a plan for this machine needs schedule.batch={2 * unit} or more")
    times = {size: _seconds_per_step(recipe, dataset, engine, size, work.period) for size in (batch, half)}
    per_image = max((times[batch] - times[half]) / (batch - half), 1e-9)
    overhead = max(times[batch] - per_image * batch, 0.0)
    return Hardware(
        name="this machine",
        flops=work.flop_per_image / per_image,
        update_seconds=overhead / work.updates,
        devices=1,
        bandwidth=1e9,
        latency=100e-6,
        source=f"measured now with {engine.threads} thread(s): batches of {half} and {batch}; 1 GB/s between processes",
    )


def _smallest_batch(recipe: Recipe, dataset: Dataset, engine: Engine) -> int:
    """Return the number of samples of which batches are multiples: a pack in each microbatch."""
    packing: int = getattr(make_trainer(recipe, dataset, engine, 0).algorithm, "packing", 1)
    return packing * recipe.schedule.microbatches


def _repeats(counts: list[int], period: int) -> bool:
    return all(count == counts[index % period] for index, count in enumerate(counts))


def _seconds_per_step(recipe: Recipe, dataset: Dataset, engine: Engine, batch: int, period: int) -> float:
    """Return the median over periods of the mean time of their steps."""
    trainer: Trainer = make_trainer(recipe.override({"schedule.batch": batch}), dataset, engine, 0)
    times: list[float] = []
    with engine.fork_random_state():
        for _ in range(period):
            trainer.train_step()
        begin = time.perf_counter()
        while len(times) * period < 3 or time.perf_counter() - begin < _TRIAL_SECONDS:
            _wait_for_device(engine)
            start = time.perf_counter()
            for _ in range(period):
                trainer.train_step()
            _wait_for_device(engine)
            times.append((time.perf_counter() - start) / period)
    return sorted(times)[len(times) // 2]


def _wait_for_device(engine: Engine) -> None:
    if engine.device.type == "cuda":  # calls return before the device has finished
        torch.cuda.synchronize(engine.device)


def predict(
    recipe: Recipe,
    work: Work,
    hardware: Hardware,
    *,
    machines: int = 1,
    devices: int | None = None,
    images: float | None = None,
    stored_bytes: float = 0.0,
    price: float | None = None,
) -> ScalePlan:
    """Predict a run whose processes divide each batch and average gradients in a ring.

    Args:
        recipe: The recipe, with the global batch.
        work: What its step does.
        hardware: The machines.
        machines: Their number.
        devices: The processes on each; default one for each of its devices.
        images: The images that the run sees, counted as one batch per step; default those of the recipe's schedule.
        stored_bytes: Bytes of the stored images in all.
        price: The price of one machine for one hour.

    Raises:
        UserError: a number is not finite, or the batch cannot be divided among the processes.
    """
    for name, number in (("images", images), ("stored_bytes", stored_bytes), ("price", price)):
        if number is not None and not math.isfinite(number):
            raise UserError(f"a plan needs a finite number for {name}, not {number}")
    batch, processes = recipe.schedule.batch, machines * (devices or hardware.devices)
    if batch % processes:
        raise UserError(
            f"schedule.batch={batch} cannot be divided among {processes} processes; "
            f"set schedule.batch={processes * math.ceil(batch / processes)}"
        )
    compute = (
        work.flop_per_image * batch / processes / hardware.flops + work.updates * hardware.update_seconds
    )
    reduce = work.updates * ring_seconds(work.reduced_bytes / work.updates, processes, hardware)
    seconds = compute + reduce
    images = images or float(recipe.schedule.steps * batch)
    steps = math.ceil(images / batch)
    return ScalePlan(
        recipe=recipe.name,
        hardware=hardware.name,
        source=hardware.source,
        machines=machines,
        processes=processes,
        batch=batch,
        images=images,
        steps=steps,
        compute_seconds=compute,
        reduce_seconds=reduce,
        step_seconds=seconds,
        total_seconds=steps * seconds,
        reduced_bytes_per_step=work.reduced_bytes if processes > 1 else 0,
        read_bytes_per_second=work.images_read * batch * work.item_bytes / seconds,
        storage_bytes=stored_bytes + (recipe.schedule.keep_last + 1) * work.checkpoint_bytes,
        price=None if price is None else price * machines * steps * seconds / 3600,
    )


def ring_seconds(size: float, processes: int, hardware: Hardware) -> float:
    """Return the time of a ring all-reduce of ``size`` bytes: 2 (n - 1) messages of an n-th each."""
    messages = 2 * (processes - 1)
    return messages * (hardware.latency + size / processes / hardware.bandwidth)
