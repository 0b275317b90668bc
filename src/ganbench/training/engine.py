"""The machine that a run uses: device, precision, threads, memory and processes."""

from __future__ import annotations

import os
import platform
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from ganbench.config.spec import Spec
from ganbench.data.base import Batch
from ganbench.errors import UserError
from ganbench.training.compiled import compile_passes, torch_compiler
from ganbench.training.processes import all_reduce, broadcast, gather_rows, join_processes, leave_processes
from ganbench.training.settings import Machine
from ganbench.utils.cores import threads_per_process
from ganbench.utils.float32 import float32_default
from ganbench.utils.malloc import keep_pages
from ganbench.utils.openmp import restart_threads
from ganbench.utils.random_stream import derive_seed

ModuleT = TypeVar("ModuleT", bound=nn.Module)


class Engine:
    """Places networks and batches on the device, reduces over processes, builds optimizers, and sets up the CPU.

    Under ``torchrun`` it joins the process group (gloo on CPU, NCCL on CUDA). In a ``with`` block it sets what torch
    has one of for the whole process: the number of threads, whether denormals are flushed, the default dtype, and
    whether gradients are computed. At the end of the block all of these are as before, and the process group is left.

    Raises:
        UserError: the device is not available.
    """

    def __init__(self, machine: Machine | None = None) -> None:
        self.machine = machine or Machine()
        self.device = select_device(self.machine.device)
        self.rank, self.world_size = join_processes(self.device, self.machine.timeout)
        if self.device.type == "cuda" and self.world_size > 1:
            self.device = torch.device("cuda", int(os.environ.get("LOCAL_RANK", self.rank)))
            torch.cuda.set_device(self.device)
        self.threads = self.machine.threads or default_threads()
        self._process_settings = ExitStack()

    def __enter__(self) -> Self:
        """Set up torch for training in this process."""
        with ExitStack() as stack:
            stack.callback(self.close)
            stack.enter_context(_CPUSettings(self.threads, self.machine.flush_denormals))
            stack.enter_context(float32_default())
            stack.enter_context(torch.inference_mode(False))
            stack.enter_context(torch.enable_grad())
            if self.machine.keep_pages:
                keep_pages()
            self._process_settings = stack.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Restore what :meth:`__enter__` has changed, and leave the process group."""
        self._process_settings.close()

    @property
    def is_main_process(self) -> bool:
        """Whether this is the process that writes files."""
        return self.rank == 0

    def place(self, module: ModuleT) -> ModuleT:
        """Move a module to the device, with the memory format and the kind of batch norm that the machine needs."""
        module.to(self.device)
        if self.machine.channels_last:
            module.to(memory_format=torch.channels_last)
        if self.world_size > 1 and self.device.type == "cuda":
            return nn.SyncBatchNorm.convert_sync_batchnorm(module)  # type: ignore[no-untyped-call, no-any-return]
        return module

    def place_batch(self, batch: Batch) -> Batch:
        """Move a batch to the device."""
        return batch.map(self._place_tensor)

    def compile(self, networks: Iterable[nn.Module]) -> None:
        """Compile the networks' passes, in place, if the machine's settings say so."""
        if self.machine.compile != "none":
            for network in networks:
                compile_passes(network, torch_compiler(self.machine.compile))

    def _place_tensor(self, tensor: Tensor) -> Tensor:
        if self.device.type == "cuda" and tensor.device.type == "cpu":
            tensor = tensor.pin_memory()  # otherwise the copy would wait for the GPU
        image = tensor.dim() == 4 and self.machine.channels_last
        memory_format = torch.channels_last if image else torch.preserve_format
        return tensor.to(self.device, non_blocking=True, memory_format=memory_format)

    def optimizer(self, spec: Spec, parameters: Iterable[nn.Parameter]) -> Optimizer:
        """Build an optimizer, fused if it supports that (3.6 times faster per step on CPU)."""
        has_fused = spec.accepts("fused") and not any(map(spec.kwargs.get, ("foreach", "differentiable")))
        extra: dict[str, Any] = {"fused": True} if has_fused else {}
        optimizer: Optimizer = spec(params=list(parameters), **extra)
        return optimizer

    def autocast(self) -> AbstractContextManager[Any]:
        """Return a context manager that sets the precision of forward passes."""
        enabled = self.machine.precision == "bf16"
        return torch.autocast(self.device.type, torch.bfloat16, enabled=enabled)

    def reduce_gradients(self, parameters: Iterable[nn.Parameter]) -> None:
        """Average gradients over all processes in one flat all-reduce."""
        if self.world_size == 1:
            return
        parameters = list(parameters)
        flat = torch.cat([(torch.zeros_like(p) if p.grad is None else p.grad).flatten() for p in parameters])
        all_reduce(flat)
        flat /= self.world_size
        gradients = torch.split(flat, [p.numel() for p in parameters])
        for parameter, gradient in zip(parameters, gradients, strict=True):
            if parameter.grad is None:
                parameter.grad = torch.empty_like(parameter)
            parameter.grad.copy_(gradient.view(parameter.shape))

    def average(self, tensors: Iterable[Tensor]) -> None:
        """Average floating-point tensors over all processes, in place; other tensors stay as they are."""
        if self.world_size == 1:
            return
        for tensor in tensors:
            if tensor.is_floating_point():
                tensor.copy_(self.mean(tensor.clone()))

    def mean(self, values: Tensor) -> Tensor:
        """Return the mean of a tensor over all processes; may overwrite the tensor."""
        if self.world_size > 1:
            all_reduce(values)
            values = values / self.world_size
        return values

    def map_rows(self, fn: Callable[[Tensor], Tensor], rows: Tensor) -> Tensor:
        """Apply a function that treats rows ``[N, ...]`` alone, each process to its share; return all results.

        Every process has to call it with the same rows. Rows and results are on the CPU.
        """
        if len(rows) < self.world_size or self.device.type == "cuda" or self.world_size == 1:
            return fn(rows)  # NCCL sends nothing that is on the CPU
        shares = rows.tensor_split(self.world_size)
        return gather_rows(fn(shares[self.rank]), [len(share) for share in shares])

    def any(self, flag: bool) -> bool:
        """Whether the flag is set in any process."""
        if self.world_size == 1:
            return flag
        count = torch.tensor(float(flag), device=self.device)
        all_reduce(count)
        return bool(count > 0)

    def broadcast(self, text: str) -> str:
        """Return the main process's text in every process."""
        return text if self.world_size == 1 else broadcast(text)

    def seed_layers(self, *key: int | str) -> None:
        """Seed torch's global generators, which layers may use, from the key; differently in every process."""
        seed = derive_seed(*key, self.rank)
        torch.default_generator.manual_seed(seed)
        if self.device.type == "cuda":
            torch.cuda.manual_seed(seed)
        if self.device.type == "mps":
            torch.mps.manual_seed(seed)

    @contextmanager
    def fork_random_state(self) -> Iterator[None]:
        """Restore the random state of torch at the end of the block."""
        devices = [self.device] if self.device.type == "cuda" else []
        with torch.random.fork_rng(devices=devices):
            yield

    def describe(self) -> Mapping[str, Any]:
        """Return what a run's metadata say about the machine."""
        return {
            "device": str(self.device),
            "threads": self.threads,
            "processes": self.world_size,
            "precision": self.machine.precision,
            "torch": torch.__version__,
            "python": platform.python_version(),
            "platform": platform.platform(),
            "processor": processor(),
        }

    def close(self) -> None:
        """Leave the process group."""
        if self.world_size > 1:
            leave_processes()


