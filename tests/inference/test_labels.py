"""Labels that represent all classes."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from ganbench.errors import UserError
from ganbench.inference.labels import balanced_labels, find_class


@given(st.integers(0, 3000), st.integers(1, 1200))
def test_classes_are_as_frequent_as_the_count_allows(count: int, classes: int) -> None:
    labels = balanced_labels(count, classes)
    assert (labels.dtype, labels.shape) == (torch.int64, (count,))
    counts = torch.bincount(labels, minlength=classes)
    assert len(counts) == classes
    assert int(counts.max() - counts.min()) <= 1
    complete = count // classes * classes
    assert torch.equal(labels[:complete], torch.arange(complete) % classes), "in turn, as before"


def test_an_incomplete_round_is_no_prefix_of_the_classes() -> None:
    counts = torch.bincount(balanced_labels(2500, 1000), minlength=1000)
    twice = (counts == 3).nonzero().flatten()
    assert len(twice) == 500
    for digit in range(3):  # classes 000 to 999: each digit of the classes drawn more often is about uniform
        digits = torch.bincount(twice // 10**digit % 10, minlength=10)
        assert int(digits.min()) > 30
        assert int(digits.max()) < 70
    assert torch.equal(balanced_labels(2500, 1000), balanced_labels(2500, 1000))


def test_a_class_is_found_by_its_name_and_by_its_number() -> None:
    assert [find_class(text, ("cat", "dog")) for text in ("cat", "dog", "0", "1", "01")] == [0, 1, 0, 1, 1]


def test_where_names_are_numbers_a_number_is_a_name() -> None:
    classes = ("1", "10", "2")
    assert [find_class(text, classes) for text in classes] == [0, 1, 2]
    for text in ("0", "01", "3"):
        with pytest.raises(UserError, match=f"there is no class '{text}'"):
            find_class(text, classes)


@pytest.mark.parametrize("text", ["2", "-1", "²", "9" * 5000, "1.0", ""])
def test_an_unknown_class_is_refused(text: str) -> None:
    with pytest.raises(UserError, match="there is no class"):
        find_class(text, ("cat", "dog"))
