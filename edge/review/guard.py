"""What every request passes: its host, where it comes from, its size, its session; headers for the answer."""

from collections.abc import Mapping
from dataclasses import dataclass

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from edge.review.access import Doors

COOKIE = "hairline_session"
# A page of another site cannot send this header without asking first, and is never told yes.
OWN_HEADER = "x-hairline"
SAFE_METHODS = ("GET", "HEAD")
MAX_BODY = 64_000
MAX_PHOTO = 60_000_000
PHOTO_PATH = "/api/photo"
# A mask drawn by hand is many numbers.
MAX_EDIT = 400_000
EDIT_PATH = "/api/edits"
# What the page needs before anybody has said who they are.
OPEN_PATHS = ("/signin", "/api/session")
OPEN_FOLDER = "/static/"

HEADERS = {
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; connect-src 'self';"
        " manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """`hosts`: the names that a request may ask for, lower case, without port; empty: any. `doors`: None where everyone
    who can reach the server may look (loopback); `nobody` is then the reviewer's name until they give another."""

    hosts: frozenset[str]
    doors: Doors | None
    nobody: str


class Guard:
    """ASGI middleware."""

    def __init__(self, app: ASGIApp, rules: Rules) -> None:
        self._app = app
        self._rules = rules

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
                headers.setdefault("cache-control", "no-store")
            await send(message)

        request = Request(scope)
        refused = self._refusal(request)
        if refused is not None:
            await refused(scope, receive, send_with_headers)
            return
        await self._app(scope, receive, send_with_headers)

    def _refusal(self, request: Request) -> Response | None:
        """The answer to a request that goes no further, or None."""
        headers = request.headers
        host = _host_name(headers.get("host", ""))
        if self._rules.hosts and host not in self._rules.hosts:
            # A name that another site pointed at us (DNS rebinding).
            return refusal(421, f"this server answers to {', '.join(sorted(self._rules.hosts))}; got '{host}'")
        if request.method not in SAFE_METHODS:
            wrong = _foreign(headers, request) or _too_large(headers, request.url.path)
            if wrong is not None:
                return wrong
        request.state.reviewer = self._rules.nobody
        doors = self._rules.doors
        if doors is None:
            return None
        name = doors.name_of(request.cookies.get(COOKIE))
        if name is not None:
            request.state.reviewer = name
            return None
        path = request.url.path
        if path in OPEN_PATHS or path.startswith(OPEN_FOLDER):
            return None
        if path.startswith(("/api/", "/pictures/")):
            return refusal(401, "sign in first: the session has ended, or there was none")
        return RedirectResponse("/signin", status_code=303)


def refusal(status: int, message: str, headers: Mapping[str, str] | None = None) -> JSONResponse:
    """The one form of an error."""
    return JSONResponse({"error": message}, status_code=status, headers=headers)


def _foreign(headers: Headers, request: Request) -> Response | None:
    origin = headers.get("origin")
    own = f"{request.url.scheme}://{headers.get('host', '')}"
    if (origin is not None and origin != own) or headers.get("sec-fetch-site", "same-origin") != "same-origin":
        return refusal(403, "only this server's own page may change anything; the request comes from another site")
    if OWN_HEADER not in headers:
        return refusal(403, f"a request that changes something carries the header {OWN_HEADER}; it is missing")
    return None


def _too_large(headers: Headers, path: str) -> Response | None:
    at_most = {PHOTO_PATH: MAX_PHOTO, EDIT_PATH: MAX_EDIT}.get(path, MAX_BODY)
    length = headers.get("content-length", "")
    if not length.isdecimal():
        return refusal(411, "a request says how long it is (Content-Length); this one does not")
    if int(length[:12]) > at_most:
        return refusal(413, f"at most {at_most / 1e6:g} MB may be sent here; got {int(length[:12]) / 1e6:.1f} MB")
    return None


def _host_name(host: str) -> str:
    """`host` of a Host header without its port, lower case; IPv6 without its brackets."""
    if host.startswith("["):
        return host[1:].partition("]")[0].lower()
    return host.partition(":")[0].lower()