def default_threads() -> int:
    """Return torch's number of threads, or this process's share of the cores it may use if that is smaller.

    ``OMP_NUM_THREADS``, ``torch.set_num_threads``, the CPU affinity and a container's quota all limit it.
    """
    processes = int(os.environ.get("LOCAL_WORLD_SIZE", "1"))
    return min(torch.get_num_threads(), threads_per_process(processes))


class _CPUSettings:
    """Set the number of threads and the treatment of denormals in all of them; restore both at the end of the block.

    This is no generator, since one that is never closed restores the settings when it is collected as garbage.
    """

    def __init__(self, threads: int, flush_denormals: bool) -> None:
        self._wanted = self._before = (threads, flush_denormals)

    def __enter__(self) -> None:
        self._before = torch.get_num_threads(), _flushes_denormals()
        self._set(*self._wanted)

    def __exit__(self, *_: object) -> None:
        self._set(*self._before)

    @staticmethod
    def _set(threads: int, flush_denormals: bool) -> None:
        torch.set_num_threads(threads)
        torch.set_flush_denormal(flush_denormals)
        restart_threads()


def _flushes_denormals() -> bool:
    """Whether this thread treats denormal numbers as 0."""
    return not bool(torch.tensor(1e-40, dtype=torch.float32, device="cpu") * 1.0)


def processor() -> str:
    """Return the model name of the processor, or its architecture if the system does not say."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:  # not Linux
        return platform.processor() or platform.machine()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def select_device(name: str) -> torch.device:
    """Return a device by its name; "auto" is the first of CUDA, MPS and CPU. Raises UserError if torch has none."""
    available = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if name == "auto":
        return torch.device(next(d for d in ("cuda", "mps", "cpu") if available[d]))
    if not available.get(name):
        usable = ", ".join(d for d, is_available in available.items() if is_available)
        raise UserError(f"this machine has no '{name}' device that torch can use; it has: {usable}")
    return torch.device(name)
