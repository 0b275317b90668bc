"""Build a part from its Spec and from values that are known only at run time."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any

from ganbench.config.spec import Spec, parameters
from ganbench.errors import UserError
from ganbench.utils.error_text import describe_error


def make(spec: Spec, runtime: Mapping[str, Any], where: str) -> Any:
    """Call a Spec with those of the runtime values that it accepts and does not set itself.

    Raises:
        UserError: a required argument is neither in the recipe nor in ``runtime``, or the part cannot be built from its
            arguments; ``where`` is the part's key.
    """
    arguments = {name: value for name, value in runtime.items() if spec.accepts(name)}
    for name, parameter in parameters(spec.target).items():
        required = parameter.default is inspect.Parameter.empty
        if required and name not in arguments and name not in spec.kwargs:
            raise UserError(f"{where}: {spec.target.__name__} needs '{name}'; set {where}.{name}=VALUE")
    try:
        return spec(**arguments)
    except (UserError, OSError):
        raise
    except Exception as error:
        raise UserError(
            f"{where}: {spec.target.__name__} cannot be built: {describe_error(error)}"
        ) from error
