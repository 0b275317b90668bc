from __future__ import annotations

from ganbench.regularizers import R1, LeCam, Scheduled
from ganbench.regularizers.base import stateful_terms
from ganbench.training.schedule import Constant


def test_stateful_terms_includes_wrapped_terms() -> None:
    direct, inner = LeCam(), LeCam()
    wrapped_twice = Scheduled(Scheduled(inner, Constant()), Constant())
    assert list(stateful_terms([R1(), direct, Scheduled(R1(), Constant()), wrapped_twice])) == [direct, inner]
