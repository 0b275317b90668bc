"""Arguments and options that several commands share, and helpers to parse and print values."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, Optional

import typer

from ganbench.errors import UserError
from ganbench.utils.console import QUIET

if TYPE_CHECKING:
    from ganbench.inference.model import Model

Device = Literal["cpu", "cuda", "mps"]

BudgetOption = Annotated[
    Optional[str],  # noqa: UP045 (typer needs this form)
    typer.Option(
        help="How long to train: laptop (minutes on 2 cores), hour (larger networks; some recipes only), "
        "reference (as in the paper; the default), or a duration such as 20m: the laptop version, with as many "
        "steps as fit into that time. 'auto' needs a duration; its default is 10m."
    ),
]
ModuleOption = Annotated[
    Optional[list[Path]],  # noqa: UP045
    typer.Option(
        "--module",
        help="A Python file with parts that the recipe uses; its code is executed. May be repeated.",
    ),
]
StepOption = Annotated[
    Optional[str],  # noqa: UP045
    typer.Option(help="The checkpoint to use: a step number or 'best'. Default: the newest."),
]
WithoutOption = Annotated[
    Optional[list[str]],  # noqa: UP045
    typer.Option(help="A network to leave out, such as D. May be repeated."),
]
RunArgument = Annotated[Path, typer.Argument(help="A run folder.")]
ModelArgument = Annotated[
    Path, typer.Argument(help="A run folder, or a model by name: zoo:NAME or hub:OWNER/NAME.")
]
RecipeArgument = Annotated[
    str, typer.Argument(help="A recipe name, a YAML or JSON file, file.py:function, or 'auto'.")
]
Overrides = Annotated[
    Optional[list[str]],  # noqa: UP045
    typer.Argument(metavar="KEY=VALUE", help="Overrides such as optimizers.G.lr=1e-4 or data=mnist."),
]
DeviceOption = Annotated[
    Optional[Device],  # noqa: UP045
    typer.Option(
        help="Where to train. Default: machine.device of the recipe, the first of CUDA, MPS and CPU."
    ),
]
ModelDeviceOption = Annotated[
    Device,
    typer.Option(
        "--device", help="Where to run the model. Samples of the same seed differ slightly between devices."
    ),
]
ThreadsOption = Annotated[
    Optional[int],  # noqa: UP045
    typer.Option(min=1, max=1024, help="Number of CPU threads. Default: OMP_NUM_THREADS, or one per core."),
]
QuietOption = Annotated[
    bool,
    typer.Option(
        "--quiet", "-q", help="Print warnings and results only.", callback=lambda quiet: _set_quiet(quiet)
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON, for scripts.")]


def _set_quiet(quiet: bool) -> bool:
    """Silence notes and progress in this process and those that it starts."""
    if quiet:
        os.environ[QUIET] = "1"
    return quiet


def machine_overrides(overrides: Mapping[str, Any], **options: Any) -> dict[str, Any]:
    """Return overrides with the options that are given, such as ``threads``, as ``machine.threads``.

    Raises:
        UserError: an option and an override give the same setting different values.
    """
    given = {f"machine.{name}": value for name, value in options.items() if value is not None}
    for key, value in given.items():
        if overrides.get(key, value) != value:
            name = key.partition(".")[2]
            raise UserError(
                f"--{name} {value} and {key}={overrides[key]} contradict each other; give one of the two"
            )
    return {**overrides, **given}


def load_model(
    run: Path,
    step: str | None,
    module: list[Path] | None,
    device: Device | Literal["auto"],
    threads: int | None,
) -> Model:
    """Load the model of a run on a device, and set the number of threads for the rest of the process.

    The device "auto" is the first of CUDA, MPS and CPU that the machine has.
    """
    import torch

    from ganbench.inference.load import load
    from ganbench.training.engine import Engine
    from ganbench.training.settings import Machine

    engine = Engine(Machine(device=device, threads=threads, channels_last=False))
    torch.set_num_threads(engine.threads)
    model = load(run, parse_step(step), import_modules(module))
    engine.place(model.algorithm)
    engine.place(model.networks)
    return model


def import_modules(paths: list[Path] | None) -> set[str]:
    """Import the user's own Python files and return their module names."""
    from ganbench.recipes.registry import import_file

    return {import_file(path).__name__ for path in paths or []}


def parse_step(text: str | None, *words: str) -> int | str | None:
    """Return a step number as an int, and None, "best" or one of ``words`` unchanged. Otherwise raise UserError."""
    if text is None or text in ("best", *words):
        return text
    if not re.fullmatch("[0-9]{1,18}", text):
        allowed = " or ".join(f"'{word}'" for word in ("best", *words))
        raise UserError(f"--step must be a number or {allowed}, not '{text}'")
    return int(text)


def split_names(*texts: str) -> list[str]:
    """Return the names in comma-separated lists, each once."""
    names = (name.strip() for text in texts for name in text.split(","))
    return list(dict.fromkeys(name for name in names if name))


def split_numbers(text: str, option: str) -> list[int]:
    """Return the whole numbers in a comma-separated list. Raises UserError, naming the option, for anything else."""
    try:
        return [int(number) for number in split_names(text)]
    except ValueError as error:
        raise UserError(f"{option} takes whole numbers separated by commas, not '{text}'") from error


def split_pairs(assignments: Iterable[str], option: str) -> dict[str, str]:
    """Return texts of the form KEY=VALUE as a mapping.

    Raises:
        UserError: a text has another form, or a key is given twice; it names the option.
    """
    pairs: dict[str, str] = {}
    for text in assignments:
        key, equals, value = text.partition("=")
        if not key or not equals:
            raise UserError(f"{option} takes KEY=VALUE, not '{text}'")
        if key in pairs:
            raise UserError(f"{option} {key} is given twice; leave one of the two out")
        pairs[key] = value
    return pairs


def print_json(value: Any) -> None:
    """Print a value as JSON."""
    print(json.dumps(value, indent=1))
