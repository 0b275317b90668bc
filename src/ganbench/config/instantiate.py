"""Build a part from its Spec and from what only the run knows."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any

from ganbench.config.spec import Spec, parameters
from ganbench.errors import UserError


def make(spec: Spec, known: Mapping[str, Any], where: str) -> Any:
    """Call a Spec with those of the known values that it takes and leaves open.

    Raises:
        UserError: a required argument is neither in the recipe nor known.
    """
    runtime = {name: value for name, value in known.items() if spec.accepts(name)}
    for name, parameter in parameters(spec.target).items():
        required = parameter.default is inspect.Parameter.empty
        if required and name not in runtime and name not in spec.kwargs:
            raise UserError(f"{where}: {spec.target.__name__} needs '{name}'; set {where}.{name}=VALUE")
    return spec(**runtime)
