"""Complete the schema of the pages with what one server has: the names of its models, and its limits."""

from __future__ import annotations

from typing import Any, get_args

from ganbench.serve.limits import Limits
from ganbench.serve.schemas import Capability
from ganbench.serve.served_model import ServedModels


def complete_schema(schema: dict[str, Any], models: ServedModels, limits: Limits) -> dict[str, Any]:
    """Return a schema without the pages of which no model is capable, and with what ``model`` and numbers may be."""
    paths = dict(schema["paths"])
    for capability in get_args(Capability):
        names = [served.name for served in models.able(capability)]
        if not names:
            del paths[f"/{capability}"]
            continue
        for operation in paths[f"/{capability}"].values():
            for parameter in operation["parameters"]:
                if parameter["name"] == "model":
                    parameter["schema"] = {"type": "string", "enum": names}
                    parameter["required"] = len(names) > 1
                if parameter["name"] in ("n", "steps"):
                    parameter["schema"]["maximum"] = limits.samples
    return {**schema, "paths": paths}
