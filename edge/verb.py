"""What an entry point of the group `hairline.verbs` names: one verb of the command line."""

from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from argparse import _SubParsersAction


@dataclass(frozen=True, slots=True, kw_only=True)
class Verb:
    """One verb. Its module imports nothing heavy at the top, so that `hairline --help` stays quick.

    `run` returns the exit status and raises `HairlineError` for what the user can mend. `extra` is the set of
    optional packages (see pyproject.toml) that a missing import is answered with.
    """

    name: str
    help: str
    extra: str
    configure: Callable[[ArgumentParser], None]
    run: Callable[[Namespace], int]


def add_action(actions: "_SubParsersAction[ArgumentParser]", name: str, says: str) -> ArgumentParser:
    """One action of a verb, whose own help opens with what the verb's list says of it."""
    return actions.add_parser(name, help=says, description=says)
