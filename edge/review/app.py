"""The HTTP interface of the page: edge/review/openapi.py describes it."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import anyio.to_thread
from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from edge.clock import Clock
from edge.errors import CalibrationError, HairlineError, LogError, MissingExtraError, SourceError
from edge.log import LogReader
from edge.log.database import as_log_error, open_to_read
from edge.log.reviews import Verdict
from edge.plain import plain_box
from edge.review import asked, papers
from edge.review.asked import BadRequestError, NotThereError
from edge.review.desk import MAX_CARDS, Desk
from edge.review.guard import Guard, Rules, refusal
from edge.review.live import live_picture
from edge.review.openapi import description
from edge.review.pictures import Pictures, Size
from edge.review.selection import Selection
from edge.review.signin import signin_routes
from edge.review.trial import Trial
from edge.review.wall_routes import wall_routes

STATIC = Path(__file__).with_name("static")
# The page's own places: each is the same file, which reads the address.
VIEWS = ("/", "/finds/{find_id:int}", "/cracks", "/cracks/{crack_id:int}", "/wall", "/live", "/try", "/report")
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What is served to whom. `bundle`: what judges the photos that people try, None for the one that ships;
    `georeference`: where the wall stands on the earth, for GeoJSON."""

    folder: Path
    clock: Clock
    rules: Rules
    bundle: Path | None = None
    georeference: Path | None = None
    address: str = ""


def make_app(settings: Settings) -> Starlette:
    """The ASGI application; the log is opened when it starts, which raises `LogError`."""
    page = Page(settings)
    routes = [
        *(Route(view, page.shell) for view in VIEWS),
        Route("/api/log", page.overview),
        Route("/api/finds", page.finds),
        Route("/api/cards", page.cards),
        Route("/api/finds/{find_id:int}", page.find),
        Route("/api/changes", page.changes),
        Route("/api/latest", page.latest),
        Route("/api/wall", page.wall),
        Route("/api/reviews", page.review, methods=["POST"]),
        Route("/api/undo", page.undo, methods=["POST"]),
        Route("/api/photo", page.photo, methods=["POST"]),
        Route("/api/report.pdf", page.report),
        Route("/api/export/{format}", page.export),
        Route("/api/openapi.json", page.openapi),
        *wall_routes(page),
        Route("/pictures/finds/{find_id:int}/{size}.jpg", page.picture),
        Route("/pictures/live.jpg", page.live),
        *signin_routes(settings.rules, settings.address, STATIC),
        Mount("/static", StaticFiles(directory=STATIC)),
    ]
    handlers: Mapping[Any, Any] = {
        BadRequestError: _answer(400),
        NotThereError: _answer(404),
        SourceError: _answer(404),
        LogError: _answer(503),
        404: lambda _request, _error: refusal(404, "there is nothing at this address"),
        405: lambda _request, error: refusal(405, "this address is not asked in this way", error.headers),
    }
    return Starlette(
        routes=routes,
        middleware=[Middleware(Guard, rules=settings.rules)],
        exception_handlers=handlers,
        lifespan=page.lifespan,
    )


def _answer(status: int) -> Callable[[Request, Exception], Response]:
    return lambda _request, error: refusal(status, str(error))


