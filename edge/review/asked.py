"""Reading what a request says; what it says wrongly is told to it."""

import json
from collections.abc import Iterator, Mapping, Set
from contextlib import contextmanager
from typing import Any

from starlette.requests import Request

_LARGEST = 2**63 - 1  # SQLite's


class BadRequestError(ValueError):
    """What a request asks for and cannot have."""


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
