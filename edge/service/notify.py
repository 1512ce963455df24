"""What a service tells systemd: ready, alive, stopping (sd_notify(3), over a datagram socket)."""

import logging
import os
import socket
import time
from collections.abc import Callable, Mapping
from typing import Self

_log = logging.getLogger(__name__)

_SEND_TIMEOUT_S = 0.5
# Of the watchdog's time, so that one late frame does not end the service; sd_watchdog_enabled(3) advises half.
_ALIVE_SHARE = 1 / 3


class Supervisor:
    """Tells systemd that the service is ready when its `with` block begins, and that it stops when it ends.

    Without a supervisor (`address` None) every call does nothing. `alive` says so at most every third of the watchdog's
    time; where the loop that calls it hangs, nothing is said, and systemd ends and restarts the service. One that does
    not listen is logged once and troubles nobody.
    """

    def __init__(
        self, address: str | None, *, watchdog_ns: int | None = None, mono_ns: Callable[[], int] = time.monotonic_ns
    ) -> None:
        self._address = address
        self._every_ns = None if watchdog_ns is None else round(watchdog_ns * _ALIVE_SHARE)
        self._mono_ns = mono_ns
        self._last_ns: int | None = None
        self._socket: socket.socket | None = None
        self._failed = False

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Self:
        """The supervisor that started this process, or none."""
        usec, pid = environment.get("WATCHDOG_USEC", ""), environment.get("WATCHDOG_PID", "")
        ours = not pid or pid == str(os.getpid())
        return cls(
            environment.get("NOTIFY_SOCKET") or None,
            watchdog_ns=int(usec) * 1000 if ours and usec.isdecimal() and int(usec) else None,
        )

    def __enter__(self) -> Self:
        self._tell("READY=1")
        return self

    def __exit__(self, *_: object) -> None:
        self._tell("STOPPING=1")
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def alive(self, status: str = "") -> None:
        """Says that the work goes on; `status` is one line for `systemctl status`."""
        now_ns = self._mono_ns()
        if self._every_ns is None or (self._last_ns is not None and now_ns - self._last_ns < self._every_ns):
            return
        self._last_ns = now_ns
        self._tell("WATCHDOG=1" + (f"\nSTATUS={' '.join(status.split())}" if status else ""))

    def _tell(self, message: str) -> None:
        if self._address is None:
            return
        # A leading @ stands for the zero byte of Linux's abstract addresses.
        address = "\0" + self._address[1:] if self._address.startswith("@") else self._address
        try:
            if self._socket is None:
                self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC)
                self._socket.settimeout(_SEND_TIMEOUT_S)
            self._socket.sendto(message.encode(), address)
        except OSError as failed:
            if not self._failed:
                _log.warning("the supervisor at %s cannot be told %s: %s", self._address, message, failed)
            self._failed = True
