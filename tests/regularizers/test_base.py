from __future__ import annotations

from ganbench.regularizers import R1, LeCam, Scheduled
from ganbench.regularizers.base import with_state
from ganbench.training.schedule import Constant


def test_terms_with_a_state_are_found_also_inside_others() -> None:
    one, inner = LeCam(), LeCam()
    twice = Scheduled(Scheduled(inner, Constant()), Constant())
    assert list(with_state([R1(), one, Scheduled(R1(), Constant()), twice])) == [one, inner]
