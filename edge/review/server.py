"""Serving the page: on loopback to whoever is there, anywhere else behind TLS and a door."""

import asyncio
import getpass
import ipaddress
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import uvicorn

from edge.clock import Clock
from edge.errors import AccessError
from edge.review.access import Doors
from edge.review.app import Settings, make_app
from edge.review.certificate import CertificateFiles
from edge.review.guard import Rules
from edge.review.signin import link_of

LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})
_GRACE_S = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where the server listens. Raises `AccessError` for a host that is no address of this machine."""

    host: str
    port: int

    @property
    def is_loopback(self) -> bool:
        if self.host == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False

    def listen(self) -> socket.socket:
        """A bound socket; port 0 takes a free one."""
        family = socket.AF_INET6 if ":" in self.host else socket.AF_INET
        bound = socket.socket(family, socket.SOCK_STREAM)
        try:
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            bound.bind((self.host, self.port))
        except OSError as failed:
            bound.close()
            raise AccessError(
                f"the page is served at an address of this machine, at a port that is free; {self.host} port "
                f"{self.port}: {failed.strerror or failed}: choose another with --port"
            ) from failed
        return bound


def outer_address() -> str:
    """This machine's address as others on the network see it; loopback where there is no network."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            # Nothing is sent: connecting a datagram socket only chooses a route.
            probe.connect(("192.0.2.1", 9))
        except OSError:
            return "127.0.0.1"
        return str(probe.getsockname()[0])


def default_reviewer() -> str:
    """Who reviews where nobody signs in, until they say otherwise."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "reviewer"


@dataclass(frozen=True, slots=True, kw_only=True)
class Serving:
    """What was asked for. `certificate` and `hashed_password` matter off loopback alone, where TLS is not optional."""

    folder: Path
    address: Address
    clock: Clock
    bundle: Path | None = None
    georeference: Path | None = None
    certificate: CertificateFiles | None = None
    hashed_password: str | None = None

    def run(self, say: Callable[[str, str | None], None]) -> None:
        """Serves until it is interrupted. `say` is told the address once it is open, and the first link where one is
        needed. Raises `AccessError`, and `LogError` for a log that cannot be read."""
        loopback = self.address.is_loopback
        if not loopback and self.certificate is None:
            raise AccessError("off loopback the page is served with a certificate; none was given")
        doors = None if loopback else Doors(seconds=time.monotonic, hashed_password=self.hashed_password)
        bound = self.address.listen()
        port = bound.getsockname()[1]
        shown = self.address.host
        if shown in ("0.0.0.0", "::"):  # noqa: S104 - compared, not bound
            shown = outer_address()
        url = f"{'http' if loopback else 'https'}://{f'[{shown}]' if ':' in shown else shown}:{port}"
        settings = Settings(
            folder=self.folder,
            clock=self.clock,
            rules=Rules(hosts=LOOPBACK_NAMES if loopback else frozenset(), doors=doors, nobody=default_reviewer()),
            bundle=self.bundle,
            georeference=self.georeference,
            address=url,
        )
        files = None if loopback else self.certificate
        config = uvicorn.Config(
            make_app(settings),
            log_level="warning",
            access_log=False,
            server_header=False,
            proxy_headers=False,
            timeout_graceful_shutdown=_GRACE_S,
            ssl_certfile=str(files.certificate) if files else None,
            ssl_keyfile=str(files.key) if files else None,
        )
        server = _Announcing(config, lambda: say(url, link_of(url, doors.new_link()) if doors else None))
        with bound:
            asyncio.run(server.serve(sockets=[bound]))


class _Announcing(uvicorn.Server):
    """Says so when the page can be opened."""

    def __init__(self, config: uvicorn.Config, opened: Callable[[], None]) -> None:
        super().__init__(config)
        self._opened = opened

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=sockets)
        if self.started:
            self._opened()
