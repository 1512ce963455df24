"""`hairline review LOG`: the page on which people go through what was found."""

import os
import sys
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from edge.verb import Verb

if TYPE_CHECKING:
    from edge.clock import Clock
    from edge.review.certificate import CertificateFiles

DESCRIPTION = """Serves a page on which finds are accepted or rejected, also while a run writes to the log. Without
--host it can be reached from this machine alone, and nobody signs in. With --host it is encrypted, and whoever comes
needs the password (--set-password) or the link that is printed, which opens once. Ctrl-C ends it."""

PORT = 8617


def _configure(parser: ArgumentParser) -> None:
    parser.description = DESCRIPTION
    parser.add_argument("log", type=Path, nargs="?", metavar="LOG", help="the inspection log's folder")
    parser.add_argument("--host", default="127.0.0.1", help="listen here, 0.0.0.0 for everywhere (default: loopback)")
    parser.add_argument("--port", type=_port, default=PORT, help=f"default: {PORT}; 0: a free one")
    parser.add_argument("--set-password", action="store_true", help="ask for the page's password, keep its hash, end")
    parser.add_argument("--certificate", type=Path, metavar="FILE", help="with --host: PEM (default: one is made)")
    parser.add_argument("--key", type=Path, metavar="FILE", help="the certificate's key, PEM")
    parser.add_argument(
        "--bundle", type=Path, metavar="DIR", help="what judges photos that people try (default: the one that ships)"
    )
    parser.add_argument(
        "--georeference", type=Path, metavar="FILE", help="where the wall stands on the earth, for the GeoJSON export"
    )


def _run(args: Namespace) -> int:
    from edge.clock import SystemClock
    from edge.errors import AccessError
    from edge.exports.georeference import read_georeference
    from edge.log import read_log
    from edge.review.access import password_file, stored_password
    from edge.review.server import Address, Serving

    if args.set_password:
        return _set_password()
    if args.log is None:
        raise AccessError("a review is of a log: give its folder, `hairline review LOG`")
    # A file that cannot be read is said here, not in a browser that never opens.
    read_log(args.log).close()
    if args.georeference is not None:
        read_georeference(args.georeference)
    address = Address(host=args.host, port=args.port)
    clock = SystemClock()
    certificate = None if address.is_loopback else _certificate(args, clock)
    Serving(
        folder=args.log,
        address=address,
        clock=clock,
        bundle=args.bundle,
        georeference=args.georeference,
        certificate=certificate,
        hashed_password=None if address.is_loopback else stored_password(password_file()),
    ).run(partial(_say, certificate))
    return 0


def _set_password() -> int:
    import getpass

    from edge.errors import AccessError
    from edge.review.access import password_file, store_password

    if sys.stdin.isatty():
        password = getpass.getpass("password for the review page: ")
        if password != getpass.getpass("once more: "):
            raise AccessError("the two passwords differ: nothing was changed")
    else:
        password = sys.stdin.readline().rstrip("\n")
    store_password(password, password_file())
    sys.stdout.write(f"its hash is kept in {password_file()}\n")
    return 0


def _certificate(args: Namespace, clock: "Clock") -> "CertificateFiles":
    from edge.errors import AccessError
    from edge.review.access import password_file
    from edge.review.certificate import CertificateFiles, own_certificate
    from edge.review.server import outer_address

    if (args.certificate is None) != (args.key is None):
        raise AccessError("a certificate is given with its key: give both --certificate and --key, or neither")
    if args.certificate is not None:
        files = CertificateFiles(certificate=args.certificate, key=args.key)
        files.check()
        return files
    names = dict.fromkeys([os.uname().nodename, "localhost", "127.0.0.1", outer_address()])
    return own_certificate(password_file().parent, tuple(names), clock)


def _say(certificate: "CertificateFiles | None", url: str, link: str | None) -> None:
    sys.stdout.write(f"review page: {url}\n")
    if certificate is not None:
        sys.stdout.write(f"its certificate's SHA-256: {certificate.fingerprint()}\n")
    if link is not None:
        import segno

        sys.stdout.write(f"opens once, within ten minutes: {link}\n")
        if sys.stdout.isatty():
            segno.make(link, error="l").terminal(compact=True)
    sys.stdout.write("Ctrl-C ends it\n")
    sys.stdout.flush()


def _port(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) <= 5 and int(text) <= 65535):
        raise ArgumentTypeError(f"a port is a whole number from 0 to 65535; got '{text}'")
    return int(text)


VERB = Verb(
    name="review",
    help="go through what was found on a page, and record verdicts",
    extra="review",
    configure=_configure,
    run=_run,
)
