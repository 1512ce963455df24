"""The part of the HTTP interface that speaks of cracks, of edits, of other thresholds and of the wall."""

import sqlite3
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Any, Protocol, TypeVar

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from edge.log import LogReader
from edge.log.edits import JoinEdit, MaskEdit, SplitEdit
from edge.review import asked
from edge.review.asked import BadRequestError, NotThereError
from edge.review.coverage import coverage_content
from edge.review.desk import Desk
from edge.review.pictures import Pictures
from edge.review.pieces import draw_piece
from edge.review.remeasure import remeasured
from edge.review.selection import Selection
from edge.review.texts import checked_name
from edge.review.threshold import preview

_T = TypeVar("_T")
_EDITS: dict[str, type[MaskEdit] | type[SplitEdit] | type[JoinEdit]] = {
    "mask": MaskEdit,
    "split": SplitEdit,
    "join": JoinEdit,
}
# A picture never changes once it is logged; a piece of the wall does when its poses are solved again.
_KEPT = {"cache-control": "private, max-age=86400"}
_KEPT_BRIEFLY = {"cache-control": "private, max-age=60"}


class Asks(Protocol):
    """How a handler comes to what it needs: the desk on its thread, a picture on another."""

    @property
    def desk(self) -> Desk: ...

    @property
    def pictures(self) -> Pictures: ...

    def ask(self, question: Callable[[], _T]) -> Awaitable[_T]: ...

    def read(self, question: Callable[[sqlite3.Connection, LogReader], _T]) -> Awaitable[_T]: ...

    def decode(self, make: Callable[[], bytes]) -> Awaitable[bytes]: ...

    def draw(self, make: Callable[[], bytes]) -> Awaitable[bytes]: ...

    def work(self, make: Callable[[], _T]) -> Awaitable[_T]: ...

    def reviewer(self, request: Request, body: Mapping[str, Any]) -> str: ...


def wall_routes(page: Asks) -> list[Route]:
    """The routes of this part."""
    wall = _WallPage(page)
    return [
        Route("/api/cracks", wall.cracks),
        Route("/api/cracks/{crack_id:int}", wall.crack),
        Route("/api/coverage", wall.coverage),
        Route("/api/threshold", wall.threshold),
        Route("/api/edits", wall.edit, methods=["POST"]),
        Route("/pictures/cracks/{crack_id:int}/{visit_id:int}.jpg", wall.piece),
        Route("/pictures/frames/{run_id}/{seq:int}.jpg", wall.box),
    ]


class _WallPage:
    def __init__(self, page: Asks) -> None:
        self._page = page

    async def cracks(self, request: Request) -> Response:
        with asked.rightly():
            selection = Selection.parse(request.query_params)
        return JSONResponse(await self._page.ask(partial(self._page.desk.walls.cracks, selection)))

    async def crack(self, request: Request) -> Response:
        crack_id = asked.number(request.path_params["crack_id"])
        return JSONResponse(await self._page.ask(partial(self._page.desk.walls.crack, crack_id)))

    async def coverage(self, request: Request) -> Response:
        del request
        return JSONResponse(await self._page.read(lambda _, log: coverage_content(log, log.runs())))

    async def threshold(self, request: Request) -> Response:
        score = asked.score(request.query_params.get("score", ""))
        return JSONResponse(await self._page.read(lambda connection, log: preview(connection, log.runs(), score)))

    async def edit(self, request: Request) -> Response:
        body = await asked.json_object(request, {"find_id", "crack_id", "reviewer", *_EDITS})
        find_id, crack_id = asked.number_in(body, "find_id"), asked.number_in(body, "crack_id")
        wanted = [name for name in _EDITS if name in body]
        if (find_id is None) == (crack_id is None) or len(wanted) != 1:
            raise BadRequestError("an edit is a mask of one find_id, or a split or a join of one crack_id")
        plain = body[wanted[0]]
        if not isinstance(plain, dict):
            raise BadRequestError(f"{wanted[0]} is an object; /api/openapi.json says of what")
        with asked.rightly():
            # What was measured says the server, never the request.
            edit = _EDITS[wanted[0]].read({name: value for name, value in plain.items() if name != "size"})
            if isinstance(edit, MaskEdit) and find_id is not None:
                edit = await self._measured(edit, find_id)
            append = partial(
                self._page.desk.walls.append_edit,
                edit,
                reviewer=checked_name(self._page.reviewer(request, body)),
                find_id=find_id,
                crack_id=crack_id,
            )
            number = await self._page.ask(append)
        return JSONResponse({"review_id": number}, status_code=201)

    async def _measured(self, edit: MaskEdit, find_id: int) -> MaskEdit:
        """The mask with what is measured on it; one that fits no find of the log is refused where it is appended."""
        try:
            of = await self._page.ask(partial(self._page.desk.walls.measurable, find_id))
        except NotThereError:
            return edit
        return await self._page.work(partial(remeasured, self._page.pictures, of, edit))

    async def piece(self, request: Request) -> Response:
        crack_id, visit_id = (asked.number(request.path_params[name]) for name in ("crack_id", "visit_id"))
        piece = await self._page.ask(partial(self._page.desk.walls.piece, crack_id, visit_id))
        jpeg = await self._page.draw(partial(draw_piece, self._page.pictures, piece))
        return Response(jpeg, media_type="image/jpeg", headers=_KEPT_BRIEFLY)

    async def box(self, request: Request) -> Response:
        run_id, seq = request.path_params["run_id"], asked.number(request.path_params["seq"])
        x, y, w, h = asked.box(request.query_params.get("box", ""))
        frame = await self._page.ask(partial(self._page.desk.frame_picture, run_id, seq))
        jpeg = await self._page.decode(partial(self._page.pictures.of_box, frame, (x, y, w, h)))
        return Response(jpeg, media_type="image/jpeg", headers=_KEPT)
