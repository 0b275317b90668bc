"""How to run an exported or packed model and draw its latents, for its card."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ganbench.export.formats import file_name

_LOAD = {
    "onnx": """import numpy as np, onnxruntime

session = onnxruntime.InferenceSession("{file}")
{inputs}
results = dict(zip([o.name for o in session.get_outputs()], session.run(None, {{{feed}}})))""",
    "torch": """import numpy as np, torch

model = torch.export.load("{file}").module()
{inputs}
results = model({arguments})""",
}
_LOAD_WITH_GANBENCH = """import ganbench

model = ganbench.load("{address}")
{call}"""
_CALLS = {
    "generator": "samples = model.sample(64, seed=0)",
    "encoder": "latents = model.encode(items)  # items: {shape}, {dtype}",
    "translator": 'translated = model.translate(items, target="{target}")  # items: {shape}, {dtype}',
}
_COMMANDS = {
    "generator": "ganbench sample {address} --out {file}",
    "encoder": "ganbench evaluate {address}",
    "translator": "ganbench translate {address} IMAGES --to {target} --out translated",
}


def usage(record: Mapping[str, Any]) -> str:
    """Return the section "Use" of a card: code, a table of inputs and outputs, and how to draw latents."""
    blocks = [f"```python\n{_code(record)}\n```"]
    if "address" in record:
        blocks.append(f"```\n{_command(record)}\n```")
    blocks.append(_tensors(record))
    if "latent" in record:
        blocks.append(_latents(record["latent"]))
    if any(entry["name"] == "items" for entry in record["inputs"]):
        blocks.append(f"Items are in the data's own units: {_units(record['data'])}.")
    return "\n\n".join(blocks)


def _code(record: Mapping[str, Any]) -> str:
    name, inputs = record["file_format"], record["inputs"]
    if name not in _LOAD:
        entry = inputs[0]
        call = _CALLS[record["part"]].format(
            shape=_shape(entry["shape"]), dtype=entry["dtype"], target=record.get("target", "b")
        )
        return _LOAD_WITH_GANBENCH.format(address=record.get("address", "."), call=call)
    lines = ["rng = np.random.default_rng(0)"] if _draws(record) else []
    lines += [f"{entry['name']} = {_example(record, entry)}" for entry in inputs]
    names = [entry["name"] for entry in inputs]
    arguments = ", ".join(f"torch.from_numpy({n})" for n in names)
    feed = ", ".join(f'"{n}": {n}' for n in names)
    return _LOAD[name].format(file=file_name(name), inputs="\n".join(lines), feed=feed, arguments=arguments)


def _command(record: Mapping[str, Any]) -> str:
    file = "samples.png" if record["data"]["kind"] == "image" else "samples.npz"
    return _COMMANDS[record["part"]].format(
        address=record["address"], file=file, target=record.get("target", "b")
    )


def _draws(record: Mapping[str, Any]) -> bool:
    return any(entry["name"] != "labels" for entry in record["inputs"])


def _example(record: Mapping[str, Any], entry: Mapping[str, Any]) -> str:
    """Return an expression for 16 inputs."""
    shape = ", ".join(str(n) for n in entry["shape"][1:])
    if entry["name"] == "labels":
        return f"np.arange(16) % {len(record['classes'])}"
    if entry["name"] == "items":
        if entry["dtype"] == "uint8":
            return f'rng.integers(0, 256, (16, {shape}), dtype="uint8")  # your images'
        return f'rng.normal(size=(16, {shape})).astype("float32")  # your points'
    parts = [_draw(part) for part in record["latent"]]
    return parts[0] if len(parts) == 1 else f"np.concatenate([{', '.join(parts)}], 1)"


def _draw(part: Mapping[str, Any]) -> str:
    size = part["size"]
    return {
        "normal": f'rng.standard_normal((16, {size}), dtype="float32")',
        "uniform": f'rng.uniform({part.get("low")}, {part.get("high")}, (16, {size})).astype("float32")',
        "one_hot": f'np.eye({size}, dtype="float32")[rng.integers({size}, size=16)]',
        "other": f'rng.standard_normal((16, {size}), dtype="float32")',
    }[part["distribution"]]


def _tensors(record: Mapping[str, Any]) -> str:
    lines = ["| tensor | | shape | type | meaning |", "|---|---|---|---|---|"]
    for role in ("input", "output"):
        lines += [
            f"| `{e['name']}` | {role} | {_shape(e['shape'])} | {e['dtype']} | {_meaning(record, e['name'])} |"
            for e in record[f"{role}s"]
        ]
    return "\n".join([*lines, "", "`N` is any number of at least 1."])


def _meaning(record: Mapping[str, Any], name: str) -> str:
    units = _units(record["data"])
    return {
        "latents": "random numbers, see below" if "latent" in record else "the latent vectors",
        "labels": f"class numbers from 0 to {len(record['classes']) - 1}, in the order above",
        "items": "your items",
        "samples": f"the result: {units}",
        "values": "the same before that conversion, in about [-1, 1]",
    }[name]


def _units(data: Mapping[str, Any]) -> str:
    if data["kind"] == "image":
        return "pixels from 0 to 255, channels before rows before columns"
    return f"coordinates; values of -1 and 1 are {data['low']:g} and {data['high']:g}"


def _shape(shape: Sequence[Any]) -> str:
    return f"[{', '.join(map(str, shape))}]"


def _latents(parts: Sequence[Mapping[str, Any]]) -> str:
    lines = ["To draw a latent vector, draw these parts and join them in this order:", ""]
    lines += [f"{i + 1}. {_part(part)}" for i, part in enumerate(parts)]
    noise = [str(part["name"]) for part in parts if part.get("truncatable")]
    if noise:
        lines += [
            "",
            f"Truncation: to get more typical and less varied samples, draw each number of the {noise[0]} again until "
            "it is within a bound such as [-1, 1].",
        ]
    return "\n".join(lines)


def _part(part: Mapping[str, Any]) -> str:
    text = {
        "normal": "independent numbers from the normal distribution N(0, 1)",
        "uniform": f"independent numbers, uniform in [{part.get('low')}, {part.get('high')})",
        "one_hot": "a 1 at a random place, all equally likely, and zeros elsewhere",
        "other": "numbers from a distribution of the user's own; `check.npz` has a few draws",
    }[part["distribution"]]
    return f"{part['name']}, {part['size']} {'number' if part['size'] == 1 else 'numbers'}: {text}"
