"""Send random requests, made after a server's own schema, and count the answers that it must not give."""

from __future__ import annotations

from collections import Counter
from typing import Any

import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import Case, GenerationMode
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi.checks import positive_data_acceptance

_NAMES = ("class", "representations", "to")


def fuzz(port: int, cases: int) -> dict[str, Any]:
    """Return how many answers had each status, and those that were errors of the server or did not fit the schema.

    Half of the requests fit the schema, and half do not. Requests that fit it may be refused, since the schema cannot
    say which bytes are an image, and which classes a model has. So every second of them lacks the parameters that are
    names of a model's own.
    """
    schema = schemathesis.openapi.from_url(f"http://127.0.0.1:{port}/openapi.json")
    statuses: Counter[int] = Counter()
    failures: list[str] = []

    def check(case: Case[Any]) -> None:
        if statuses.total() % 2 and case.meta and case.meta.generation.mode.is_positive:
            for name in _NAMES:
                case.query.pop(name, None)
        response = case.call()
        statuses[response.status_code] += 1
        try:
            case.validate_response(response, excluded_checks=[positive_data_acceptance])
        except FailureGroup as error:
            failures.append(str(error))

    for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
        profile = settings(
            max_examples=cases // 2,
            phases=[Phase.generate],
            database=None,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        )
        profile(given(case=schema.as_strategy(generation_mode=mode))(check))()
    return {
        "cases": statuses.total(),
        "statuses": {str(status): count for status, count in sorted(statuses.items())},
        "server_errors": sum(count for status, count in statuses.items() if status >= 500),
        "against_the_schema": len(failures),
        "examples": failures[:1],
    }
