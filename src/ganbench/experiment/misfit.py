"""Refuse a recipe whose parts do not fit together: in one sentence, and without leaving a run folder."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import nn

from ganbench.errors import RunError, Stopped, UserError
from ganbench.inference.build import RUNTIME_ARGUMENTS
from ganbench.inference.model import Model
from ganbench.recipes.base import Recipe
from ganbench.runs.run import Run
from ganbench.training.trainer import Trainer
from ganbench.utils.error_text import describe_error

#: Errors that say nothing about whether parts fit together, such as too little memory.
_NO_MISFIT = (RunError, Stopped, OSError, MemoryError, torch.cuda.OutOfMemoryError)


@contextmanager
def explain_misfit(recipe: Recipe, networks: nn.ModuleDict | None = None) -> Iterator[None]:
    """Turn an unexpected error in the block, which builds or tries the recipe's parts, into a UserError."""
    try:
        yield
    except (UserError, *_NO_MISFIT):
        raise
    except Exception as error:
        raise UserError(_describe(recipe, error, networks or nn.ModuleDict())) from error


def try_generator(recipe: Recipe, model: Model) -> None:
    """Draw two samples of an untrained model, if it generates any without real items.

    Raises:
        UserError: the latent and the networks do not fit together.
    """
    if model.generates and not model.needs_real_inputs:
        with explain_misfit(recipe, model.networks), torch.random.fork_rng(devices=[]):
            model.sample(2)


@contextmanager
def undo_misfit(run: Run, recipe: Recipe, trainer: Trainer) -> Iterator[None]:
    """Remove a new run's folder if the block ends within the first step because the parts do not fit together.

    Raises:
        UserError: the parts do not fit together.
    """
    try:
        yield
    except _NO_MISFIT:
        raise
    except Exception as error:
        if trainer.step > 0:
            raise
        if trainer.engine.is_main_process:
            shutil.rmtree(run.path, ignore_errors=True)
        if isinstance(error, UserError):
            raise
        raise UserError(_describe(recipe, error, trainer.networks)) from error


def _describe(recipe: Recipe, error: BaseException, networks: nn.ModuleDict) -> str:
    """Return what does not fit, and in which network, and which arguments the run would set otherwise."""
    name = _network_of(error, networks)
    where = f"in the network {name}, " if name else ""
    own = [
        f"networks.{network}.{argument}"
        for network, spec in recipe.networks.items()
        for argument in spec.kwargs
        if argument in RUNTIME_ARGUMENTS
    ]
    hint = f"; without {' and '.join(own)}, the run sets what fits" if own else ""
    return f"the parts of recipe '{recipe.name}' do not fit together: {where}{describe_error(error)}{hint}"


def _network_of(error: BaseException, networks: nn.ModuleDict) -> str:
    """Return the name of the network whose code the error passed last, or an empty text."""
    name, traceback = "", error.__traceback__
    while traceback is not None:
        owner = traceback.tb_frame.f_locals.get("self")
        name = next((n for n, network in networks.items() if network is owner), name)
        traceback = traceback.tb_next
    return name
