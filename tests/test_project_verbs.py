"""Every verb that pyproject.toml names is installed, explains itself and is in the documents."""

import re
import subprocess
import sys
import tomllib
from argparse import ArgumentParser, _SubParsersAction
from collections.abc import Iterator
from importlib.metadata import entry_points
from pathlib import Path

import pytest

from edge.cli import GROUP, parser, verbs

ROOT = Path(__file__).parents[1]
NAMED = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["entry-points"][GROUP]


def commands(under: ArgumentParser, words: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Every chain of words that has a help of its own: ("log",), ("log", "export"), ..."""
    for action in under._actions:
        if isinstance(action, _SubParsersAction):
            for name, sub in action.choices.items():
                yield (*words, name)
                yield from commands(sub, (*words, name))


COMMANDS = sorted(commands(parser(verbs())))


def test_the_installed_verbs_are_those_of_pyproject() -> None:
    """Another answer means that the installation is older than pyproject.toml: `make setup`."""
    assert {point.name: point.value for point in entry_points(group=GROUP)} == NAMED


def test_there_are_verbs_and_sub_verbs() -> None:
    """The walk below must not pass because it found nothing."""
    assert {words[0] for words in COMMANDS} == set(NAMED)
    assert {("log", "show"), ("log", "export"), ("bundle", "verify"), ("data", "fetch")} <= set(COMMANDS)


@pytest.mark.parametrize("words", [(), *COMMANDS], ids=" ".join)
def test_help_works_and_fits_a_console(
    words: tuple[str, ...], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    with pytest.raises(SystemExit) as ended:
        parser(verbs()).parse_args([*words, "--help"])
    assert ended.value.code == 0
    text = capsys.readouterr().out
    assert " ".join(("usage: hairline", *words)) in text
    # argparse cannot break the choices of an option.
    lines = [line for line in text.splitlines() if not re.fullmatch(r" +\[--[a-z-]+ \{[^ ]+\}\]", line)]
    assert not [line for line in lines if len(line) > 80]


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_every_command_is_documented(words: tuple[str, ...]) -> None:
    pages = {
        page.name: page.read_text(encoding="utf-8") for page in (ROOT / "README.md", *(ROOT / "docs").glob("*.md"))
    }
    command = " ".join(("hairline", *words))
    assert any(command in text for text in pages.values()), f"no page of {sorted(pages)} has `{command}`"


def test_the_installed_command_lists_the_verbs() -> None:
    done = subprocess.run(
        [Path(sys.executable).with_name("hairline"), "--help"], capture_output=True, text=True, check=True
    )
    for name, verb in verbs().items():
        assert name in done.stdout
        assert " ".join(verb.help.split()) in " ".join(done.stdout.split())
