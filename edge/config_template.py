"""A `rover.toml` in which every key is explained, and the values that a configuration comes to."""

import json
from dataclasses import MISSING
from pathlib import Path
from typing import Any

from edge.config import SECTIONS, RoverConfig, keys_of


def template() -> str:
    """A whole `rover.toml`: every key with its purpose and what it may hold, all commented out but source and log."""
    parts = ["# rover.toml: what a rover is told. Relative paths start from this file's folder.", *_keys(RoverConfig)]
    for name, kind in SECTIONS.items():
        parts += ["", f"# [{name}]", *_keys(kind)]
    return "\n".join(parts) + "\n"


def _keys(kind: type) -> list[str]:
    lines = []
    for name, key in keys_of(kind).items():
        value = key.default if key.metadata["example"] is None else key.metadata["example"]
        given = "" if kind is RoverConfig and name in ("source", "log") else "# "
        must = ", needed in this section" if key.default is MISSING else ""
        # JSON's strings, numbers, lists and booleans are TOML's too.
        lines += [
            f"# {key.metadata['says']}{must}: {key.metadata['rule'].allows}",
            f"{given}{name} = {json.dumps(value)}",
        ]
    return lines


def effective(config: RoverConfig) -> dict[str, Any]:
    """What a file comes to: every key with its value, None where nobody said anything; what JSON can hold."""
    shown = {name: _plain(getattr(config, name)) for name in keys_of(RoverConfig)}
    for name, kind in SECTIONS.items():
        section = getattr(config, name)
        if section is not None:
            shown[name] = {key: _plain(getattr(section, key)) for key in keys_of(kind)}
    return shown


def _plain(value: Any) -> Any:
    if isinstance(value, Path):
        return str(value)
    return list(value) if isinstance(value, tuple) else value
