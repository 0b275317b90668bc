"""Files of samples are read back with the labels that they were written with."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from ganbench.data.samples import is_samples_file, samples
from ganbench.errors import UserError

PIXELS = np.arange(5 * 3 * 4 * 4, dtype=np.uint8).reshape(5, 3, 4, 4)
LABELS = np.array([0, 2, 1, 2, 0])
CLASSES = np.array(["10", "2", "写真"])


def write(path: Path, **arrays: Any) -> str:
    np.savez_compressed(path, **arrays)
    return str(path)


def test_pixels_labels_and_classes_come_back(tmp_path: Path) -> None:
    path = write(tmp_path / "a.npz", samples=PIXELS, labels=LABELS, classes=CLASSES)
    data, index = samples(path), torch.arange(5)
    assert data.info.classes == ("10", "2", "写真")
    assert torch.equal(data.items(index), torch.from_numpy(PIXELS))
    labels = data.labels(index)
    assert labels is not None
    assert labels.tolist() == LABELS.tolist()
    assert is_samples_file(Path(path))


def test_a_file_without_labels_has_no_classes(tmp_path: Path) -> None:
    data = samples(write(tmp_path / "a.npz", samples=PIXELS))
    assert data.info.classes == ()
    assert data.labels(torch.arange(5)) is None


@pytest.mark.parametrize(
    "arrays",
    [
        {"labels": LABELS[:4], "classes": CLASSES},
        {"labels": LABELS + 1, "classes": CLASSES},
        {"labels": LABELS - 1, "classes": CLASSES},
        {"labels": LABELS.astype(float), "classes": CLASSES},
        {"labels": LABELS, "classes": np.array([1, 2, 3])},
        {"labels": LABELS, "classes": CLASSES[None]},
    ],
)
def test_labels_that_do_not_fit_are_refused(tmp_path: Path, arrays: dict[str, Any]) -> None:
    with pytest.raises(UserError, match=r"a\.npz is damaged: its 'labels' do not fit"):
        samples(write(tmp_path / "a.npz", samples=PIXELS, **arrays))
