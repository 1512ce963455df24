"""The HTTP interface as OpenAPI 3.1, for programs and for the test that asks it everything."""

from typing import Any

from edge.log.edits import MAX_COUNTS
from edge.log.reviews import Verdict
from edge.log.said import ReviewState
from edge.review.desk import REASONS
from edge.review.papers import formats, media_type
from edge.review.pictures import Size
from edge.review.selection import Order

_ID = {"type": "integer", "minimum": 0, "maximum": 2**63 - 1}
_NUMBER = {"type": "number", "minimum": 0}
_TEXT = {"type": "string"}
_SCORE = {"type": "number", "exclusiveMinimum": 0, "maximum": 1}
_RUN = {"type": "string", "pattern": "^[0-9a-f-]{1,40}$"}
_BOX = {"type": "string", "pattern": "^[0-9]{1,6},[0-9]{1,6},[1-9][0-9]{0,5},[1-9][0-9]{0,5}$"}
_ERROR = {
    "description": "what was wrong",
    "content": {
        "application/json": {
            "schema": {"type": "object", "required": ["error"], "properties": {"error": _TEXT}},
        }
    },
}


def description() -> dict[str, Any]:
    """The whole description."""
    return {
        "openapi": "3.1.0",
        "info": {"title": "Hairline's review page", "version": "1"},
        "paths": {
            "/api/log": {"get": _get("Runs, counts and what is wrong with the log")},
            "/api/finds": {"get": _get("The ids that a filter lets through, in order", _FILTER)},
            "/api/cards": {"get": _get("What the grid shows of finds", [_query("ids", {"type": "string"})])},
            "/api/finds/{find_id}": {"get": _get("All of one find", [_path("find_id", _ID)])},
            "/api/changes": {
                "get": _get("What is new", [_query("after", _ID), _query("finds", _ID)]),
            },
            "/api/latest": {"get": _get("The frame that was logged last")},
            "/api/wall": {"get": _get("Footprints of frames and courses of cracks, in mm")},
            "/api/reviews": {"post": _post("Appends a verdict", _REVIEW)},
            "/api/undo": {"post": _post("Takes a verdict back by another entry", _UNDO)},
            "/api/photo": {
                "post": {
                    "summary": "What the model says of a photo; nothing is kept",
                    "requestBody": {"required": True, "content": {"application/octet-stream": {"schema": {}}}},
                    "responses": _answers(200, "application/json"),
                }
            },
            "/api/cracks": {"get": _get("The cracks that a filter lets through, as last seen", _FILTER)},
            "/api/cracks/{crack_id}": {"get": _get("All of one crack", [_path("crack_id", _ID)])},
            "/api/coverage": {"get": _get("What was inspected of the wall, and why the rest was not")},
            "/api/threshold": {
                "get": _get("What another threshold would bring and take away", [_query("score", _SCORE, needed=True)])
            },
            "/api/edits": {"post": _post("Appends a corrected mask, a split or a join", _EDIT)},
            "/api/report.pdf": {"get": _get("The report", _FILTER, "application/pdf")},
            "/api/export/{format}": {
                "get": _get(
                    "The finds for other programs",
                    [_path("format", {"enum": list(formats())}), *_FILTER],
                    *dict.fromkeys(media_type(name) for name in formats()),
                )
            },
            "/pictures/finds/{find_id}/{size}.jpg": {
                "get": _get(
                    "A picture of a find, or the frame that it is in",
                    [_path("find_id", _ID), _path("size", {"enum": [*Size, "drawn", "plain"]})],
                    "image/jpeg",
                )
            },
            "/pictures/live.jpg": {"get": _get("What the camera of the run sees", None, "image/jpeg")},
            "/pictures/cracks/{crack_id}/{visit_id}.jpg": {
                "get": _get(
                    "The wall around a crack, as a visit saw it",
                    [_path("crack_id", _ID), _path("visit_id", _ID)],
                    "image/jpeg",
                )
            },
            "/pictures/frames/{run_id}/{seq}.jpg": {
                "get": _get(
                    "Part of a frame",
                    [_path("run_id", _RUN), _path("seq", _ID), _query("box", _BOX, needed=True)],
                    "image/jpeg",
                )
            },
        },
    }


def _query(name: str, schema: dict[str, Any], *, needed: bool = False) -> dict[str, Any]:
    return {"name": name, "in": "query", "required": needed, "schema": schema}


def _path(name: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "in": "path", "required": True, "schema": schema}


_FILTER = [
    _query("state", {"enum": [state.name.lower() for state in ReviewState]}),
    _query("reason", _TEXT),
    _query("class", _TEXT),
    _query("run", _TEXT),
    _query("visit", _TEXT),
    *(_query(name, _NUMBER) for name in ("score_min", "score_max", "width_min_mm", "width_max_mm")),
    _query("order", {"enum": list(Order)}),
]
_REVIEW = {
    "type": "object",
    "required": ["verdict"],
    "additionalProperties": False,
    "properties": {
        "find_id": _ID,
        "crack_id": _ID,
        "verdict": {"enum": list(Verdict)},
        "reason": {"enum": list(REASONS)},
        "note": _TEXT,
        "reviewer": _TEXT,
    },
}
_WHOLE = {"type": "integer", "minimum": 0, "maximum": 2**31}
_EDIT = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "find_id": _ID,
        "crack_id": _ID,
        "reviewer": _TEXT,
        "mask": {
            "type": "object",
            "required": ["box_xywh_px", "counts"],
            "properties": {
                "box_xywh_px": {"type": "array", "items": _WHOLE, "minItems": 4, "maxItems": 4},
                "counts": {"type": "array", "items": _WHOLE, "maxItems": MAX_COUNTS},
            },
        },
        "split": {
            "type": "object",
            "required": ["xy_mm"],
            "properties": {"xy_mm": {"type": "array", "items": {"type": "number"}, "minItems": 2, "maxItems": 2}},
        },
        "join": {"type": "object", "required": ["crack_id"], "properties": {"crack_id": _ID}},
    },
    "oneOf": [
        {"required": ["find_id", "mask"]},
        {"required": ["crack_id", "split"]},
        {"required": ["crack_id", "join"]},
    ],
}
_UNDO = {
    "type": "object",
    "required": ["review_id"],
    "additionalProperties": False,
    "properties": {"review_id": _ID, "reviewer": _TEXT},
}


def _get(summary: str, parameters: list[dict[str, Any]] | None = None, *media_types: str) -> dict[str, Any]:
    answers = _answers(200, *(media_types or ("application/json",)))
    return {"summary": summary, "parameters": parameters or [], "responses": answers}


def _post(summary: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {
        "summary": summary,
        "parameters": [{"name": "X-Hairline", "in": "header", "required": True, "schema": {"const": "1"}}],
        "requestBody": {"required": True, "content": {"application/json": {"schema": schema}}},
        "responses": _answers(201, "application/json"),
    }


def _answers(status: int, *media_types: str) -> dict[str, Any]:
    return {
        str(status): {"description": "done", "content": {one: {"schema": {}} for one in media_types}},
        **{str(code): _ERROR for code in (400, 401, 403, 404, 409, 411, 413, 421, 503)},
    }
