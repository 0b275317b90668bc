"""Read the values that users type: YAML 1.2 or JSON in files, and single values on the command line.

All three give the same value for the same text. YAML follows the core schema of YAML 1.2: ``0100`` is 100, ``1e3`` is
1000.0 and ``1:30`` is text. A mapping that has a key twice is refused, and so is a number that a float cannot hold.
"""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any, NoReturn

import yaml
from yamlcore import CoreDumper, CoreLoader

from ganbench.errors import UserError

_MAX_CHARACTERS = 1_000_000
_MAX_DEPTH = 50
_MAX_VALUES = 100_000  # aliases count as often as they are used
_FLOW = ("[", "{", '"', "'")  # how a value starts that is more than a plain word or number
LARGEST_EXACT = 2**53  # beyond it, a float cannot hold every whole number


class _Loader(CoreLoader):  # type: ignore[misc]  # yamlcore has no types
    """YAML 1.2 with numbers that are checked."""

    def fetch_flow_collection_start(self, token: Any) -> None:
        """Refuse deep lists and mappings at once: scanning them takes time that grows with the square."""
        if self.flow_level >= _MAX_DEPTH:
            raise RecursionError
        super().fetch_flow_collection_start(token)


def _construct_float(loader: _Loader, node: yaml.ScalarNode) -> float:
    text = loader.construct_scalar(node)
    if text.lower().lstrip("+-") in (".inf", ".nan"):
        return float(text.lower().replace(".", ""))
    return _parse_float(text)


def _construct_int(loader: _Loader, node: yaml.ScalarNode) -> int:
    return _require_size(loader.construct_yaml_int_core(node))


_Loader.add_constructor("tag:yaml.org,2002:float", _construct_float)
_Loader.add_constructor("tag:yaml.org,2002:int", _construct_int)


def _parse_float(text: str) -> float:
    """Return the float nearest to a decimal number.

    Raises:
        ValueError: the number is too large or too small for a float, or it would be rounded to a whole number.
    """
    try:
        value, exact = float(text), Decimal(text)
    except InvalidOperation as error:
        raise ValueError(f"{_shorten(text)} has too many digits in its exponent") from error
    if math.isinf(value):
        raise ValueError(f"{_shorten(text)} is too large for a number")
    if value == 0 and exact != 0:
        raise ValueError(f"{_shorten(text)} is too close to 0 for a number")
    if value.is_integer() and abs(value) < LARGEST_EXACT and exact != Decimal(value):
        raise ValueError(f"{_shorten(text)} has more digits than a number can hold")
    return value


def parse_value(text: str, name: str = "the value") -> Any:
    """Return the value of ``text`` as typed on the command line: as in a YAML file, but never a block or a comment.

    Text that is no number, boolean, null, list, mapping or quoted text stays as it is typed, such as a path with
    ``: `` or `` #``.

    Example:
        >>> [parse_value(text) for text in ("1e3", "0100", "[0, 0.9]", "folder:a #1", "1:30")]
        [1000.0, 100, [0, 0.9], 'folder:a #1', '1:30']

    Args:
        text: The text.
        name: What the value is for, such as its key, for messages.

    Raises:
        UserError: the text is a mapping with a key twice, holds too many values, or a number that a float cannot hold.
    """
    stripped = text.strip()
    if stripped.startswith(_FLOW):
        try:
            return parse_yaml(stripped, name)
        except _NotYAML:
            return text
    loader = _Loader("")
    node = yaml.ScalarNode(loader.resolve(yaml.ScalarNode, stripped, (True, False)), stripped)
    try:
        value = loader.construct_object(node)
    except ValueError as error:
        raise UserError(f"{name}: {_number_problem(error)}") from error
    return text if isinstance(value, str) else value


