"""Make up what users may type as overrides and recipe files, and check that each number arrives as it was typed."""

from __future__ import annotations

import importlib
import json
import random
import re
import struct
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from ganbench.config.addresses import PART_PACKAGES, is_part
from ganbench.config.spec import parameters

#: What is typed for a value: the text of a scalar, or a list or mapping of such.
Typed = Any

_WHOLE, _OCTAL, _HEX = re.compile("[-+]?[0-9]+"), re.compile("0o[0-7]+"), re.compile("0x[0-9a-fA-F]+")
_DECIMAL = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_LARGEST_EXACT = 2**53

WORDS = (
    "true", "False", "TRUE", "null", "~", "Null", "", "yes", "off", "on", "t", "none", "NaN", ".nan", ".NaN", ".inf",
    "-.INF", "inf", "-inf", "infinity", "1:30", "1:30:15.5", "0b11", "-0x10", "0o8", "0xg", "1__0", "_1", "1_", "१००",
    "１２", "١٢", "½", "²", "5%", "$5", "5f", "5L", "1/2", "1,5", "1.2.3", "1e", "e5", "+", "-", "--5", "- 5", "+-5",
    "1e3.5", "1 000", "2024-01-01", "5 # five", "!!int 5", "!!float 5", "!!str 5", "!!bool 1", "&a 5", "*a", "5\n6",
    "\t5", " 5 ", "5\u00a0", "\ud83d", "\x1b[31m5", "{", "[1", "{a: 1, a: 2}", "{1: 2}", "[[1], 2]", "'5'", '"5"',
    "'1e3'", "[]", "{}", "a=b", "ä", "x" * 3000, "os:system", "ganbench.losses:Hinge", "ganbench.losses:", ":", "::",
    "auto", "cpu", "bf16", "ring8", "shapes", "mnist", "folder:/x", "folder:", "archive:a.npz", "stacked-mnist", "best",
    "G", "D", "linear", "{target: 5}", "{target: null}", "{target: [1]}", "{target: 'a:b'}", "[{target: 5}]",
    "{target: 'ganbench.losses:Hinge', 5: 5}", "{target: 'ganbench.losses:Hinge', target.x: 5}", "[null]", "[true, 1]",
)  # fmt: skip
PARTS = sorted(
    f"{package}:{name}"
    for package in PART_PACKAGES
    for name, value in vars(importlib.import_module(package)).items()
    if is_part(value)
)


def number(rng: random.Random) -> str:
    """Return a number as somebody may type it."""
    kind, sign = rng.randrange(9), rng.choice(["", "", "", "-", "+"])
    if rng.random() < 0.4:
        return rng.choice(
            ["1", "2", "8", "064", "0100", "1e3", "1e-4", "0.5", ".25", "0", "3.", "1_000", "0x10"]
        )
    whole = rng.randrange(10 ** rng.choice([1, 1, 2, 3, 4, 6, 9, 15, 16, 17, 20, 60, 310, 4000]))
    if kind <= 2:
        return f"{sign}{'0' * rng.choice([0, 0, 0, 1, 3])}{whole}"
    if kind == 3:
        return f"{sign}{rng.randrange(1000)}{rng.choice(['.', '.0', '.5', '.00000000000000000001'])}"
    if kind == 4:
        return f"{sign}{rng.randrange(100)}{rng.choice('eE')}{rng.randrange(-400, 400)}"
    if kind == 5:
        (value,) = struct.unpack("d", rng.randbytes(8))
        return repr(value)
    if kind == 6:
        return f"{sign}.{whole}" if rng.random() < 0.5 else f"{rng.random():.{rng.randrange(1, 40)}f}"
    if kind == 7:
        return rng.choice([f"0x{whole:x}", f"0o{whole:o}", f"{sign}0X{whole:X}"])
    return f"{sign}{whole:_}{rng.choice(['', '.0', 'e3'])}"


def close_to(rng: random.Random, present: Any) -> str:
    """Return what is typed for another value of the kind of the present one, such as 0.00031 for 0.0002."""
    if isinstance(present, bool) or not isinstance(present, int | float):
        return "true" if present is False else "false" if present is True else str(present)
    if isinstance(present, int):
        whole = max(present, 1) * rng.choice([1, 1, 2, 3])
        return rng.choice(
            [f"{whole}", f"0{whole}", f"+{whole}", f"{whole}.0", f"{whole:_}", f"{whole:.9e}", f"0x{whole:x}"]
        )
    value = present * rng.uniform(0.1, 1.1)
    return rng.choice(
        [repr(value), f"{value:.3g}", f"{value:.30f}", f"+{value:.17e}", f"00{value:.4f}", f"{value:.3E}"]
    )


def scalar(rng: random.Random) -> str:
    """Return a number, a word, the name of a part or nonsense."""
    kind = rng.random()
    if kind < 0.55:
        return number(rng)
    if kind < 0.85:
        return rng.choice(WORDS)
    if kind < 0.93:
        return rng.choice(PARTS) if rng.random() < 0.5 else rng.choice(PARTS).partition(":")[2]
    letters = "0123456789.eE+-_xob'\"[]{}:,&*!#|> \\\n\tä½\u200bλ\x00\x7f".replace("\x00", "")
    return "".join(rng.choice(letters) for _ in range(rng.randrange(1, 9)))


