from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from ganbench.data.archive import archive
from ganbench.data.audit.check import check
from ganbench.data.audit.prepare import prepare
from ganbench.data.folder import folder
from ganbench.errors import UserError


@pytest.mark.parametrize("grey", [False, True])
def test_the_archive_equals_the_folder(two_classes: Path, tmp_path: Path, grey: bool) -> None:
    content = prepare(two_classes, tmp_path / "own.npz", (6, 7), grey=grey)
    direct, packed = folder(str(two_classes), size=(6, 7), grey=grey), archive(str(tmp_path / "own.npz"))
    assert torch.equal(direct.pixels, packed.pixels)
    assert direct.info.fingerprint == packed.info.fingerprint
    assert len(content) == 6
    assert content.classes == ("ant", "bee")


def test_jpeg_is_close_but_not_equal(two_classes: Path, tmp_path: Path) -> None:
    prepare(two_classes, tmp_path / "own.npz", 12, quality=95)
    exact, lossy = (
        folder(str(two_classes), size=12).pixels.int(),
        archive(str(tmp_path / "own.npz")).pixels.int(),
    )
    error = (exact - lossy).abs().float().mean()
    assert 0 < error < 6
    assert check(tmp_path / "own.npz").formats == {"JPEG": 6}


def test_broken_images_are_refused_or_skipped(two_classes: Path, tmp_path: Path) -> None:
    (two_classes / "ant" / "bad.png").write_bytes(b"nothing")
    with pytest.raises(UserError, match=r"ant/bad\.png"):
        prepare(two_classes, tmp_path / "own.npz", 8)
    assert not (tmp_path / "own.npz").exists()
    with pytest.warns(UserWarning, match="1 of the 7 images .* is broken and skipped"):
        content = prepare(two_classes, tmp_path / "own.npz", 8, on_error="skip")
    assert content.labels is not None
    assert content.labels.tolist() == [0, 0, 0, 1, 1, 1]


def test_existing_files_are_not_overwritten(two_classes: Path, tmp_path: Path) -> None:
    (tmp_path / "own.npz").write_text("precious")
    with pytest.raises(UserError, match="exists already"):
        prepare(two_classes, tmp_path / "own.npz", 8)
    assert (tmp_path / "own.npz").read_text() == "precious"


@pytest.mark.parametrize(
    ("destination", "settings", "message"),
    [
        ("own.zip", {}, r"must end in \.npz"),
        ("nowhere/own.npz", {}, "no folder"),
        ("own.npz", {"quality": 0}, "from 1 to 100"),
        ("own.npz", {"size": 0}, "at least 1"),
        ("own.npz", {"on_error": "ignore"}, "on_error"),
    ],
)
def test_wrong_settings_are_refused(
    two_classes: Path, tmp_path: Path, destination: str, settings: dict[str, Any], message: str
) -> None:
    with pytest.raises(UserError, match=message):
        prepare(two_classes, tmp_path / destination, **{"size": 8, **settings})