def parse_yaml(text: str, name: str) -> Any:
    """Return the value of a YAML text.

    Args:
        text: The text.
        name: What the text is, such as the path of its file, for messages.

    Raises:
        UserError: the text is not valid YAML, has a key twice, or holds too many values.
    """
    _require_short(text, name)
    try:
        return _bounded(_Loader(text).get_single_data(), name)
    except yaml.constructor.ConstructorError as error:
        raise UserError(f"{name} is not valid YAML: {_describe(error, text)}") from error
    except yaml.YAMLError as error:
        raise _NotYAML(f"{name} is not valid YAML: {_describe(error, text)}") from error
    except RecursionError:
        _refuse_depth(name)
    except ValueError as error:
        raise UserError(f"{name} is not valid YAML: {_number_problem(error)}") from error
    except (KeyError, IndexError) as error:  # an explicit tag, as in '!!bool maybe'
        raise UserError(f"{name} is not valid YAML: a value does not fit its tag") from error


def parse_json(text: str, name: str) -> Any:
    """Return the value of a JSON text. Raises like :func:`parse_yaml`."""
    _require_short(text, name)
    try:
        value = json.loads(
            text,
            object_pairs_hook=_unique,
            parse_float=_parse_float,
            parse_int=lambda digits: _require_size(int(digits)),
            parse_constant=_refuse_constant,
        )
    except json.JSONDecodeError as error:
        raise UserError(f"{name} is not valid JSON: {error}") from error
    except ValueError as error:
        raise UserError(f"{name} is not valid JSON: {_number_problem(error)}") from error
    except RecursionError:
        _refuse_depth(name)
    return _bounded(value, name)


def format_yaml(value: Any) -> str:
    """Return a value as YAML that :func:`parse_yaml` reads back."""
    text: str = yaml.dump(value, Dumper=CoreDumper, sort_keys=False, allow_unicode=True)
    return text


class _NotYAML(UserError):
    """The text has no structure that YAML knows."""


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    mapping: dict[str, Any] = {}
    for key, value in pairs:
        if key in mapping:
            raise ValueError(f"found duplicate key '{key}'")
        mapping[key] = value
    return mapping


def _require_size(number: int) -> int:
    if abs(number) > sys.float_info.max:
        raise ValueError("a number has too many digits")
    return number


def _refuse_constant(text: str) -> NoReturn:
    raise ValueError(f"{text} is not a number")


def _require_short(text: str, name: str) -> None:
    if len(text) > _MAX_CHARACTERS:
        raise UserError(f"{name} is too long: {len(text):,} characters are more than {_MAX_CHARACTERS:,}")


def _bounded(value: Any, name: str) -> Any:
    """Return the value. Raises UserError if it is nested too deep, contains itself, or has too many values."""
    level, count = [value], 1
    for _ in range(_MAX_DEPTH):
        children: list[Any] = []
        for item in level:
            children += item.values() if isinstance(item, Mapping) else item if isinstance(item, list) else ()
            if count + len(children) > _MAX_VALUES:
                raise UserError(f"{name} holds more than {_MAX_VALUES:,} values")
        if not children:
            return value
        level, count = children, count + len(children)
    _refuse_depth(name)


def _refuse_depth(name: str) -> NoReturn:
    raise UserError(f"{name} is nested too deep: at most {_MAX_DEPTH} levels are read") from None


def _describe(error: yaml.YAMLError, text: str) -> str:
    """Return a YAML error as one line, with the line of the text."""
    problem = " ".join(str(getattr(error, "problem", None) or error).split())
    if problem.startswith("but "):
        problem = f"{getattr(error, 'context', '')}, {problem}"
    mark = getattr(error, "problem_mark", None)
    if mark is None:
        return problem
    lines = text.splitlines()
    line = lines[mark.line].strip() if mark.line < len(lines) else ""
    return f"{problem} in line {mark.line + 1}" + (f": {_shorten(line)}" if line else "")


def _number_problem(error: ValueError) -> str:
    """Return the message of a number that cannot be read, without Python's own advice."""
    text = str(error)
    return "a number has too many digits" if "integer string conversion" in text else text


def _shorten(text: str) -> str:
    return text if len(text) <= 40 else f"{text[:37]}..."
