"""Signing in with the password or with a link that opens once; links for others, as a QR code."""

import io
from functools import partial
from pathlib import Path

import anyio.to_thread
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Route

from edge.review import asked
from edge.review.access import IDLE_S, LINK_S, Doors, password_fits
from edge.review.guard import COOKIE, Rules, refusal
from edge.review.texts import checked_name


def link_of(address: str, secret: str) -> str:
    """The address that a link's secret is given in: after `#`, which no browser sends and no server logs."""
    return f"{address}/signin#{secret}"


def signin_routes(rules: Rules, address: str, static: Path) -> list[Route]:
    """The routes; none where nobody has to sign in."""
    if rules.doors is None:
        return []
    signin = _Signin(rules.doors, address, static)
    return [
        Route("/signin", signin.page),
        Route("/api/session", signin.session, methods=["POST", "DELETE"]),
        Route("/api/links", signin.link, methods=["POST"]),
    ]


class _Signin:
    def __init__(self, doors: Doors, address: str, static: Path) -> None:
        self._doors = doors
        self._address = address
        self._static = static

    async def page(self, request: Request) -> Response:
        del request
        return FileResponse(self._static / "signin.html", headers={"cache-control": "no-cache"})

    async def session(self, request: Request) -> Response:
        if request.method == "DELETE":
            self._doors.end(request.cookies.get(COOKIE))
            gone = Response(status_code=204)
            gone.delete_cookie(COOKIE)
            return gone
        body = await asked.json_object(request, {"password", "link", "name"})
        with asked.rightly():
            name = checked_name(asked.text_in(body, "name") or "")
        address = request.client.host if request.client else ""
        wait_s = self._doors.wait_s(address)
        if wait_s > 0:
            message = f"too many wrong answers: try again in {wait_s:.0f} s"
            return refusal(429, message, {"retry-after": f"{wait_s:.0f}"})
        self._doors.wrong(address)
        if not await self._known(asked.text_in(body, "link"), asked.text_in(body, "password")):
            return refusal(401, "that is not the password, or the link was used before or is too old")
        self._doors.right(address)
        return self._opened(request, name)

    async def link(self, request: Request) -> Response:
        import segno

        del request
        url = link_of(self._address, self._doors.new_link())
        svg = io.BytesIO()
        segno.make(url, error="m").save(svg, kind="svg", scale=6, border=3, xmldecl=False)
        return JSONResponse({"url": url, "svg": svg.getvalue().decode(), "minutes": round(LINK_S / 60)})

    async def _known(self, link: str | None, password: str | None) -> bool:
        if link is not None:
            return self._doors.use_link(link)
        hashed = self._doors.hashed_password
        if password is None or hashed is None:
            return False
        return await anyio.to_thread.run_sync(partial(password_fits, password, hashed))

    def _opened(self, request: Request, name: str) -> Response:
        answer = Response(status_code=204)
        answer.set_cookie(
            COOKIE,
            self._doors.begin(name),
            max_age=round(IDLE_S),
            httponly=True,
            samesite="strict",
            secure=request.url.scheme == "https",
        )
        return answer
