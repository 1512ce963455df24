"""JSON to frozen dataclasses and back, strictly: every key known, none missing, every value of its type."""

import json
import math
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from types import UnionType
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

T = TypeVar("T")
SCALARS = {str: "a string", int: "a whole number", float: "a number", bool: "true or false"}


def loads(text: str) -> Any:
    """Parses JSON. Raises `ValueError` also for a key given twice, for NaN and Infinity, and for too deep nesting."""

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) != len(pairs):
            twice = sorted({key for key, _ in pairs if [k for k, _ in pairs].count(key) > 1})
            raise ValueError(f"every key must be given once; given twice: {', '.join(twice)}")
        return found

    def no_constant(name: str) -> float:
        raise ValueError(f"every number must be finite; got {name}")

    try:
        return json.loads(text, object_pairs_hook=once, parse_constant=no_constant)
    except RecursionError as deep:
        raise ValueError("objects and lists must not be nested hundreds of levels deep; these are") from deep


def dumps(value: Any) -> str:
    """A dataclass as indented JSON, fields in the order of their declaration, with a newline at the end."""
    return json.dumps(to_plain(value), indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def to_plain(value: Any) -> Any:
    """Dataclasses, mappings and sequences as the dicts and lists that JSON has."""
    if is_dataclass(value):
        return {f.name: to_plain(getattr(value, f.name)) for f in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): to_plain(item) for key, item in sorted(value.items())}
    if isinstance(value, list | tuple):
        return [to_plain(item) for item in value]
    return value


def from_plain(kind: type[T], value: Any, where: str) -> T:
    """`value` as an instance of the dataclass `kind`. Raises `ValueError` that says where it went wrong."""
    if not isinstance(value, dict):
        raise ValueError(f"{where} must be an object; got {_short(value)}")
    hints = get_type_hints(kind)
    unknown, missing = sorted(value.keys() - hints.keys()), sorted(hints.keys() - value.keys())
    if unknown:
        raise ValueError(f"{where} must have known keys only; unknown: {', '.join(unknown)}")
    if missing:
        raise ValueError(f"{where} must have every key; missing: {', '.join(missing)}")
    members = {name: _value(hint, value[name], f"{where}.{name}") for name, hint in hints.items()}
    try:
        return kind(**members)
    except ValueError as wrong:
        raise ValueError(f"{where}: {wrong}") from wrong


def _value(kind: Any, value: Any, where: str) -> Any:
    origin = get_origin(kind)
    if is_dataclass(kind):
        return from_plain(kind, value, where)  # type: ignore[arg-type]  # mypy forgets that it is a class
    if origin is Literal:
        if value not in get_args(kind):
            raise ValueError(f"{where} must be one of {', '.join(map(repr, get_args(kind)))}; got {_short(value)}")
        return value
    if origin in (Union, UnionType):
        return _one_of(get_args(kind), value, where)
    if kind is type(None):
        if value is not None:
            raise ValueError(f"{where} must be null; got {_short(value)}")
        return None
    if origin is tuple:
        return _sequence(get_args(kind), value, where)
    if origin is Mapping:
        if not isinstance(value, dict):
            raise ValueError(f"{where} must be an object; got {_short(value)}")
        return {key: _value(get_args(kind)[1], item, f"{where}['{key}']") for key, item in value.items()}
    return _scalar(kind, value, where)


def _one_of(kinds: tuple[Any, ...], value: Any, where: str) -> Any:
    reasons = []
    for kind in kinds:
        try:
            return _value(kind, value, where)
        except ValueError as wrong:
            reasons.append(str(wrong).partition("; got ")[0])
    raise ValueError(f"{' or '.join(reasons)}; got {_short(value)}")


def _sequence(kinds: tuple[Any, ...], value: Any, where: str) -> tuple[Any, ...]:
    if not isinstance(value, list):
        raise ValueError(f"{where} must be a list; got {_short(value)}")
    if kinds[-1] is Ellipsis:
        kinds = (kinds[0],) * len(value)
    if len(kinds) != len(value):
        raise ValueError(f"{where} must be a list of {len(kinds)}; got {_short(value)}")
    return tuple(_value(kind, item, f"{where}[{i}]") for i, (kind, item) in enumerate(zip(kinds, value, strict=True)))


def _scalar(kind: type, value: Any, where: str) -> Any:
    # bool is an int to Python; a whole number is a valid float to JSON.
    fits = type(value) is kind or (kind is float and type(value) is int)
    if not fits or (kind is float and not _is_finite(value)):
        raise ValueError(f"{where} must be {SCALARS[kind]}; got {_short(value)}")
    return float(value) if kind is float else value


def _is_finite(value: float) -> bool:
    try:
        return math.isfinite(value)
    except OverflowError:
        # A whole number beyond the largest float.
        return False


def _short(value: Any) -> str:
    try:
        text = json.dumps(value, ensure_ascii=False)
    except RecursionError:
        return "something nested too deep to show"
    return text if len(text) <= 60 else text[:57] + "..."
