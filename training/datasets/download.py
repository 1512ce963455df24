"""One file by HTTP, resumed where it was cut: what has come lies in `<file>.part` until all is there."""

import http.client
import logging
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

from edge.errors import FetchError

Progress = Callable[[int, int | None], None]
"""Called with the bytes that are there and how many there will be, None where the server does not say."""

AGENT = "hairline (crack data sets for research; urllib)"
_CHUNK = 1 << 18
_log = logging.getLogger(__name__)


def download(url: str, target: Path, *, page: str, progress: Progress, timeout_s: float = 60.0) -> Path:
    """Brings `url` to `target`; `page` is where a person can get it instead.

    A `.part` file of an earlier try is continued if the server still holds the same file (If-Range on its
    ETag). Raises FetchError, one line that names the host, for everything the network or the server does.
    """
    if urlsplit(url).scheme not in ("http", "https"):
        raise FetchError(f"a data set is fetched by http or https, not from {url}")
    host = urlsplit(url).netloc
    by_hand = f"or get it from {page} with a browser and give it with --archive FILE"
    part, etag_file = target.with_name(target.name + ".part"), target.with_name(target.name + ".etag")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        request = _request(url, part, etag_file)
        with urllib.request.urlopen(request, timeout=timeout_s) as answer:  # noqa: S310
            if answer.headers.get_content_type() == "text/html":
                raise FetchError(f"{host} sent a web page instead of the archive: try again later, {by_hand}")
            _receive(answer, part, etag_file, progress)
        part.replace(target)
        etag_file.unlink(missing_ok=True)
    except FetchError:
        raise
    except urllib.error.HTTPError as error:
        if error.code != http.HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
            said = f"{host} answered {error.code} {error.reason} for {url}"
            raise FetchError(f"{said}: try again later, {by_hand}") from error
        part.unlink(missing_ok=True)
        raise FetchError(f"{host} holds another file than the one begun in {part}: run again to begin anew") from error
    except urllib.error.URLError as error:
        raise FetchError(f"{host} cannot be reached ({error.reason}): check the network, {by_hand}") from error
    except (TimeoutError, ConnectionError, http.client.HTTPException) as error:
        raise FetchError(f"{host} broke off ({error!r}): run again to resume, {by_hand}") from error
    except OSError as error:
        # The disk is full, or the folder is a file or not ours.
        raise FetchError(f"the download cannot be written ({error.strerror or error}): {part}") from error
    return target


def _request(url: str, part: Path, etag_file: Path) -> urllib.request.Request:
    """Asks for the rest where something is there and the server named its version, else for all of it."""
    headers = {"User-Agent": AGENT, "Accept-Encoding": "identity"}
    if part.is_file() and part.stat().st_size and etag_file.is_file():
        headers |= {
            "Range": f"bytes={part.stat().st_size}-",
            "If-Range": etag_file.read_text(encoding="utf-8"),
        }
    return urllib.request.Request(url, headers=headers)  # noqa: S310 - the scheme was checked


def _receive(answer: http.client.HTTPResponse, part: Path, etag_file: Path, progress: Progress) -> None:
    """Appends to the part, or begins anew if the server sends it all. Raises FetchError if cut short."""
    resumed = answer.status == http.HTTPStatus.PARTIAL_CONTENT
    there = part.stat().st_size if resumed else 0
    if resumed and not (answer.headers["Content-Range"] or "").startswith(f"bytes {there}-"):
        raise FetchError(
            f"a resumed download goes on at byte {there}, not at {answer.headers['Content-Range']}: delete {part}"
        )
    _log.info("%s at byte %d", "resumed" if resumed else "began", there)
    etag = answer.headers["ETag"]
    if etag and not etag.startswith("W/"):
        etag_file.write_text(etag, encoding="utf-8")
    else:
        etag_file.unlink(missing_ok=True)
    length = answer.headers["Content-Length"]
    total = there + int(length) if length else None
    with part.open("ab" if resumed else "wb") as file:
        progress(there, total)
        while chunk := answer.read(_CHUNK):
            file.write(chunk)
            there += len(chunk)
            progress(there, total)
    if total is not None and there < total:
        raise FetchError(f"the download broke off after {there} of {total} bytes: run again to resume ({part})")
