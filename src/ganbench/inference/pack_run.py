"""Pack a run as a model of the zoo: a small run folder whose only checkpoint holds networks in half precision."""

from __future__ import annotations

import shutil
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import torch
from PIL import Image
from torch import Tensor

from ganbench.algorithms.capabilities import Translates
from ganbench.errors import UserError
from ganbench.inference.load import load
from ganbench.inference.model import Model
from ganbench.runs.checkpoint import save_checkpoint
from ganbench.runs.run import Run
from ganbench.utils.files import read_json
from ganbench.utils.random_stream import RandomStream

_LARGE_PICTURE = 50_000  # bytes
_CURVE_POINTS = 50  # of the losses; the scores are all kept
#: How many samples are drawn before and after, to see what half precision changes.
COMPARED = 64


def pack_run(
    run: Run,
    out: Path,
    step: int | str | None = None,
    *,
    without: Collection[str] = (),
    trusted: Collection[str] = (),
) -> float:
    """Write a packed copy of a run to a new folder, and return how much its samples differ.

    The copy has the networks, averaged where the run keeps an average, the recipe, the scores, a thinned log and the
    last sample grid until its step. It can be sampled and scored, but not resumed: it lacks the state of the
    optimizers. A packed run may be packed again.

    Args:
        run: The run.
        out: The new folder.
        step: A step with a checkpoint, or ``"best"``; by default, the newest.
        without: Networks to leave out, such as D, which samples do not need.
        trusted: Names of the user's own Python modules that the recipe may import.

    Returns:
        The largest difference between the samples of both for the same latents, in units of the data: grey levels for
        images. For models without samples, that between their translations or features.

    Raises:
        UserError: The folder exists, the run has no such checkpoint or network, or its samples need a network that is
            left out.
    """
    if out.exists():
        raise UserError(f"{out} exists; name a new folder")
    recipe = run.recipe(trusted)
    if unknown := set(without) - recipe.networks.keys():
        raise UserError(f"{run.path} has no network {min(unknown)}; it has {', '.join(recipe.networks)}")
    state = run.read_checkpoint(step)
    if state is None:
        raise UserError(f"{run.path} has no intact checkpoint yet")
    try:
        packed = Run.create(out, recipe, {k: v for k, v in run.meta.items() if k not in ("format", "sha256")})
        save_checkpoint(packed.checkpoints, _inference_state(state, {*without, *state.get("without", ())}))
        _copy_log(run, packed)
        for path in sorted(run.eval.glob("*.json")):
            read_json(path)  # a damaged score is not published
            shutil.copy(path, packed.eval)
        for grid in _grids_until(run, state["step"])[-1:]:
            _copy_picture(grid, packed.samples / grid.name)
        return _largest_difference(run, packed, state["step"], trusted)
    except BaseException:
        shutil.rmtree(out, ignore_errors=True)
        raise


def _inference_state(state: Mapping[str, Any], without: Collection[str]) -> dict[str, Any]:
    """Return the part of a checkpoint that samples need, with weights in half precision where they fit."""
    average, networks = (
        {n: _halve(t) for n, t in state[part].items() if n.partition(".")[0] not in without}
        for part in ("average", "networks")
    )
    networks = {name: tensor for name, tensor in networks.items() if name not in average}
    packed = {
        "step": state["step"],
        "networks": networks,
        "average": average,
        "algorithm": state["algorithm"],
    }
    return {**packed, "without": sorted(without)} if without else packed


def _halve(tensor: Tensor) -> Tensor:
    half = tensor.half()
    fits = tensor.is_floating_point() and bool(torch.isfinite(half).all())
    return half if fits else tensor


def _grids_until(run: Run, step: int) -> list[Path]:
    """Return the sample grids of steps up to ``step``, in order; later ones show other weights."""
    numbers = ((path.stem.removeprefix("step-"), path) for path in run.samples.glob("step-*.png"))
    return [path for number, path in sorted(numbers) if number.isdigit() and int(number) <= step]


def _copy_picture(source: Path, target: Path) -> None:
    """Copy a PNG file; a large one gets 128 colours."""
    if source.stat().st_size <= _LARGE_PICTURE:
        shutil.copy(source, target)
        return
    with Image.open(source) as image:
        image.convert("RGB").quantize(128, dither=Image.Dither.NONE).save(target, optimize=True)


def _copy_log(run: Run, packed: Run) -> None:
    """Append all scores and about ``_CURVE_POINTS`` of the losses to the log of the packed run."""
    scalars = sum(1 for _ in run.events.stream("scalars"))
    number, interval = 0, max(1, scalars // _CURVE_POINTS)
    for event in run.events.stream():
        kind, step = event.pop("kind"), event.pop("step")
        number += kind == "scalars"
        if kind == "score" or (kind == "scalars" and number % interval == 0):
            packed.events.append(kind, step, **event)


def _largest_difference(run: Run, packed: Run, step: int, trusted: Collection[str]) -> float:
    try:
        before, after = (_outputs(load(source, at, trusted)) for source, at in ((run, step), (packed, None)))
    except KeyError as error:
        raise UserError(
            f"the samples of {run.path} need its network {error}, which is to be left out"
        ) from error
    return max(float((before[name] - after[name]).abs().max()) for name in before)


def _outputs(model: Model) -> dict[str, Tensor]:
    """Return what the model computes: samples, or features or translations of the same random items."""
    if model.generates and not model.needs_real_inputs:
        return {"samples": model.sample(COMPARED, seed=0).float()}
    items = model.info.to_data(RandomStream(0, "pack").uniform(COMPARED, *model.info.shape, low=-1.0))
    if isinstance(model.algorithm, Translates):
        return {target: model.translate(items, target=target).float() for target in model.algorithm.domains}
    return model.features(items)
