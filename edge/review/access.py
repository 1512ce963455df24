"""Who may look: a password that is kept hashed, links that open once, sessions that end."""

import base64
import hashlib
import hmac
import os
import secrets
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from edge.durable import make_folder, write_durably
from edge.errors import AccessError

MIN_PASSWORD = 10
MAX_PASSWORD = 200
# RFC 7914's parameters at OWASP's strength for a machine with little memory: 32 MB and about 0.1 s on a Pi 4.
_SCRYPT_N, _SCRYPT_R, _SCRYPT_P = 2**15, 8, 3
_SCRYPT_MEMORY = 2 * 128 * _SCRYPT_N * _SCRYPT_R
_SCHEME = "scrypt"

SESSION_S = 12 * 3600.0
IDLE_S = 2 * 3600.0
LINK_S = 600.0
MAX_SESSIONS = 200
# Wrong answers that are let through in a minute: from one address, and from all of them together.
TRIES_ONE, TRIES_ALL, TRIES_S = 5, 30, 60.0


def hash_password(password: str) -> str:
    """`scrypt$n$r$p$salt$hash`. Raises `AccessError` for one that is too short or too long."""
    if not MIN_PASSWORD <= len(password) <= MAX_PASSWORD:
        raise AccessError(f"a password has {MIN_PASSWORD} to {MAX_PASSWORD} characters; got {len(password)}")
    salt = os.urandom(16)
    derived = _derive(password, salt, _SCRYPT_N, _SCRYPT_R, _SCRYPT_P)
    parts = (_SCHEME, str(_SCRYPT_N), str(_SCRYPT_R), str(_SCRYPT_P), _text(salt), _text(derived))
    return "$".join(parts)


def password_fits(password: str, hashed: str) -> bool:
    """Whether it is the password. Raises `AccessError` for a text that `hash_password` did not write."""
    parts = hashed.strip().split("$")
    if len(parts) != 6 or parts[0] != _SCHEME or parts[1:4] != [str(_SCRYPT_N), str(_SCRYPT_R), str(_SCRYPT_P)]:
        raise AccessError("the stored password is not one that this Hairline wrote: set it again with --set-password")
    if len(password) > MAX_PASSWORD:
        return False
    derived = _derive(password, base64.b64decode(parts[4]), *(int(part) for part in parts[1:4]))
    return hmac.compare_digest(derived, base64.b64decode(parts[5]))


def password_file() -> Path:
    """Where the hash is kept: in the user's own settings, beside no log."""
    above = os.environ.get("XDG_CONFIG_HOME")
    return (Path(above) if above else Path.home() / ".config") / "hairline" / "review-password"


def store_password(password: str, path: Path) -> None:
    """Keeps the hash, readable by its owner alone. Raises `AccessError`."""
    hashed = hash_password(password)
    try:
        make_folder(path.parent)
        path.parent.chmod(0o700)
        write_durably(path, f"{hashed}\n".encode())
        path.chmod(0o600)
    except OSError as failed:
        raise AccessError(f"the password could not be kept in {path}: {failed.strerror or failed}") from failed


def stored_password(path: Path) -> str | None:
    """The hash, None where no password was set. Raises `AccessError`."""
    try:
        return path.read_text(encoding="ascii")
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as failed:
        raise AccessError(f"the stored password {path} cannot be read: {failed}") from failed


@dataclass(slots=True, kw_only=True)
class _Session:
    name: str
    ends_s: float
    idle_s: float


@dataclass(slots=True, kw_only=True)
class Doors:
    """Sessions, links and wrong answers, in memory: a server that starts again asks everybody again.

    `seconds` is a clock that only grows. One thread (the event loop's) uses it.
    """

    seconds: Callable[[], float]
    hashed_password: str | None = None
    _sessions: dict[bytes, _Session] = field(default_factory=dict)
    _links: dict[bytes, float] = field(default_factory=dict)
    _wrong: dict[str, deque[float]] = field(default_factory=dict)

    def new_link(self) -> str:
        """A secret that opens one session within `LINK_S` seconds."""
        self._forget()
        secret = secrets.token_urlsafe(24)
        self._links[_digest(secret)] = self.seconds() + LINK_S
        return secret

    def use_link(self, secret: str) -> bool:
        """Whether the link is good; it is not good again."""
        self._forget()
        return self._links.pop(_digest(secret), None) is not None

    def begin(self, name: str) -> str:
        """A new session; returns its secret, for a cookie."""
        self._forget()
        while len(self._sessions) >= MAX_SESSIONS:
            del self._sessions[min(self._sessions, key=lambda key: self._sessions[key].idle_s)]
        secret = secrets.token_urlsafe(32)
        now = self.seconds()
        self._sessions[_digest(secret)] = _Session(name=name, ends_s=now + SESSION_S, idle_s=now + IDLE_S)
        return secret

    def name_of(self, secret: str | None) -> str | None:
        """Whose session it is, None where it is none or has ended; using it keeps it from idling out."""
        session = self._sessions.get(_digest(secret)) if secret else None
        now = self.seconds()
        if session is None or now > min(session.ends_s, session.idle_s):
            return None
        session.idle_s = now + IDLE_S
        return session.name

    def end(self, secret: str | None) -> None:
        """Ends a session; one that is not there has ended already."""
        if secret:
            self._sessions.pop(_digest(secret), None)

    def wait_s(self, address: str) -> float:
        """How long this address must wait before it may try again; 0: now."""
        now = self.seconds()
        waits = [0.0]
        for key, at_most in ((address, TRIES_ONE), ("", TRIES_ALL)):
            times = self._wrong.get(key, deque())
            while times and times[0] <= now - TRIES_S:
                times.popleft()
            if len(times) >= at_most:
                waits.append(times[0] + TRIES_S - now)
        return max(waits)

    def wrong(self, address: str) -> None:
        """Counts a wrong answer. Called before the answer is weighed, so that many at once do not slip through."""
        if len(self._wrong) > 10 * MAX_SESSIONS:
            self._wrong = {"": self._wrong.get("", deque())}
        for key in (address, ""):
            self._wrong.setdefault(key, deque()).append(self.seconds())

    def right(self, address: str) -> None:
        """Takes back the last `wrong` of an address whose answer was right."""
        for key in (address, ""):
            if self._wrong.get(key):
                self._wrong[key].pop()

    def _forget(self) -> None:
        now = self.seconds()
        self._links = {key: ends for key, ends in self._links.items() if ends >= now}
        self._sessions = {k: s for k, s in self._sessions.items() if now <= min(s.ends_s, s.idle_s)}


def _derive(password: str, salt: bytes, n: int, r: int, p: int) -> bytes:
    return hashlib.scrypt(password.encode(), salt=salt, n=n, r=r, p=p, maxmem=_SCRYPT_MEMORY, dklen=32)


def _digest(secret: str) -> bytes:
    # What a look into our memory or a timing of the lookup gives away must open nothing.
    return hashlib.sha256(secret.encode()).digest()


def _text(content: bytes) -> str:
    return base64.b64encode(content).decode("ascii")
