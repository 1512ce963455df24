"""What an entry point of the group `hairline.verbs` names: one verb of the command line."""

from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from dataclasses import dataclass


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
