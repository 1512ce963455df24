"""`hairline base serve|token|show`: where rovers bring their logs."""

import os
import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path

from edge.verb import Verb, add_action

DATABASE = "HAIRLINE_BASE_DATABASE"


def configure(parser: ArgumentParser) -> None:
    """Adds the three actions."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    serve = add_action(actions, "serve", "receive logs until Ctrl-C")
    show = add_action(actions, "show", "which rover brought which log, and how much of it")
    token = add_action(actions, "token", "make a rover's token, print it, and keep its hash")
    token.add_argument("rover", metavar="NAME", help="the rover's name")
    for action in (serve, show, token):
        action.add_argument("--data", type=Path, required=True, metavar="DIR", help="the base's folder")
    for action in (serve, show):
        action.add_argument(
            "--database",
            default=os.environ.get(DATABASE),
            metavar="URL",
            help=f"postgresql://... (or {DATABASE}, which `ps` does not show); default: an SQLite file in DIR",
        )
    serve.add_argument("--host", default="127.0.0.1", help="the address to listen on (default: this machine's own)")
    serve.add_argument("--port", type=int, default=8443, help="the port (default: 8443)")
    serve.add_argument("--cert", type=Path, metavar="FILE", help="the certificate (PEM); needed for other addresses")
    serve.add_argument("--key", type=Path, metavar="FILE", help="its private key (PEM)")


def run(args: Namespace) -> int:
    """Runs the action that was asked for."""
    from edge.base.tokens import add_token

    if args.action == "token":
        sys.stdout.write(add_token(args.data / "tokens", args.rover) + "\n")
        return 0
    from edge.base.serve import BasePlan, open_store, serve

    if args.action == "serve":
        serve(
            BasePlan(
                data=args.data,
                database=args.database,
                host=args.host,
                port=args.port,
                certificate=args.cert,
                key=args.key,
            )
        )
        return 0
    store = open_store(args.data, args.database)
    try:
        for log in store.summary():
            sys.stdout.write(f"{log.rover:<20} {log.log} {log.records:>9} records, the last {log.last_utc}\n")
    finally:
        store.close()
    return 0


VERB = Verb(name="base", help="receive the logs of rovers", extra="base", configure=configure, run=run)
