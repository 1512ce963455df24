"""Manifests of older schemas as today's has them, so that a bundle once shipped goes on being read."""

from collections.abc import Mapping
from typing import Any

OLDEST_SCHEMA = 1

_POINT: Mapping[str, Any] = {
    "chosen_for": "unknown",
    "target": None,
    "recall_ci95": None,
    "false_alarm_rate_ci95": None,
    "examples_per_photo": None,
}
NEW_IN_2: Mapping[str, Mapping[str, Any]] = {
    "classifier": {"temperature": 1.0},
    "window_threshold": _POINT,
    "image_threshold": _POINT,
}
"""What schema 1 did not say, and what it meant by that."""


def upgrade(plain: Any) -> Any:
    """A manifest's JSON object of schema 1 or 2 as schema 2. Raises `ValueError` for keys that its schema has not.

    A bundle without a segmenter need not say so.

    What else is wrong in it is left for the reader to refuse.
    """
    plain = {"segmenter": None, **plain}
    if plain["schema_version"] != 1:
        return plain
    new = {**plain, "schema_version": 2}
    for part, values in NEW_IN_2.items():
        if isinstance(plain.get(part), dict):
            if strange := sorted(plain[part].keys() & values.keys()):
                raise ValueError(f"manifest.{part} of schema 1 must have known keys only; unknown: {strange[0]}")
            new[part] = {**plain[part], **values}
    return new
