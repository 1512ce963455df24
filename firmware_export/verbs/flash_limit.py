"""The option by which flash is spent on speed, for every action that packs a network."""

from argparse import ArgumentParser, ArgumentTypeError


def add_flash_limit(parser: ArgumentParser, default: str) -> None:
    """Adds `--flash-limit`; `default` says what holds without it, where the value is None."""
    parser.add_argument(
        "--flash-limit",
        type=_bytes,
        metavar="BYTES",
        help="what the network's tables may take: Winograd's faster kernel, which needs more of it, is used as far as "
        f"that goes on Cortex-M4, M7 and M33; 0: not at all (default: {default})",
    )


def _bytes(words: str) -> int:
    if not words.isdecimal():
        raise ArgumentTypeError(f"a limit is a number of bytes; got '{words}'")
    return int(words)
