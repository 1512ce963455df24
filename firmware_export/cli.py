"""The verb `firmware` and its actions. Nothing heavy is imported before one runs."""

from argparse import ArgumentParser, Namespace

from edge.verb import Verb


def _configure(parser: ArgumentParser) -> None:
    from firmware_export.verbs import board, deepc, export

    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    export.configure(actions)
    board.configure(actions)
    deepc.configure(actions)


def _run(args: Namespace) -> int:
    status: int = args.run_action(args)
    return status


FIRMWARE = Verb(
    name="firmware",
    help="turn a bundle into C for a microcontroller",
    extra="firmware",
    configure=_configure,
    run=_run,
)
