"""A network as a row of boxes, as papers draw them: how high says how large a map is, the words below what made it."""

from __future__ import annotations

import math
from collections.abc import Sequence

from ganbench.report.architecture import Layer
from ganbench.report.html import text

_A_ROW, _WIDE, _APART = 8, 96, 20  # boxes in a row; pixels
_TALL, _LINE = 92, 12  # pixels of the highest box and of a line of words
_BELOW = 5  # lines below a box


def diagram(network: str, layers: Sequence[Layer]) -> str:
    """Return the network as SVG in the colour of the text around it.

    A box stands for a layer with weights or one that changes the shape; what follows it without either (norms,
    activations) is named below it.
    """
    boxes = _boxes(layers)
    rows = -(-len(boxes) // _A_ROW)
    high = _TALL + (_BELOW + 1) * _LINE + 8
    width = min(len(boxes), _A_ROW) * (_WIDE + _APART)
    largest = max((_size(layer.shape) for layer, _ in boxes), default=1.0)
    drawn = "".join(
        _box(
            layer,
            followers,
            (i % _A_ROW) * (_WIDE + _APART),
            (i // _A_ROW) * high,
            largest,
            i + 1 < len(boxes),
        )
        for i, (layer, followers) in enumerate(boxes)
    )
    shapes = ", ".join(shape_in_words(layer.shape) for layer, _ in boxes if layer.shape)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="diagram" viewBox="0 0 {width} {rows * high}" '
        f'width="{width}" role="img" aria-label="{text(network)}, layer by layer: {text(shapes)}" '
        f'font-family="system-ui, sans-serif" font-size="10" text-anchor="middle">{drawn}</svg>'
    )


def _boxes(layers: Sequence[Layer]) -> list[tuple[Layer, list[str]]]:
    """Return the layers that get a box, each with the names of those that follow it without one."""
    boxes: list[tuple[Layer, list[str]]] = []
    for layer in layers:
        if boxes and not _stands_out(layer, boxes[-1][0]):
            boxes[-1][1].append(_short(layer.kind))
        else:
            boxes.append((layer, []))
    return boxes


def _stands_out(layer: Layer, before: Layer) -> bool:
    is_norm = "Norm" in layer.kind.split()[0]
    return layer.shape != before.shape or (layer.parameters > 0 and not is_norm)


def _box(layer: Layer, followers: list[str], x: int, y: int, largest: float, goes_on: bool) -> str:
    tall = round(10 + (_TALL - 10) * _size(layer.shape) / largest)
    top, middle, below = y + _TALL - tall + 4, x + _WIDE / 2, y + _TALL + 4 + _LINE
    kind, *rest = layer.kind.split(" ")
    words = [shape_in_words(layer.shape) or "shape not known", kind, " ".join(rest), " ".join(followers)]
    cut = [line for told in words if told for line in _cut(told)][:_BELOW]
    lines = "".join(
        f'<text x="{middle:g}" y="{below + i * _LINE}" fill="currentColor">{text(line)}</text>'
        for i, line in enumerate(cut)
    )
    arrow = (
        f'<path d="M{x + _WIDE} {y + _TALL - 4} h{_APART - 3} m-4 -3 l4 3 l-4 3" fill="none" stroke="currentColor"/>'
        if goes_on
        else ""
    )
    return (
        f"<g><title>{text(layer.name)}: {text(layer.kind)}, {layer.parameters:,} weights</title>"
        f'<rect x="{x + 2}" y="{top}" width="{_WIDE - 4}" height="{tall}" rx="3" fill="currentColor" '
        f'fill-opacity="{0.25 if layer.parameters else 0.08}" stroke="currentColor"/>{lines}{arrow}</g>'
    )


def _size(shape: tuple[int, ...]) -> float:
    """Return how large a map or a vector looks: by doublings of its side or of its length."""
    if not shape:
        return 1.0
    return 1 + math.log2(max(shape[1:])) if len(shape) > 1 else 1 + math.log2(shape[0]) / 3


def shape_in_words(shape: tuple[int, ...]) -> str:
    """Return a shape as ``64 x 16 x 16``; nothing where it is not known."""
    return " x ".join(map(str, shape))


def _short(kind: str) -> str:
    return kind.split(" ")[0]


def _cut(words: str, most: int = 18) -> list[str]:
    """Return the words in lines of at most so many letters where that can be."""
    lines = [""]
    for word in words.split(" "):
        if lines[-1] and len(lines[-1]) + 1 + len(word) > most:
            lines.append(word)
        else:
            lines[-1] = f"{lines[-1]} {word}".strip()
    return lines
