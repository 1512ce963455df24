"""The rover's side of the line to its base: HTTPS with a token, one connection that is made again when it breaks."""

import http.client
import ipaddress
import json
import ssl
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlencode, urlsplit

from edge.errors import ConfigError, RefusedError, UploadError
from edge.upload_protocol import Record

_TIMEOUT_S = 30.0
_MAX_ANSWER_BYTES = 16 * 1024 * 1024


class BaseClient:
    """Asks a base. Raises `UploadError` where it cannot be reached or is in trouble: try again later. Raises
    `RefusedError` where it says no: trying again changes nothing.
    """

    def __init__(self, url: str, *, token: str, ca_file: Path | None = None) -> None:
        parts = urlsplit(url)
        self._url = url
        try:
            host, port = parts.hostname, parts.port
        except ValueError as wrong:
            raise ConfigError(f"a base is https://HOST:PORT; got '{url}': {wrong}") from wrong
        if (
            parts.scheme not in ("https", "http")
            or not host
            or parts.path.strip("/")
            or parts.query
            or "@" in parts.netloc
        ):
            raise ConfigError(f"a base is https://HOST:PORT; got '{url}'")
        if parts.scheme == "http" and not is_loopback(host):
            raise ConfigError(
                f"a token travels encrypted: a base is https:// unless it is on this machine; got '{url}'"
            )
        if not token or not token.isascii() or not token.isprintable():
            raise ConfigError("a token is what `hairline base token` printed; the token's file holds something else")
        self._token = token
        self._connection: http.client.HTTPConnection
        if parts.scheme == "https":
            try:
                context = ssl.create_default_context(cafile=None if ca_file is None else str(ca_file))
            except (OSError, ssl.SSLError) as wrong:
                raise ConfigError(f"{ca_file}: holds no certificates (PEM): {wrong}") from wrong
            self._connection = http.client.HTTPSConnection(host, port, timeout=_TIMEOUT_S, context=context)
        else:
            self._connection = http.client.HTTPConnection(host, port, timeout=_TIMEOUT_S)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def revision(self, log: str) -> int:
        """The highest revision that the base has of a log."""
        return int(self._ask("GET", f"/v1/logs/{log}")["revision"])

    def missing(self, log: str, sums: Mapping[str, str]) -> set[str]:
        """Which of these keys the base lacks with these SHA-256."""
        return set(self._ask("POST", f"/v1/logs/{log}/missing", json.dumps(dict(sums)).encode())["missing"])

    def send_records(self, log: str, records: Sequence[Record]) -> None:
        """Has the base store records; when this returns it has."""
        body = json.dumps({"records": [record.write() for record in records]}, ensure_ascii=False).encode()
        self._ask("POST", f"/v1/logs/{log}/records", body)

    def picture(self, sha256: str) -> tuple[int, bool]:
        """How many bytes of a picture the base has, and whether that is the whole."""
        return _received(self._ask("GET", f"/v1/pictures/{sha256}"))

    def send_piece(self, sha256: str, piece: bytes, *, offset: int, size: int) -> tuple[int, bool]:
        """Has the base append a piece; answers as `picture`, also where the base has another offset than ours."""
        query = urlencode({"offset": offset, "size": size})
        return _received(self._ask("PUT", f"/v1/pictures/{sha256}?{query}", piece, also=(409,)))

    def _ask(self, method: str, path: str, body: bytes | None = None, *, also: Sequence[int] = ()) -> Any:
        headers = {"Authorization": f"Bearer {self._token}"}
        try:
            self._connection.request(method, path, body=body, headers=headers)
            answer = self._connection.getresponse()
            content = answer.read(_MAX_ANSWER_BYTES)
        except ssl.SSLCertVerificationError as stranger:
            self._connection.close()
            raise RefusedError(
                f"{self._url}: its certificate is not trusted: {stranger.verify_message}; see ca_file"
            ) from stranger
        except (OSError, http.client.HTTPException) as failed:
            # Whether it took what we sent, nobody knows: it is asked the next time.
            self._connection.close()
            raise UploadError(f"{self._url}: cannot be reached: {failed}") from failed
        if answer.status == 200 or answer.status in also:
            try:
                return json.loads(content)
            except ValueError as wrong:
                raise UploadError(f"{self._url}: is no base: it answers {content[:60]!r}") from wrong
        says = content[:300].decode("utf-8", "replace").strip()
        if 400 <= answer.status < 500 and answer.status not in (408, 429):
            raise RefusedError(f"{self._url}: refuses {method} {path.partition('?')[0]}: {answer.status}: {says}")
        raise UploadError(f"{self._url}: is in trouble: {answer.status}: {says}")


def is_loopback(host: str) -> bool:
    """Whether a host is this machine, as written."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _received(answer: Any) -> tuple[int, bool]:
    return int(answer["received"]), bool(answer["complete"])
