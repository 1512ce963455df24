"""`hairline feedback export`: what people have said of finds, for the next model to learn from."""

import sys
from argparse import ArgumentParser, Namespace
from collections import Counter
from pathlib import Path

from edge.verb import Verb

DESCRIPTION = """Makes a training set of a log's verdicts: accepted finds with their course, rejected ones with the
reason, each with the pixels as the camera saw them and where it comes from. The last verdict on a find counts; what is
left out is said. `hairline train RECIPE --with DIR` learns from it."""


def _configure(parser: ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    export = actions.add_parser("export", help="verdicts of a log -> a training set", description=DESCRIPTION)
    export.add_argument("log", type=Path, metavar="LOG", help="the inspection log's folder")
    export.add_argument("-o", "--out", type=Path, required=True, metavar="DIR", help="a new folder")


def _run(args: Namespace) -> int:
    from edge.clock import SystemClock
    from edge.feedback_export import export_feedback

    exported = export_feedback(args.log, args.out, clock=SystemClock())
    feedback = exported.feedback
    reasons = Counter(one.reason or "no reason" for one in feedback.examples if one.verdict == "reject")
    accepted = sum(one.verdict == "accept" for one in feedback.examples)
    told = ", ".join(f"{n} {reason}" for reason, n in reasons.most_common())
    lines = [
        f"accepted: {accepted} ({sum(one.placed for one in feedback.examples)} with their course)",
        f"rejected: {reasons.total()}" + (f" ({told})" if told else ""),
        *(f"left out: {n}: {why}" for why, n in Counter(one.why for one in feedback.left_out).most_common()),
        f"feedback: {exported.folder}",
        f"SHA-256: {exported.sha256}",
    ]
    sys.stdout.write("\n".join(lines) + "\n")
    return 0


VERB = Verb(
    name="feedback",
    help="make a training set of a log's verdicts",
    extra="edge",
    configure=_configure,
    run=_run,
)
