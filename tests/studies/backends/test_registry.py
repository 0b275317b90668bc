"""Backends by name, and mistakes in their options."""

from __future__ import annotations

import pytest
from tests.studies.conftest import StubStudy

from ganbench.errors import UserError
from ganbench.studies.backends.local import LocalBackend
from ganbench.studies.backends.registry import BACKENDS, find_backend


def test_local_is_there() -> None:
    assert list(BACKENDS) == ["local", "slurm", "ray"]
    assert find_backend("local") == LocalBackend()


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("slurn", {}, "unknown backend 'slurn'; did you mean 'slurm'"),
        ("local", {"cpus": "2"}, "the backend local has no option 'cpus'; known: poll_seconds"),
        ("local", {"poll_secnds": "2"}, "has no option 'poll_secnds'; did you mean 'poll_seconds'"),
        ("local", {"poll_seconds": "fast"}, "poll_seconds=fast: the backend local needs a number here"),
        ("local", {"poll_seconds": -1}, "poll_seconds=-1: the backend local needs a number from 0 on"),
        ("local", {"poll_seconds": "nan"}, "poll_seconds=nan: the backend local needs a number from 0 on"),
        ("slurm", {"cpus": "0"}, "cpus=0: the backend slurm needs a number from 1 on"),
    ],
)
def test_mistakes(name: str, options: dict[str, str], message: str, stub_study: StubStudy) -> None:
    with pytest.raises(UserError, match=message):
        stub_study.run(backend=name, backend_options=options)
    assert not stub_study.path.exists()