class Page:
    """The handlers. The desk lives on a thread of its own: SQLite's connections are of one thread, and so is it."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.pictures = Pictures(settings.folder)
        self._trial = Trial(settings.bundle)
        self._thread = ThreadPoolExecutor(1, "hairline-log")

    @asynccontextmanager
    async def lifespan(self, app: Starlette) -> AsyncIterator[None]:
        del app
        settings = self._settings
        # Two pictures at once: more would only hold more of them in memory.
        self._decoders = anyio.CapacityLimiter(2)
        self._heavy = anyio.CapacityLimiter(1)
        self._readers = anyio.CapacityLimiter(2)
        self._drawers = anyio.CapacityLimiter(1)
        self.desk = await self.ask(partial(Desk, settings.folder, clock=settings.clock))
        try:
            yield
        finally:
            await self.ask(self.desk.close)
            self._thread.shutdown()

    async def shell(self, request: Request) -> Response:
        del request
        return FileResponse(STATIC / "index.html", headers={"cache-control": "no-cache"})

    async def overview(self, request: Request) -> Response:
        content = await self.ask(self.desk.overview)
        content["last_review"] = await self.ask(self.desk.last_review)
        content["reviewer"] = request.state.reviewer
        content["signed_in"] = self._settings.rules.doors is not None
        return JSONResponse(content)

    async def finds(self, request: Request) -> Response:
        with asked.rightly():
            selection = Selection.parse(request.query_params)
        return JSONResponse(await self.ask(partial(self.desk.finds, selection)))

    async def cards(self, request: Request) -> Response:
        ids = asked.numbers(request.query_params.get("ids", ""), at_most=MAX_CARDS)
        return JSONResponse({"cards": await self.ask(partial(self.desk.cards, ids))})

    async def find(self, request: Request) -> Response:
        find_id = asked.number(request.path_params["find_id"])
        content = await self.ask(partial(self.desk.find, find_id))
        frame, n = await self.ask(partial(self.desk.picture, find_id))
        w, h = content["frame_wh_px"]
        shown = plain_box(frame.box(n), (w, h)) if self.pictures.has_plain(frame, n) else None
        return JSONResponse({**content, "plain_xywh_px": shown})

    async def changes(self, request: Request) -> Response:
        after, known = (asked.number(request.query_params.get(name, "0")) for name in ("after", "finds"))
        return JSONResponse(await self.ask(partial(self.desk.changes, after, known)))

    async def latest(self, request: Request) -> Response:
        del request
        return JSONResponse({"frame": await self.ask(self.desk.latest_frame)})

    async def wall(self, request: Request) -> Response:
        del request
        return JSONResponse(await self.ask(self.desk.wall))

    async def review(self, request: Request) -> Response:
        body = await asked.json_object(request, {"find_id", "crack_id", "verdict", "reason", "note", "reviewer"})
        find_id, crack_id = asked.number_in(body, "find_id"), asked.number_in(body, "crack_id")
        if (find_id is None) == (crack_id is None):
            raise BadRequestError("a review is of one find or of one crack: give find_id or crack_id")
        with asked.rightly():
            append = partial(
                self.desk.append,
                reviewer=self.reviewer(request, body),
                verdict=Verdict(asked.text_in(body, "verdict") or ""),
                find_id=find_id,
                crack_id=crack_id,
                reason=asked.text_in(body, "reason"),
                note=asked.text_in(body, "note") or "",
            )
            number = await self.ask(append)
        return JSONResponse({"review_id": number}, status_code=201)

    async def undo(self, request: Request) -> Response:
        body = await asked.json_object(request, {"review_id", "reviewer"})
        review_id = asked.number_in(body, "review_id")
        if review_id is None:
            raise BadRequestError("an undo names the entry that it takes back: review_id is missing")
        with asked.rightly():
            undo = partial(self.desk.undo, review_id, reviewer=self.reviewer(request, body))
            number = await self.ask(undo)
        return JSONResponse({"review_id": number}, status_code=201)

    async def picture(self, request: Request) -> Response:
        find_id, size = asked.number(request.path_params["find_id"]), request.path_params["size"]
        frame, n = await self.ask(partial(self.desk.picture, find_id))
        if size == "drawn":
            make = partial(self.pictures.drawn, frame)
        elif size == "plain":
            make = partial(self.pictures.plain, frame, n)
        elif size in list(Size):
            make = partial(self.pictures.of_find, frame, n, Size(size))
        else:
            raise NotThereError(f"a picture is {', '.join(Size)}, drawn or plain; got '{size}'")
        try:
            jpeg = await self.decode(make)
        except SourceError as missing:
            why = await self.ask(partial(self.desk.why_absent, find_id))
            raise SourceError(why or str(missing)) from missing
        # A picture never changes once it is logged.
        return Response(jpeg, media_type="image/jpeg", headers={"cache-control": "private, max-age=86400"})

    async def live(self, request: Request) -> Response:
        del request
        jpeg = await self.decode(partial(live_picture, self._settings.folder))
        return Response(jpeg, media_type="image/jpeg")

    async def photo(self, request: Request) -> Response:
        content = await request.body()
        try:
            judged = await anyio.to_thread.run_sync(partial(self._trial.judge, content), limiter=self._heavy)
        except HairlineError as refused:
            raise BadRequestError(str(refused)) from refused
        return JSONResponse(judged)

    async def report(self, request: Request) -> Response:
        with asked.rightly():
            selection = Selection.parse(request.query_params)
        chosen = await self._chosen(selection)
        write = partial(papers.write_report, self._settings.folder, selection, chosen, self._settings.clock)
        return await self._paper(write, "hairline-report.pdf", "application/pdf")

    async def export(self, request: Request) -> Response:
        with asked.rightly():
            selection = Selection.parse(request.query_params)
        name = request.path_params["format"]
        if name not in papers.formats():
            raise NotThereError(f"a log is exported to {', '.join(papers.formats())}; got '{name}'")
        chosen, where = await self._chosen(selection), self._settings.georeference
        write = partial(papers.write_export, self._settings.folder, name, chosen, where)
        return await self._paper(write, papers.file_name(name), papers.media_type(name))

    async def openapi(self, request: Request) -> Response:
        del request
        return JSONResponse(description())

    async def _paper(self, write: Callable[[], Path], name: str, media_type: str) -> Response:
        """A file that was written for this answer alone."""
        try:
            path = await anyio.to_thread.run_sync(write, limiter=self._heavy)
        except (LogError, MissingExtraError, CalibrationError) as refused:
            return refusal(409, str(refused))
        gone = BackgroundTask(partial(path.unlink, missing_ok=True))
        return FileResponse(path, media_type=media_type, filename=name, background=gone)

    async def _chosen(self, selection: Selection) -> papers.Chosen:
        return papers.Chosen(
            finds=await self.ask(partial(self.desk.chosen_ids, selection)),
            cracks=await self.ask(partial(self.desk.walls.chosen, selection)),
        )

    async def read(self, question: Callable[[sqlite3.Connection, LogReader], _T]) -> _T:
        """What may take long: on a thread with a connection of its own, so that nobody's next find waits for it."""
        folder = self._settings.folder

        def answer() -> _T:
            with as_log_error(folder, "could not be read"), closing(open_to_read(folder)) as connection:
                return question(connection, LogReader(folder, connection))

        return await anyio.to_thread.run_sync(answer, limiter=self._readers)

    async def work(self, make: Callable[[], _T]) -> _T:
        """What is computed from a picture, on a thread of its own."""
        return await anyio.to_thread.run_sync(make, limiter=self._decoders)

    async def decode(self, make: Callable[[], bytes]) -> bytes:
        """A picture."""
        return await self.work(make)

    async def draw(self, make: Callable[[], bytes]) -> bytes:
        """A picture made of many frames, one at a time: each holds as much memory as they take."""
        return await anyio.to_thread.run_sync(make, limiter=self._drawers)

    def reviewer(self, request: Request, body: Mapping[str, Any]) -> str:
        """Who signed in; where nobody has to, who they say they are."""
        name: str = request.state.reviewer
        return name if self._settings.rules.doors is not None else asked.text_in(body, "reviewer") or name

    async def ask(self, question: Callable[[], _T]) -> _T:
        """What the desk answers, on its thread."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, question)
