"""Diagrams of networks as rows of boxes: the height shows the size of the output, the text below names the layers."""

from __future__ import annotations

import math
from collections.abc import Sequence

from ganbench.report.architecture import Layer
from ganbench.report.html import escape

_BOXES_PER_ROW = 8
_BOX_WIDTH, _GAP, _MAX_BOX_HEIGHT, _LINE_HEIGHT = 96, 20, 92, 12  # pixels
_MAX_TEXT_LINES = 5  # below a box


def network_diagram(network: str, layers: Sequence[Layer]) -> str:
    """Return the network as SVG in the colour of the surrounding text.

    A box represents a layer with weights or a layer that changes the shape. Norms, activations and other layers that
    follow are named below the box.
    """
    boxes = _group_layers(layers)
    rows = -(-len(boxes) // _BOXES_PER_ROW)
    row_height = _MAX_BOX_HEIGHT + (_MAX_TEXT_LINES + 1) * _LINE_HEIGHT + 8
    width = min(len(boxes), _BOXES_PER_ROW) * (_BOX_WIDTH + _GAP)
    max_size = max((_size(layer.shape) for layer, _ in boxes), default=1.0)
    content = "".join(
        _box(
            layer,
            followers,
            x=(i % _BOXES_PER_ROW) * (_BOX_WIDTH + _GAP),
            y=(i // _BOXES_PER_ROW) * row_height,
            max_size=max_size,
            is_last=i + 1 == len(boxes),
        )
        for i, (layer, followers) in enumerate(boxes)
    )
    shapes = ", ".join(format_shape(layer.shape) for layer, _ in boxes if layer.shape)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="diagram" viewBox="0 0 {width} {rows * row_height}" '
        f'width="{width}" role="img" aria-label="{escape(network)}, layer by layer: {escape(shapes)}" '
        f'font-family="system-ui, sans-serif" font-size="10" text-anchor="middle">{content}</svg>'
    )


def _group_layers(layers: Sequence[Layer]) -> list[tuple[Layer, list[str]]]:
    """Return the layers that get a box, each with the class names of the layers that follow without one."""
    boxes: list[tuple[Layer, list[str]]] = []
    for layer in layers:
        if boxes and not _needs_box(layer, boxes[-1][0]):
            boxes[-1][1].append(layer.kind.split(" ")[0])
        else:
            boxes.append((layer, []))
    return boxes


def _needs_box(layer: Layer, previous: Layer) -> bool:
    is_norm = "Norm" in layer.kind.split()[0]
    return layer.shape != previous.shape or (layer.parameters > 0 and not is_norm)


def _box(layer: Layer, followers: list[str], *, x: int, y: int, max_size: float, is_last: bool) -> str:
    height = round(10 + (_MAX_BOX_HEIGHT - 10) * _size(layer.shape) / max_size)
    top, middle, text_top = y + _MAX_BOX_HEIGHT - height + 4, x + _BOX_WIDTH / 2, y + _MAX_BOX_HEIGHT + 4
    kind, *settings = layer.kind.split(" ")
    labels = [format_shape(layer.shape) or "unknown shape", kind, " ".join(settings), " ".join(followers)]
    lines = [line for label in labels if label for line in _wrap(label)][:_MAX_TEXT_LINES]
    text = "".join(
        f'<text x="{middle:g}" y="{text_top + (i + 1) * _LINE_HEIGHT}" fill="currentColor">{escape(line)}</text>'
        for i, line in enumerate(lines)
    )
    arrow = (
        ""
        if is_last
        else f'<path d="M{x + _BOX_WIDTH} {y + _MAX_BOX_HEIGHT - 4} h{_GAP - 3} m-4 -3 l4 3 l-4 3" fill="none" '
        'stroke="currentColor"/>'
    )
    return (
        f"<g><title>{escape(layer.name)}: {escape(layer.kind)}, {layer.parameters:,} parameters</title>"
        f'<rect x="{x + 2}" y="{top}" width="{_BOX_WIDTH - 4}" height="{height}" rx="3" fill="currentColor" '
        f'fill-opacity="{0.25 if layer.parameters else 0.08}" stroke="currentColor"/>{text}{arrow}</g>'
    )


def _size(shape: tuple[int, ...]) -> float:
    """Return the drawn size of an output: logarithmic in the side of a map or the length of a vector."""
    if not shape:
        return 1.0
    return 1 + math.log2(max(shape[1:])) if len(shape) > 1 else 1 + math.log2(shape[0]) / 3


def format_shape(shape: tuple[int, ...]) -> str:
    """Return a shape as ``64 x 16 x 16``; empty if it is unknown."""
    return " x ".join(map(str, shape))


def _wrap(text: str, max_length: int = 18) -> list[str]:
    """Split text at spaces into lines of at most ``max_length`` characters; longer words stay whole."""
    lines = [""]
    for word in text.split(" "):
        if lines[-1] and len(lines[-1]) + 1 + len(word) > max_length:
            lines.append(word)
        else:
            lines[-1] = f"{lines[-1]} {word}".strip()
    return lines
