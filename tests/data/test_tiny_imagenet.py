"""Tiny ImageNet is read from its official layout, and missing files are named."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from PIL import Image
from tests.data.conftest import noise

from ganbench.data.tiny_imagenet import tiny_imagenet
from ganbench.errors import UserError


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Three classes, of which two have the same word; two images of each, and three of val."""
    monkeypatch.setenv("GANBENCH_DATA", str(tmp_path))
    root = tmp_path / "tiny-imagenet-200"
    for folder in ("val/images", *(f"train/n{k}/images" for k in range(3))):
        (root / folder).mkdir(parents=True)
    (root / "wnids.txt").write_text("n2\nn0\nn1\n")
    (root / "words.txt").write_text("n0\tcrane\nn1\tcrane, bird\nn2\tgoldfish, Carassius\nn9\tother\n")
    for k in range(3):
        for i in range(2):
            Image.fromarray(noise(k, 64, 64)).save(root / f"train/n{k}/images/n{k}_{i}.JPEG")
        Image.new("L", (64, 64), 50 * k).save(root / f"val/images/val_{k}.JPEG")
    (root / "val/val_annotations.txt").write_text(
        "".join(f"val_{k}.JPEG\tn{k}\t0\t0\t9\t9\n" for k in (2, 0, 1))
    )
    return root


def test_both_splits_have_the_pictures_and_classes_of_their_files(root: Path) -> None:
    train, test = tiny_imagenet(), tiny_imagenet("test")
    for data in (train, test):
        assert data.info.classes == ("goldfish", "crane (n0)", "crane (n1)")
        assert data.info.shape == (3, 64, 64)
    assert train.labels(torch.arange(6)).tolist() == [1, 1, 2, 2, 0, 0]  # type: ignore[union-attr]
    assert test.labels(torch.arange(3)).tolist() == [0, 1, 2]  # type: ignore[union-attr]
    assert test.items(torch.arange(3))[:, 0, 0, 0].tolist() == [100, 0, 50]


def test_what_is_missing_or_wrong_is_named(root: Path) -> None:
    (root / "wnids.txt").write_text("n0\nn1\n")
    with pytest.raises(UserError, match=r"the class n2 is not in wnids\.txt"):
        tiny_imagenet()
    (root / "val/val_annotations.txt").write_text("val_0.JPEG n0\n")
    with pytest.raises(UserError, match="separated by a tab"):
        tiny_imagenet("test")
    (root / "words.txt").unlink()
    with pytest.raises(UserError, match="put tiny-imagenet-200/"):
        tiny_imagenet()
