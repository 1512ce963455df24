"""`hairline upload LOG`: brings a log to its base, and keeps doing so."""

import json
import sys
from argparse import ArgumentParser, Namespace
from dataclasses import asdict
from pathlib import Path

from edge.verb import Verb

DESCRIPTION = """Sends the records and pictures of a log that the base lacks, also while a run writes them, and goes
on until Ctrl-C. Nothing is sent twice or lost, whichever side dies; a base that is gone is tried again for ever."""


def configure(parser: ArgumentParser) -> None:
    """Adds the arguments."""
    parser.description = DESCRIPTION
    parser.add_argument("log", nargs="?", type=Path, metavar="LOG", help="the inspection log's folder")
    parser.add_argument("--config", type=Path, metavar="FILE", help="the rover.toml with 'log' and [base]")
    parser.add_argument("--to", metavar="URL", help="the base: https://HOST:PORT")
    parser.add_argument("--token-file", type=Path, metavar="FILE", help="what 'hairline base token' printed")
    parser.add_argument("--ca", type=Path, metavar="FILE", help="the certificate to trust (default: the system's)")
    parser.add_argument(
        "--once", action="store_true", help="end when the base has everything, or an error says why not"
    )


def run(args: Namespace) -> int:
    """Uploads once or until it is interrupted."""
    from edge.config import BaseConfig, RoverConfig, read_config
    from edge.errors import ConfigError
    from edge.interrupt import Interrupt
    from edge.outbox import Outbox
    from edge.service.notify import Supervisor
    from edge.upload import Uploader, keep_uploading
    from edge.upload_client import BaseClient

    config = RoverConfig() if args.config is None else read_config(args.config)
    log, base = args.log or config.log, config.base
    if args.to is not None and args.token_file is not None:
        base = BaseConfig(url=args.to, token_file=args.token_file, ca_file=args.ca)
    if log is None or base is None:
        raise ConfigError(
            "an upload needs a log and a base: LOG --to URL --token-file FILE, or --config FILE with both"
        )
    try:
        token = base.token_file.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as unreadable:
        raise ConfigError(f"{base.token_file}: holds no token: {unreadable}") from unreadable
    with (
        Outbox.open(log) as outbox,
        BaseClient(base.url, token=token, ca_file=base.ca_file) as client,
        Interrupt() as interrupted,
        Supervisor.from_environment() as supervisor,
    ):
        uploader = Uploader(log, outbox, client, stop=interrupted)
        if args.once:
            uploader.run_once()
        else:
            keep_uploading(uploader, every_s=base.every_s, stop=interrupted, watch=supervisor.alive)
    sys.stdout.write(json.dumps(asdict(uploader.sent)) + "\n")
    return 0


VERB = Verb(name="upload", help="bring a log to its base", extra="edge", configure=configure, run=run)
