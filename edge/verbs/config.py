"""`hairline config check|template`: what a rover.toml says, and one to start from."""

import json
import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path

from edge.verb import Verb, add_action


def configure(parser: ArgumentParser) -> None:
    """Adds the two actions."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    check = add_action(actions, "check", "check a rover.toml and show what it comes to")
    check.add_argument("file", type=Path, metavar="FILE", help="the configuration")
    check.add_argument("--json", action="store_true", help="every key and its value as JSON")
    add_action(actions, "template", "print a rover.toml with every key explained, to start from")


def run(args: Namespace) -> int:
    """Runs the action that was asked for."""
    from edge.config import read_config
    from edge.config_template import effective, template

    if args.action == "template":
        sys.stdout.write(template())
        return 0
    values = effective(read_config(args.file))
    if args.json:
        sys.stdout.write(json.dumps(values, indent=2) + "\n")
        return 0
    for name, value in values.items():
        if isinstance(value, dict):
            for key, inner in value.items():
                _line(f"{name}.{key}", inner)
        else:
            _line(name, value)
    sys.stdout.write(f"ok {args.file}\n")
    return 0


def _line(name: str, value: object) -> None:
    if value is not None:
        sys.stdout.write(f"{name} = {json.dumps(value)}\n")


VERB = Verb(
    name="config", help="check a rover.toml, or print one to start from", extra="edge", configure=configure, run=run
)
