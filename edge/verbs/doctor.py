"""`hairline doctor`: what stands between this machine and a run, and what to do about it."""

import json
import sys
from argparse import ArgumentParser, Namespace
from dataclasses import asdict, replace
from pathlib import Path

from edge.verb import Verb

DESCRIPTION = """Looks at camera, runtime, model, disk, permissions, clock, power, temperature and memory, and says of
each whether it is well and what to do. Exit status: 1 where something keeps a run from its work, else 0."""


def configure(parser: ArgumentParser) -> None:
    """Adds the arguments."""
    parser.description = DESCRIPTION
    parser.add_argument("log", nargs="?", type=Path, metavar="LOG", help="the inspection log's folder")
    parser.add_argument("--config", type=Path, metavar="FILE", help="the rover.toml that says what to look at")
    parser.add_argument("--json", action="store_true", help="print the findings as JSON")


def run(args: Namespace) -> int:
    """Looks, prints a line a finding, and returns 1 for a fault."""
    from edge.clock import SystemClock
    from edge.config import RoverConfig, read_config
    from edge.doctor import Doctor, Verdict, worst
    from edge.host import Host

    config = RoverConfig() if args.config is None else read_config(args.config)
    if args.log is not None:
        config = replace(config, log=args.log)
    findings = Doctor(config=config, host=Host(), clock=SystemClock()).findings()
    if args.json:
        sys.stdout.write(json.dumps([asdict(finding) for finding in findings], indent=2) + "\n")
    else:
        for finding in findings:
            sys.stdout.write(f"{finding.verdict:<8} {finding.part:<12} {finding.says}\n")
            if finding.do:
                sys.stdout.write(f"{'':<21} -> {finding.do}\n")
    return 1 if worst(findings) is Verdict.FAULT else 0


VERB = Verb(
    name="doctor",
    help="look at camera, runtime, model, disk, clock and power, and say what to do",
    extra="edge",
    configure=configure,
    run=run,
)
