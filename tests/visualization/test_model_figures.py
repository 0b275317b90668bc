"""Figures of models with classes, codes or attention, and their captions."""

from __future__ import annotations

import io

import pytest
from PIL import Image
from tests.report.test_architecture import model_of

from ganbench.data.io.decode import BrokenImageError
from ganbench.report.embed import embed_figure
from ganbench.report.page_budget import PageBudget
from ganbench.visualization.model_figures import model_figures


@pytest.mark.parametrize(
    ("name", "names"),
    [
        ("dcgan-shapes", []),
        ("gan-ring8", []),
        ("cgan-cifar10", ["classes", "walks"]),
        ("sagan-cifar10", ["classes", "walks", "attention"]),
        ("sagan-uncond-cifar10", ["attention"]),
        ("infogan-shapes", ["sweeps"]),
    ],
)
def test_figures_by_model(name: str, names: list[str]) -> None:
    model = model_of(name)
    figures = model_figures(model)
    assert [figure.name for figure in figures] == names
    for figure in figures:
        Image.open(io.BytesIO(figure.picture)).load()
    pictures = [figure.picture for figure in figures]
    assert [figure.picture for figure in model_figures(model)] == pictures, "the same every time"


def test_rows_and_columns_are_named() -> None:
    model = model_of("cgan-cifar10")
    classes, walks = model_figures(model)
    assert list(classes.columns) == list(model.classes)
    first, second = model.classes[:2]
    assert f"from {first} to {second}" in walks.caption
    codes = model_figures(model_of("infogan-shapes"))[0].caption
    assert "rows 1 to 5 categorical code 1" in codes


def test_column_names_are_above_the_figure_unless_there_are_many() -> None:
    buffer = io.BytesIO()
    Image.new("RGB", (8, 8)).save(buffer, "PNG")
    room = PageBudget(timeline_chars=0, image_bytes=10_000, chart_points=0)
    few = embed_figure(buffer.getvalue(), "words", room, columns=["<cat>", "dog"])
    assert few.index("&lt;cat&gt;") < few.index("<img")
    many = embed_figure(buffer.getvalue(), "words", room, columns=[str(i) for i in range(30)])
    assert "The columns are: 0, 1, 2" in many
    assert 'alt="words"' in many


def test_a_large_figure_is_compressed_or_left_out() -> None:
    buffer = io.BytesIO()
    Image.effect_noise((900, 900), 90).convert("RGB").save(buffer, "PNG")
    room = PageBudget(timeline_chars=0, image_bytes=60_000, chart_points=0)
    assert "data:image/webp" in embed_figure(buffer.getvalue(), "noise", room)
    assert not room.notes
    none = PageBudget(timeline_chars=0, image_bytes=0, chart_points=0)
    assert embed_figure(buffer.getvalue(), "noise", none) == ""
    assert list(none.notes) == ["Omitted: noise"]
    with pytest.raises(BrokenImageError):
        embed_figure(b"half", "noise", room)
