"""The processes that torchrun starts: how they meet, exchange tensors and text, and notice that one has ended."""

from __future__ import annotations

import datetime
import importlib
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress

import torch
import torch.distributed as dist
from torch import Tensor

from ganbench.errors import RunError


def join_processes(device: torch.device, timeout: float | None = None) -> tuple[int, int]:
    """Join the process group that torchrun set up, if any; return this process's rank and the world size.

    Args:
        device: The device; CUDA uses NCCL, others gloo.
        timeout: Seconds that a process waits for another one; default torch's own.

    Raises:
        RunError: the other processes cannot be reached.
    """
    if int(os.environ.get("WORLD_SIZE", "1")) == 1:
        return 0, 1
    if not dist.is_initialized():
        # Default arguments of this module are the group at the time of its import. If torch imports it later,
        # they hold ours; gloo's threads then outlive the interpreter, and now and then a process aborts at its end.
        importlib.import_module("torch.distributed.nn.functional")
        try:
            dist.init_process_group(
                "nccl" if device.type == "cuda" else "gloo",
                timeout=None if timeout is None else datetime.timedelta(seconds=timeout),
            )
        except (RuntimeError, ValueError) as error:
            raise RunError(
                f"the processes of this run cannot reach each other: {_first_line(error)}"
            ) from error
    return dist.get_rank(), dist.get_world_size()


def may_restart() -> bool:
    """Whether torchrun starts this run's processes again when one fails."""
    return int(os.environ.get("TORCHELASTIC_MAX_RESTARTS", "0")) > 0


def leave_processes() -> None:
    """Leave the process group, if this process has joined one."""
    if dist.is_initialized():
        with suppress(RuntimeError):  # another process has ended before
            dist.destroy_process_group()


def all_reduce(values: Tensor) -> None:
    """Replace a tensor by its sum over all processes. Raises RunError if one of them has ended."""
    with _explain_lost_process():
        dist.all_reduce(values)


def gather_rows(rows: Tensor, counts: Sequence[int]) -> Tensor:
    """Return the rows of all processes, ``[sum(counts), ...]``, in the order of their ranks.

    Args:
        rows: This process's own, ``[counts[rank], ...]``.
        counts: The number of rows of each process; at least 1.

    Raises:
        RunError: another process has ended.
    """
    padded = rows.new_zeros(max(counts), *rows.shape[1:])
    padded[: len(rows)] = rows
    gathered = [torch.empty_like(padded) for _ in counts]
    with _explain_lost_process():
        dist.all_gather(gathered, padded)
    return torch.cat([each[:count] for each, count in zip(gathered, counts, strict=True)])


def broadcast(text: str) -> str:
    """Return the text of process 0 in every process. Raises RunError if one of them has ended."""
    texts = [text]
    with _explain_lost_process():
        dist.broadcast_object_list(texts, src=0)
    return texts[0]


@contextmanager
def _explain_lost_process() -> Iterator[None]:
    try:
        yield
    except RuntimeError as error:
        raise RunError(
            f"rank {dist.get_rank()} has lost contact with another process of this run, which has ended or failed "
            f"({_first_line(error)}); checkpoints are intact; continue with `ganbench resume`"
        ) from error


def _first_line(error: Exception) -> str:
    return str(error).strip().split("\n")[0]
