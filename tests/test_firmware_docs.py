"""docs/firmware.md: every command in it is one that there is, every board exists, and its C program works."""

import re
import shlex
import subprocess
from argparse import Namespace
from pathlib import Path

import pytest
from firmware_tools import need

from edge import cli
from firmware_export.board import board_names, find_board
from firmware_export.flash import Flashing

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "firmware.md").read_text(encoding="utf-8")
TINY = ROOT / "tests" / "golden" / "tiny_bundle"
# Indented blocks, fenced ones left out, and what stands in backquotes.
PLAIN = re.sub(r"^```.*?^```$", "", PAGE, flags=re.M | re.S)
INDENTED = [line.strip() for line in re.findall(r"^(?: {4}| {7})(\S.*)$", PLAIN, re.M)]
INLINE = re.findall(r"`([^`\n]+)`", PLAIN)
COMMANDS = sorted({words for words in INDENTED + INLINE if words.startswith("hairline ")})


def parsed(command: str) -> Namespace:
    return cli.parser(cli.verbs()).parse_args(shlex.split(command)[1:])


def test_the_page_names_the_steps_that_it_promises() -> None:
    flashed = {(args.board, args.by) for args in map(parsed, COMMANDS) if getattr(args, "action", "") == "flash"}
    assert {("rp2040", "uf2"), ("stm32f405", "dfu"), ("nucleo-f446re", "pyocd")} <= flashed
    assert {parsed(command).action for command in COMMANDS if command.startswith("hairline firmware")} == {
        *("build", "check", "emulate", "export", "flash")
    }


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_is_one_that_there_is(command: str) -> None:
    args = parsed(command)
    if getattr(args, "board", None):
        board = find_board(args.board)
        if args.action == "flash":
            Flashing(board=board, way=args.by, port=args.port, drive=args.drive)
        if args.action == "emulate":
            assert board.emulator is not None


def test_every_board_is_on_the_page() -> None:
    """With the ways that its folder says."""
    rows = [line for line in PAGE.splitlines() if line.startswith("| `")]
    for name in board_names():
        (row,) = [line for line in rows if f"`{name}`" in line.split("|")[1]]
        ways = re.findall(r"`(\w+)`", row.split("|")[4])
        assert sorted(ways) == sorted(find_board(name).ways_to_flash), name


def test_make_targets_and_files_are_there() -> None:
    makefile = (ROOT / "Makefile").read_text()
    for target in re.findall(r"^make ([\w-]+)$", "\n".join(INLINE), re.M):
        assert re.search(rf"^{target}:", makefile, re.M), target
    for path in re.findall(r"^(?:python )?((?:tests|edge|firmware_export)/[\w/.]+)$", "\n".join(INLINE), re.M):
        assert (ROOT / path).exists(), path


def test_the_program_of_the_page_compiles_and_runs(tmp_path: Path) -> None:
    """Its commands, as a shell runs them; the bundle is a small one."""
    need("gcc")
    (program,) = re.findall(r"^```c\n(.*?)^```$", PAGE, re.M | re.S)
    (tmp_path / "main.c").write_text(program)
    begin = PAGE.index("## In your own project")
    export = next(line for line in INDENTED if PAGE.find(line) > begin and "--name crack" in line)
    assert (
        cli.main(shlex.split(export.replace("BUNDLE", str(TINY)).replace("-o crack", f"-o {tmp_path}/crack"))[1:]) == 0
    )
    script = "\n".join(line for line in INDENTED if line.startswith(("gcc ", "./try")))
    done = subprocess.run(["sh", "-ec", script], cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert -30 < float(done.stdout) < 30
