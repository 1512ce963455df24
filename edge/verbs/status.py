"""`hairline status LOG`: how a run and its machine stand, once or published."""

import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path

from edge.verb import Verb


def configure(parser: ArgumentParser) -> None:
    """Adds the arguments."""
    parser.add_argument("log", nargs="?", type=Path, metavar="LOG", help="the inspection log's folder")
    parser.add_argument("--config", type=Path, metavar="FILE", help="the rover.toml that names the log")
    parser.add_argument("--json", action="store_true", help="print the status as JSON")
    parser.add_argument(
        "--publish",
        action="store_true",
        help="until Ctrl-C: serve it as Prometheus metrics ([metrics]) and send it by MQTT ([mqtt])",
    )


def run(args: Namespace) -> int:
    """Prints the status, or publishes it until it is interrupted."""
    from edge.clock import SystemClock
    from edge.config import RoverConfig, read_config
    from edge.errors import ConfigError
    from edge.host import Host
    from edge.interrupt import Interrupt
    from edge.service.notify import Supervisor
    from edge.status import Status, lines, look
    from edge.status_publish import publish, status_json

    config = RoverConfig() if args.config is None else read_config(args.config)
    log = args.log or config.log
    if log is None:
        raise ConfigError("a status needs a log: LOG on the command line, or --config FILE with 'log'")

    def now() -> Status:
        return look(log, host=Host(), clock=SystemClock())

    if args.publish:
        with Interrupt() as interrupted, Supervisor.from_environment():
            publish(now, metrics=config.metrics, mqtt=config.mqtt, stop=interrupted)
    elif args.json:
        sys.stdout.write(status_json(now()) + "\n")
    else:
        for name, value in lines(now()):
            sys.stdout.write(f"{name:<18} {value}\n")
    return 0


VERB = Verb(
    name="status",
    help="how a run and its machine stand; also as Prometheus metrics and by MQTT",
    extra="mqtt",
    configure=configure,
    run=run,
)
