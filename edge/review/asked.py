"""Reading what a request says; what it says wrongly is told to it."""

import json
from collections.abc import Iterator, Mapping, Set
from contextlib import contextmanager
from typing import Any

from starlette.requests import Request

_LARGEST = 2**63 - 1  # SQLite's
_LARGEST_SIDE = 2**20


class BadRequestError(ValueError):
    """What a request asks for and cannot have."""


class NotThereError(LookupError):
    """A find, crack or run that this log does not have."""


@contextmanager
def rightly() -> Iterator[None]:
    """Tells the request what a `ValueError` in the block says."""
    try:
        yield
    except ValueError as wrong:
        raise BadRequestError(str(wrong)) from wrong


def number(text: str | int) -> int:
    """A whole number from 0 up that SQLite can hold. Raises `BadRequestError`."""
    digits = str(text)
    if not (digits.isascii() and digits.isdecimal() and len(digits) <= 19 and int(digits) <= _LARGEST):
        raise BadRequestError(f"a number is a whole one from 0 to {_LARGEST}; got '{digits[:40]}'")
    return int(digits)


def numbers(text: str, *, at_most: int) -> list[int]:
    """Whole numbers between commas. Raises `BadRequestError`."""
    words = [word for word in text.split(",") if word]
    if len(words) > at_most:
        raise BadRequestError(f"at most {at_most} numbers are asked for at once; got {len(words)}")
    return [number(word) for word in words]


def score(text: str) -> float:
    """A threshold, above 0 and at most 1. Raises `BadRequestError`."""
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 < value <= 1:
        raise BadRequestError(f"a threshold is a number above 0 and at most 1; got '{text[:40]}'")
    return value


def box(text: str) -> tuple[int, int, int, int]:
    """x, y, width and height in pixels. Raises `BadRequestError`."""
    values = numbers(text, at_most=4)
    if len(values) != 4 or max(values) > _LARGEST_SIDE or min(values[2:]) < 1:
        raise BadRequestError(f"a box is x,y,width,height in pixels; got '{text[:40]}'")
    return values[0], values[1], values[2], values[3]


async def json_object(request: Request, known: Set[str]) -> dict[str, Any]:
    """The body, a JSON object with some of the known fields. Raises `BadRequestError`."""
    try:
        # Not UnicodeDecodeError alone: JSON of other encodings, numbers of a million digits, deep nesting.
        body = json.loads(await request.body())
    except (ValueError, RecursionError) as wrong:
        raise BadRequestError("the body must be JSON; it is not") from wrong
    if not isinstance(body, dict) or not body.keys() <= known:
        raise BadRequestError(f"the body is an object with the fields {', '.join(sorted(known))}; it has others")
    return body


def text_in(body: Mapping[str, Any], name: str) -> str | None:
    """A text of the body, None where it is absent. Raises `BadRequestError`."""
    value = body.get(name)
    if value is not None and not isinstance(value, str):
        raise BadRequestError(f"{name} is a text; got {json.dumps(value)[:40]}")
    return value


def number_in(body: Mapping[str, Any], name: str) -> int | None:
    """A number of the body, None where it is absent. Raises `BadRequestError`."""
    value = body.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int):
        raise BadRequestError(f"{name} is a whole number; got {json.dumps(value)[:40]}")
    return number(value)
