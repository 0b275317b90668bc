"""The pictures of a run, which may be damaged or made to fill the memory."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest
from tests.data.conftest import encoded, noise

from ganbench.data.io.decode import BrokenImageError
from ganbench.report.timeline import encode_frames
from ganbench.visualization.frames import Frame, list_frames, read_picture, thin_frames


def huge() -> bytes:
    """A PNG of 177 megapixels that takes little more than the header."""
    from tests.data.test_hostile import bomb

    return bomb(13_300, 13_300)


def test_frames_are_sorted_by_step_and_other_files_are_passed_over(tmp_path: Path) -> None:
    for name in ("step-10.png", "step-9.png", "step-x.png", "step-3.jpg", "a.png"):
        (tmp_path / name).touch()
    assert [frame.step for frame in list_frames(tmp_path)] == [9, 10]
    assert list_frames(tmp_path / "none") == []


@pytest.mark.parametrize(("count", "steps"), [(9, [0, 1, 2, 3, 4]), (3, [0, 2, 4]), (2, [0, 4]), (1, [4])])
def test_thinned_frames_keep_the_first_and_the_last(count: int, steps: list[int]) -> None:
    frames = [Frame(step, Path(f"step-{step}.png")) for step in range(5)]
    assert [frame.step for frame in thin_frames(frames, count)] == steps


def test_what_cannot_be_shown_is_refused_before_its_pixels_are_decoded(tmp_path: Path) -> None:
    good, half = encoded(noise(0)), encoded(noise(1, 64, 64))[:-900]
    files = {
        "step-1.png": good,
        "step-2.png": half,
        "step-3.png": huge(),
        "step-4.png": b"",
        "step-5.png": b"%PDF",
    }
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    os.mkfifo(tmp_path / "step-6.png")
    with (tmp_path / "step-7.png").open("wb") as file:
        file.truncate(60 * 2**30)
    started = time.monotonic()
    problems = (
        "(?i)truncated",
        "13300x13300 is above 64 megapixels",
        "empty",
        "format",
        "regular file",
        "above 256 MiB",
    )
    for step, problem in enumerate(problems, 2):
        with pytest.raises(BrokenImageError, match=problem):
            read_picture(tmp_path / f"step-{step}.png")
    assert read_picture(tmp_path / "step-1.png").size == (8, 8)
    assert encode_frames(list_frames(tmp_path), 100, 50).keys() == {1}
    assert time.monotonic() - started < 3