def typed(rng: random.Random, depth: int = 0) -> Typed:
    """Return what is typed for a value: mostly a scalar, else a list, or a part with arguments."""
    kind = rng.random()
    if depth > 1 or kind < 0.75:
        return scalar(rng)
    if kind < 0.9:
        return [typed(rng, depth + 1) for _ in range(rng.randrange(4))]
    address = rng.choice(PARTS)
    module, _, name = address.partition(":")
    arguments = list(parameters(getattr(importlib.import_module(module), name))) or ["x"]
    chosen = rng.sample(arguments, min(len(arguments), rng.randrange(3)))
    return {"target": address, **{argument: typed(rng, depth + 1) for argument in chosen}}


def plain(value: Typed) -> bool:
    """Whether every scalar keeps its meaning among the brackets and commas of a list."""
    if isinstance(value, str):
        return bool(re.fullmatch(r"[A-Za-z0-9.+_-]+(:[A-Za-z0-9.]+)?", value)) and value not in ("-", "+")
    return all(map(plain, value.values() if isinstance(value, Mapping) else value))


def flow(value: Typed) -> str:
    """Return a value as one line of YAML."""
    if isinstance(value, str):
        return value
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{k}: {flow(v)}" for k, v in value.items()) + "}"
    return "[" + ", ".join(map(flow, value)) + "]"


def misspelt(rng: random.Random, text: str) -> str:
    """Return a text with a letter lost, doubled, changed or swapped with another."""
    if not text:
        return "."
    at, kind = rng.randrange(len(text)), rng.randrange(4)
    if kind == 0:
        return text[:at] + text[at + 1 :]
    if kind == 1:
        return text[:at] + text[at] + text[at:]
    if kind == 2:
        return text[:at] + rng.choice("abG0._-= :\"'[]{}#&*!\n\tä") + text[at + 1 :]
    return text[:at] + text[at + 1 : at + 2] + text[at] + text[at + 2 :]


# --- the check -------------------------------------------------------------------------------------------------------


def problem(value: Typed, found: Any) -> str:
    """Return what is wrong with a value in the resolved recipe, or "" if every number in it is the one typed."""
    if isinstance(value, list):
        if not isinstance(found, list) or len(found) != len(value):
            return f"the list {value} became {found!r}"
        return next((p for p in map(problem, value, found) if p), "")
    if isinstance(value, Mapping):
        if not isinstance(found, Mapping) or value.keys() - found.keys():
            return f"the part {value} became {found!r}"
        return next((p for p in (problem(v, found[k]) for k, v in value.items() if k != "target") if p), "")
    text = value.strip()
    if text[:1] in ("[", "{", "!", "&"):
        return ""  # a structure that was typed as a whole
    if len(text) > 1 and text[0] == text[-1] and text[0] in "'\"":
        text = text[1:-1]
    if isinstance(found, str):
        return "" if found in (value, text) else f"the text {value!r} became {found!r}"
    if found is None:
        return "" if text in ("", "~", "null", "Null", "NULL") else f"{value!r} became nothing"
    typed_number = _is_number(text)
    if isinstance(found, bool) or not isinstance(found, int | float):
        return f"the number {value!r} became {found!r}" if typed_number else ""
    return "" if typed_number and _is_same(text, found) else f"{value!r} became {found!r}"


def _is_number(text: str) -> bool:
    digits = re.sub("(?<=[0-9])_(?=[0-9])", "", text)
    return any(kind.fullmatch(digits) for kind in (_WHOLE, _OCTAL, _HEX, _DECIMAL))


def _is_same(text: str, found: float) -> bool:
    """Whether a number is exactly the one typed, or for a fraction the nearest that a float can hold."""
    text = re.sub("(?<=[0-9])_(?=[0-9])", "", text)
    for kind, base in ((_WHOLE, 10), (_OCTAL, 8), (_HEX, 16)):
        if kind.fullmatch(text):
            digits = text if base == 10 else text[2:]
            return int(found) == int(digits, base) and found == int(found)
    exact = Decimal(text)
    if isinstance(found, int):
        return exact == found
    if found.is_integer() and abs(found) < _LARGEST_EXACT:
        return exact == Decimal(found)
    return found == float(text)


def flatten(tree: Any, path: tuple[str, ...] = ()) -> dict[tuple[str, ...], Any]:
    """Return the leaves of a resolved recipe by path."""
    items = tree.items() if isinstance(tree, Mapping) else enumerate(tree) if isinstance(tree, list) else ()
    leaves = {k: v for key, child in items for k, v in flatten(child, (*path, str(key))).items()}
    return leaves or {path: tree}


def read_record(text: str) -> dict[str, Any]:
    """Return the recipe that ``show --json`` prints. Raises ValueError for NaN and infinity, which JSON lacks."""

    def refuse(word: str) -> float:
        raise ValueError(f"{word} is no JSON")

    record: dict[str, Any] = json.loads(text, parse_constant=refuse)
    return record
