from __future__ import annotations

import os
import tempfile
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image
from tests.data.conftest import encoded, noise

from ganbench.data import folder as module
from ganbench.data.folder import folder
from ganbench.errors import UserError


def test_subfolders_are_classes_in_the_order_of_their_names(two_classes: Path) -> None:
    images = folder(str(two_classes), size=(12, 10))
    assert images.info.classes == ("ant", "bee")
    assert images.info.name == "folder:own"
    labels = images.labels(torch.arange(6))
    assert labels is not None
    assert labels.tolist() == [0, 0, 0, 1, 1, 1]
    expected = np.stack([noise(k, 12, 10) for k in (10, 11, 12, 0, 1, 2)]).transpose(0, 3, 1, 2)
    assert np.array_equal(images.pixels.numpy(), expected)


def test_an_image_outside_subfolders_means_no_classes(two_classes: Path) -> None:
    (two_classes / "top.png").write_bytes(encoded(noise(99)))
    images = folder(str(two_classes))
    assert images.info.classes == ()
    assert images.labels(torch.arange(2)) is None
    assert images.info.shape == (3, 32, 32)
    assert images.info.size == 7


def test_grey_is_one_channel(two_classes: Path) -> None:
    images = folder(str(two_classes), size=8, grey=True)
    assert images.info.shape == (1, 8, 8)
    assert images.info.fingerprint != folder(str(two_classes), size=8).info.fingerprint


def test_broken_images_are_refused_or_skipped(two_classes: Path) -> None:
    for i in range(7):
        (two_classes / "ant" / f"bad{i}.jpg").write_bytes(b"nothing")
    for _ in range(2):
        with pytest.raises(UserError, match=r"7 of the 13 images .*ant/bad0.jpg: .*; and 2 more.*skip"):
            folder(str(two_classes))
    for _ in range(2):  # the second time from the cache
        with pytest.warns(UserWarning, match="7 of the 13 images .* and skipped"):
            images = folder(str(two_classes), on_error="skip")
        labels = images.labels(torch.arange(6))
        assert labels is not None
        assert labels.tolist() == [0, 0, 0, 1, 1, 1]
    with pytest.raises(UserError, match="7 of the 13"):
        folder(str(two_classes))


def test_a_class_without_readable_images_is_dropped(two_classes: Path) -> None:
    for file in (two_classes / "ant").iterdir():
        file.write_bytes(b"nothing")
    with pytest.warns(UserWarning, match=r"3 of the 6"):
        assert folder(str(two_classes), on_error="skip").info.classes == ("bee",)


def test_only_broken_images_are_refused_even_with_skip(tmp_path: Path) -> None:
    (tmp_path / "bad.png").write_bytes(b"nothing")
    with pytest.raises(UserError, match="1 of the 1 images"):
        folder(str(tmp_path), on_error="skip")


def test_missing_images_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="there is no folder"):
        folder(str(tmp_path / "nowhere"))
    (tmp_path / "notes.txt").write_text("x")
    with pytest.raises(UserError, match=r"no image in .*: 1 files"):
        folder(str(tmp_path))
    with pytest.raises(UserError, match="is a file"):
        folder(str(tmp_path / "notes.txt"))


def test_wrong_settings_are_refused(two_classes: Path) -> None:
    with pytest.raises(UserError, match="at least 1"):
        folder(str(two_classes), size=0)
    with pytest.raises(UserError, match="did you mean 'skip'"):
        folder(str(two_classes), on_error="skipp")  # type: ignore[arg-type]


def test_the_second_load_decodes_nothing(two_classes: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = folder(str(two_classes)).info
    monkeypatch.setattr(module, "decode_image", None)
    assert folder(str(two_classes)).info == first


def test_a_change_is_detected_even_if_size_and_time_are_restored(tmp_path: Path) -> None:
    path = tmp_path / "a.bmp"
    path.write_bytes(encoded(noise(0), "BMP"))
    before, stat = folder(str(tmp_path), size=8), path.stat()
    path.write_bytes(encoded(noise(1), "BMP"))
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    assert path.stat().st_size == stat.st_size
    after = folder(str(tmp_path), size=8)
    assert np.array_equal(after.pixels[0].numpy(), noise(1).transpose(2, 0, 1))
    assert after.info.fingerprint != before.info.fingerprint


def test_an_unwritable_cache_only_warns(two_classes: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GANBENCH_CACHE", str(two_classes / "ant" / "0.png"))
    with pytest.warns(UserWarning, match="not cached"):
        assert folder(str(two_classes)).info.size == 6


MODES = ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "I;16"]


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(st.sampled_from(MODES), st.integers(1, 40), st.integers(1, 40)), min_size=1, max_size=6
    ),
    st.tuples(st.integers(1, 12), st.integers(1, 12)),
    st.booleans(),
)
def test_any_mix_of_images_makes_one_set(
    sources: list[tuple[str, int, int]], size: tuple[int, int], grey: bool
) -> None:
    with tempfile.TemporaryDirectory() as root:
        for number, (mode, width, height) in enumerate(sources):
            if mode == "I;16":
                image = Image.fromarray(np.full((height, width), 1000 * number, np.uint16))
            else:
                image = Image.fromarray(noise(number, height, width)).convert(mode)
            image.save(Path(root, f"{number}{'.jpg' if mode == 'CMYK' else '.png'}"))
        images = folder(root, size=size, grey=grey)
    assert images.info.shape == (1 if grey else 3, *size)
    assert images.info.size == len(sources)
