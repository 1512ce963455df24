"""The base as a web application (Starlette): who may, what is asked, what is stored (edge/upload_protocol.py)."""

import json
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from edge.base.pictures import PictureStore, WrongOffsetError
from edge.base.store import Store
from edge.base.tokens import read_tokens, rover_of
from edge.errors import BaseError
from edge.upload_protocol import FILES, LOG_ID, MAX_BODY_BYTES, MAX_PICTURE_BYTES, SHA256, Record

_MAX_DIGITS = 12


def base_app(store: Store, pictures: PictureStore, tokens: Path) -> Starlette:
    """The application. `tokens` is read at every request: a rover that is struck from it is out at once."""
    base = _Base(store, pictures, tokens)
    return Starlette(
        routes=[
            Route("/v1/logs/{log}", base.revision, methods=["GET"]),
            Route("/v1/logs/{log}/missing", base.missing, methods=["POST"]),
            Route("/v1/logs/{log}/records", base.records, methods=["POST"]),
            Route("/v1/pictures/{sha256}", base.picture, methods=["GET"]),
            Route("/v1/pictures/{sha256}", base.piece, methods=["PUT"]),
        ],
        # Our disk or database: the rover comes again. One that went away in the middle of a request does, too.
        exception_handlers={BaseError: _in_trouble, ClientDisconnect: _gone},
    )


class _Base:
    """The answers. Whatever waits for a disk does so in a thread."""

    def __init__(self, store: Store, pictures: PictureStore, tokens: Path) -> None:
        self._store, self._pictures, self._tokens = store, pictures, tokens

    async def revision(self, request: Request) -> Response:
        rover, log = await self._who(request), _named(request, "log", LOG_ID.fullmatch)
        return JSONResponse({"revision": await run_in_threadpool(self._store.revision, rover, log)})

    async def missing(self, request: Request) -> Response:
        rover, log = await self._who(request), _named(request, "log", LOG_ID.fullmatch)
        sums = await _json(request)
        if not isinstance(sums, dict) or not all(isinstance(s, str) and SHA256.fullmatch(s) for s in sums.values()):
            raise HTTPException(422, "what is asked for is an object of keys and SHA-256")
        return JSONResponse({"missing": await run_in_threadpool(self._store.missing, rover, log, sums)})

    async def records(self, request: Request) -> Response:
        rover, log = await self._who(request), _named(request, "log", LOG_ID.fullmatch)
        body = await _json(request)
        try:
            if not isinstance(body, dict) or not isinstance(body.get("records"), list):
                raise ValueError("records come as {'records': [...]}")
            records = [Record.read(value) for value in body["records"]]
        except ValueError as wrong:
            raise HTTPException(422, str(wrong)) from wrong
        for record in records:
            if record.key.startswith(FILES) and record.content is not None:
                await self._check_file(rover, record.content)
        await run_in_threadpool(self._store.add, rover, log, records)
        return JSONResponse({"stored": len(records)})

    async def picture(self, request: Request) -> Response:
        rover, sha256 = await self._who(request), _named(request, "sha256", SHA256.fullmatch)
        return JSONResponse(asdict(await run_in_threadpool(self._pictures.received, rover, sha256)))

    async def piece(self, request: Request) -> Response:
        rover, sha256 = await self._who(request), _named(request, "sha256", SHA256.fullmatch)
        offset, size = (_number(request, name) for name in ("offset", "size"))
        if size > MAX_PICTURE_BYTES:
            raise HTTPException(413, f"a picture has at most {MAX_PICTURE_BYTES} bytes")
        piece = await _body(request)
        try:
            there = await run_in_threadpool(self._pictures.append, rover, sha256, piece, offset=offset, size=size)
        except WrongOffsetError as wrong:
            return JSONResponse(asdict(wrong.there), status_code=409)
        return JSONResponse(asdict(there))

    async def _who(self, request: Request) -> str:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        tokens = await run_in_threadpool(read_tokens, self._tokens)
        rover = rover_of(token.strip(), tokens) if scheme.lower() == "bearer" else None
        if rover is None:
            raise HTTPException(401, "a rover brings its token", headers={"WWW-Authenticate": "Bearer"})
        return rover

    async def _check_file(self, rover: str, content: str) -> None:
        """A record of a picture is taken only once the picture is here."""
        try:
            sha256 = json.loads(content)["sha256"]
        except (ValueError, KeyError, TypeError) as wrong:
            raise HTTPException(422, "the record of a picture says its sha256") from wrong
        if not isinstance(sha256, str) or not SHA256.fullmatch(sha256):
            raise HTTPException(422, "the record of a picture says its sha256")
        if not (await run_in_threadpool(self._pictures.received, rover, sha256)).complete:
            raise HTTPException(422, f"picture {sha256} is not here yet")


def _named(request: Request, name: str, fits: Callable[[str], Any]) -> str:
    value = str(request.path_params[name])
    if not fits(value):
        raise HTTPException(404, f"no {name} is called that")
    return value


def _number(request: Request, name: str) -> int:
    text = request.query_params.get(name, "")
    if not text.isascii() or not text.isdecimal() or len(text) > _MAX_DIGITS:
        raise HTTPException(422, f"{name} is a whole number; got '{text[:20]}'")
    return int(text)


async def _body(request: Request) -> bytes:
    """The body, refused as soon as it is too long, whatever its header said."""
    content = bytearray()
    async for piece in request.stream():
        content += piece
        if len(content) > MAX_BODY_BYTES:
            raise HTTPException(413, f"a request has at most {MAX_BODY_BYTES} bytes")
    return bytes(content)


async def _json(request: Request) -> Any:
    try:
        return json.loads(await _body(request))
    except (ValueError, RecursionError) as wrong:
        raise HTTPException(422, f"the body is JSON: {wrong}") from wrong


async def _in_trouble(_request: Request, error: Exception) -> Response:
    return PlainTextResponse(str(error), status_code=503)


async def _gone(_request: Request, _error: Exception) -> Response:
    return PlainTextResponse("you have gone", status_code=400)
