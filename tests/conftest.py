"""What every test shares: one thread, no time limit for hypothesis, and no waiting for pictures and disks.

Runs made within a test's process write numbers in place of pictures (``tests.tiny.drawn`` draws them) and do not wait
until the disk has what was written. The command line's own processes do both.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

import hypothesis
import pytest
import torch
from tests.support.tiny import undrawn

hypothesis.settings.register_profile("shared-machine", deadline=None, print_blob=True)
hypothesis.settings.load_profile("shared-machine")


@pytest.fixture(autouse=True, scope="session")
def no_waiting() -> Iterator[None]:
    with undrawn(), pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", lambda file: None)
        yield


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(1)  # an Engine sets its own number for the whole process
    torch.set_flush_denormal(False)
