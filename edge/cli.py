"""`hairline VERB ...`: finds the verbs among the installed entry points and runs the one that was asked for."""

import logging
import os
import sys
import threading
from argparse import ArgumentParser
from collections.abc import Sequence
from importlib.metadata import entry_points, version
from typing import NoReturn

from edge.errors import HairlineError, MissingExtraError
from edge.verb import Verb

GROUP = "hairline.verbs"
OWN_PACKAGES = ("edge", "calibration", "training", "firmware_export")


def verbs() -> dict[str, Verb]:
    """Every installed verb by name, in alphabetical order."""
    return {point.name: point.load() for point in sorted(entry_points(group=GROUP), key=lambda p: p.name)}


def parser(known: dict[str, Verb]) -> ArgumentParser:
    """The whole command line, one sub-parser a verb."""
    top = ArgumentParser(
        prog="hairline",
        description="Finds cracks in concrete, says where they are, and keeps an honest log.",
        epilog="DEBUG=1 shows the traceback behind an error.",
    )
    top.add_argument("--version", action="version", version=f"hairline {version('hairline')}")
    top.add_argument("-v", "--verbose", action="store_true", help="log what is going on to standard error")
    subparsers = top.add_subparsers(dest="verb", metavar="VERB", required=True)
    for name, verb in known.items():
        sub = subparsers.add_parser(name, help=verb.help, description=verb.help)
        verb.configure(sub)
    return top


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one verb. Returns 0, 2 for a wrong command line, 130 for Ctrl-C; for an error its status, mostly 1."""
    known = verbs()
    args = parser(known).parse_args(argv)
    logging.basicConfig(
        level=logging.INFO if args.verbose else logging.WARNING, format="%(levelname)s %(name)s: %(message)s"
    )
    verb = known[args.verb]
    try:
        try:
            return verb.run(args)
        except ModuleNotFoundError as missing:
            package = (missing.name or "").partition(".")[0]
            if package in OWN_PACKAGES:
                raise
            raise MissingExtraError(verb.name, verb.extra, package) from missing
    except HairlineError as error:
        if os.environ.get("DEBUG"):
            raise
        sys.stderr.write(f"hairline: error: {error}\n")
        return error.exit_status
    except BrokenPipeError:
        # The reader of our output (`| head`) has gone; keep the interpreter from complaining at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        return 130


def command() -> NoReturn:
    """`main` as a process of its own, which ends although a camera or a network hangs in a thread."""
    try:
        status = main()
    except Exception:  # noqa: BLE001  # shown as Python shows it
        sys.excepthook(*sys.exc_info())
        status = 1
    if any(thread.daemon for thread in threading.enumerate()):
        # Python would unwind such a thread in the middle of a driver's C++, which aborts.
        logging.shutdown()
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)
    sys.exit(status)


if __name__ == "__main__":
    command()
