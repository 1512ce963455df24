"""`hairline service install|uninstall|print`: the rover's eye as a systemd service."""

import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path

from edge.verb import Verb, add_action


def configure(parser: ArgumentParser) -> None:
    """Adds the three actions."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    install = add_action(actions, "install", "write the units, make their user, enable and start them (as root)")
    show = add_action(actions, "print", "print the units that install would write")
    for action in (install, show):
        action.add_argument("--config", type=Path, required=True, metavar="FILE", help="the service's rover.toml")
        action.add_argument("--user", default="hairline", metavar="NAME", help="the service's own user")
    remove = add_action(actions, "uninstall", "stop and remove the units; log and configuration stay (as root)")
    for action in (install, remove):
        action.add_argument(
            "--root", type=Path, default=Path("/"), metavar="DIR", help="of an image of a system: only files, no start"
        )


def run(args: Namespace) -> int:
    """Runs the action that was asked for."""
    from edge.config import read_config
    from edge.service.install import install, plan_for, systemd_version, uninstall
    from edge.service.unit import units

    if args.action == "uninstall":
        for path in uninstall(root=args.root):
            sys.stdout.write(f"removed {path}\n")
        return 0
    plan = plan_for(read_config(args.config), args.config, user=args.user, systemd=systemd_version())
    if args.action == "print":
        for name, text in units(plan).items():
            sys.stdout.write(f"# {name}\n{text}\n")
        return 0
    for path in install(plan, root=args.root):
        sys.stdout.write(f"wrote {path}\n")
    return 0


VERB = Verb(
    name="service",
    help="install, remove or print the systemd units that run Hairline unattended",
    extra="edge",
    configure=configure,
    run=run,
)
