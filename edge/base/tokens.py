"""Which token belongs to which rover: a file of lines `NAME SHA256`, the tokens themselves kept nowhere."""

import hashlib
import hmac
import re
import secrets
from pathlib import Path

from edge.durable import make_folder, write_durably
from edge.errors import BaseError

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,39}")
_TOKEN_BYTES = 32  # as many as the hash has: nothing to guess, so no slow hash is needed


def add_token(path: Path, rover: str) -> str:
    """Makes a rover's token, which replaces an earlier one, and returns it. Raises `BaseError`."""
    if not NAME.fullmatch(rover):
        raise BaseError(f"a rover's name has 1 to 40 letters, digits, - and _; got '{rover}'")
    token = secrets.token_urlsafe(_TOKEN_BYTES)
    rovers = (read_tokens(path) if path.exists() else {}) | {rover: _digest(token)}
    text = "".join(f"{name} {digest}\n" for name, digest in sorted(rovers.items()))
    try:
        make_folder(path.parent)
        write_durably(path, text.encode("ascii"))
        path.chmod(0o600)
    except OSError as failed:
        raise BaseError(f"{path}: cannot be written: {failed.strerror or failed}") from failed
    return token


def read_tokens(path: Path) -> dict[str, str]:
    """SHA-256 of its token by rover. Raises `BaseError` for a file that is not of this form."""
    try:
        lines = path.read_text(encoding="ascii").splitlines()
    except (OSError, UnicodeDecodeError) as unreadable:
        raise BaseError(
            f"{path}: the rovers' tokens cannot be read: {unreadable}; see `hairline base token`"
        ) from unreadable
    found = {}
    for number, line in enumerate(lines, start=1):
        if not line.strip() or line.startswith("#"):
            continue
        name, _, digest = line.partition(" ")
        if not NAME.fullmatch(name) or not re.fullmatch(r"[0-9a-f]{64}", digest):
            raise BaseError(
                f"{path}:{number}: a line is NAME and the SHA-256 of its token; `hairline base token` writes it"
            )
        found[name] = digest
    return found


def rover_of(token: str, tokens: dict[str, str]) -> str | None:
    """The rover whose token this is; takes the same time whichever it is."""
    digest, found = _digest(token), None
    for rover, expected in tokens.items():
        if hmac.compare_digest(digest, expected):
            found = rover
    return found


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogateescape")).hexdigest()
