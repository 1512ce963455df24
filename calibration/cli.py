"""`hairline calibrate`: what must be known before anything is said in millimetres. Nothing heavy is imported here."""

from argparse import ArgumentParser, Namespace

from edge.verb import Verb


def _configure(parser: ArgumentParser) -> None:
    from calibration.verbs import camera, target

    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    for name, module in (("camera", camera), ("target", target)):
        action = actions.add_parser(name, help=module.HELP, description=module.DESCRIPTION)
        module.configure(action)
        action.set_defaults(calibrate=module.run)


def _run(args: Namespace) -> int:
    status: int = args.calibrate(args)
    return status


CALIBRATE = Verb(
    name="calibrate",
    help="calibrate a camera from pictures of a board; print the board, or tags for the wall",
    extra="calibrate",
    configure=_configure,
    run=_run,
)
