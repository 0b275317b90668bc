"""Random requests after the server's own schema: none makes the server fail, and all answers fit the schema."""

from __future__ import annotations

from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis import Case, GenerationMode
from schemathesis.specs.openapi.checks import positive_data_acceptance
from tests.support.serving import Client


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
def test_random_requests(client: Client, mode: GenerationMode) -> None:
    """Valid requests, and ones that the schema does not allow."""
    schema = schemathesis.openapi.from_url(f"http://127.0.0.1:{client.port}/openapi.json")

    @settings(max_examples=25, suppress_health_check=list(HealthCheck))
    @given(case=schema.as_strategy(generation_mode=mode))
    def check(case: Case[Any]) -> None:
        case.call_and_validate(excluded_checks=[positive_data_acceptance])  # not all bytes are images

    check()
