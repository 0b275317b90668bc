"""Load the model of a run: ``load("runs/x").sample(64)``."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from ganbench.data.held_out import held_out_split
from ganbench.errors import UserError
from ganbench.inference.build import assemble
from ganbench.inference.model import Model, Weights
from ganbench.inference.model_folder import ModelFolder, open_model_source
from ganbench.runs.run import Run


def load(
    run: str | Path | Run,
    step: int | str | None = None,
    trusted: Collection[str] = (),
    *,
    weights: Weights = "averaged",
) -> Model:
    """Load the model of a run, or one that was exported as safetensors. No data set is read.

    Args:
        run: The run, its folder, the folder of an exported model, or a model by name: ``zoo:NAME`` or
            ``hub:OWNER/NAME[@REVISION]``.
        step: A step with a checkpoint, or ``"best"``; by default, that of the newest intact checkpoint.
        trusted: Names of the user's own Python modules that the recipe may import.
        weights: "averaged" (EMA weights; the live ones if the run has no EMA) or "live".

    Raises:
        UserError: there is no such run or checkpoint.

    Example:
        >>> import ganbench
        >>> run = ganbench.train("gan-ring8", budget="laptop", out="runs/loaded", overrides={"schedule.steps": 20})
        >>> ganbench.load(run).sample(5).shape
        torch.Size([5, 2])
    """
    source = open_model_source(run)
    recipe, info = source.recipe(trusted), source.info
    state = source.read_checkpoint(step)
    if state is None:
        raise UserError(
            f"{source.path} has no intact checkpoint yet; `ganbench resume {source.path}` trains it"
        )
    if weights == "live" and isinstance(source, ModelFolder) and state["average"]:
        raise UserError(
            f"{source.path} holds only averaged weights; export the run with --live for live ones"
        )
    parts = assemble(recipe, info, seed=0)
    left_out = state.get("without", [])  # when the run was packed
    if not isinstance(left_out, list) or not {*map(str, left_out)} <= parts.networks.keys():
        raise UserError(f"{source.path} is damaged: it was packed without networks that its recipe lacks")
    for name in left_out:
        if name in parts.algorithm.averaged:  # those that samples and features come from
            raise UserError(f"{source.path} was packed without {name}, so it is of no use")
        del parts.networks[name]
    if weights not in ("averaged", "live"):
        raise UserError(f"weights must be 'averaged' or 'live', not {weights!r}")
    average = state["average"] if weights == "averaged" else {}
    with source.explain_load_errors(state["step"]):
        parts.networks.load_state_dict({**state["networks"], **average})
        parts.algorithm.load_state_dict(state["algorithm"])
    parts.networks.requires_grad_(False).eval()
    return Model(
        parts.algorithm,
        parts.networks,
        parts.latent,
        info,
        state["step"],
        weights="averaged" if average else "live",
        has_average=bool(state["average"]),
        real_data=held_out_split(recipe.data) or recipe.data,  # a Spec; calling it opens the data set
    )
