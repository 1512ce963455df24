"""The parts of Foxglove's JSON schemas that the MCAP export writes (docs.foxglove.dev, "Schemas"), by their names."""

from typing import Any

Schema = dict[str, Any]


def _object(title: str, **properties: Schema) -> Schema:
    return {"title": title, "type": "object", "properties": properties, "required": list(properties)}


def _list(items: Schema) -> Schema:
    return {"type": "array", "items": items}


_TEXT, _NUMBER, _INTEGER = {"type": "string"}, {"type": "number"}, {"type": "integer"}
_TIME = _object("time", sec=_INTEGER, nsec=_INTEGER)
_DURATION = _object("duration", sec=_INTEGER, nsec=_INTEGER)
_POINT2 = _object("foxglove.Point2", x=_NUMBER, y=_NUMBER)
_VECTOR3 = _object("foxglove.Vector3", x=_NUMBER, y=_NUMBER, z=_NUMBER)
_POINT3 = _object("foxglove.Point3", x=_NUMBER, y=_NUMBER, z=_NUMBER)
_QUATERNION = _object("foxglove.Quaternion", x=_NUMBER, y=_NUMBER, z=_NUMBER, w=_NUMBER)
_COLOR = _object("foxglove.Color", r=_NUMBER, g=_NUMBER, b=_NUMBER, a=_NUMBER)
_POSE = _object("foxglove.Pose", position=_VECTOR3, orientation=_QUATERNION)
_PAIR = _object("foxglove.KeyValuePair", key=_TEXT, value=_TEXT)
_POINTS = _object(
    "foxglove.PointsAnnotation",
    timestamp=_TIME,
    type=_INTEGER,
    points=_list(_POINT2),
    outline_color=_COLOR,
    outline_colors=_list(_COLOR),
    fill_color=_COLOR,
    thickness=_NUMBER,
)
_TEXT_ANNOTATION = _object(
    "foxglove.TextAnnotation",
    timestamp=_TIME,
    position=_POINT2,
    text=_TEXT,
    font_size=_NUMBER,
    text_color=_COLOR,
    background_color=_COLOR,
)
_LINE = _object(
    "foxglove.LinePrimitive",
    type=_INTEGER,
    pose=_POSE,
    thickness=_NUMBER,
    scale_invariant={"type": "boolean"},
    points=_list(_POINT3),
    color=_COLOR,
    colors=_list(_COLOR),
    indices=_list(_INTEGER),
)
_OTHERS = ("arrows", "cubes", "spheres", "cylinders", "triangles", "texts", "models")
_ENTITY = _object(
    "foxglove.SceneEntity",
    timestamp=_TIME,
    frame_id=_TEXT,
    id=_TEXT,
    lifetime=_DURATION,
    frame_locked={"type": "boolean"},
    metadata=_list(_PAIR),
    lines=_list(_LINE),
    **{name: _list({"type": "object"}) for name in _OTHERS},
)

SCHEMAS: dict[str, Schema] = {
    schema["title"]: schema
    for schema in (
        _object(
            "foxglove.CompressedImage",
            timestamp=_TIME,
            frame_id=_TEXT,
            data={"type": "string", "contentEncoding": "base64"},
            format=_TEXT,
        ),
        _object(
            "foxglove.ImageAnnotations",
            circles=_list({"type": "object"}),
            points=_list(_POINTS),
            texts=_list(_TEXT_ANNOTATION),
        ),
        _object(
            "foxglove.CameraCalibration",
            timestamp=_TIME,
            frame_id=_TEXT,
            width=_INTEGER,
            height=_INTEGER,
            distortion_model=_TEXT,
            D=_list(_NUMBER),
            K={**_list(_NUMBER), "minItems": 9, "maxItems": 9},
            R={**_list(_NUMBER), "minItems": 9, "maxItems": 9},
            P={**_list(_NUMBER), "minItems": 12, "maxItems": 12},
        ),
        _object(
            "foxglove.FrameTransform",
            timestamp=_TIME,
            parent_frame_id=_TEXT,
            child_frame_id=_TEXT,
            translation=_VECTOR3,
            rotation=_QUATERNION,
        ),
        _object("foxglove.SceneUpdate", deletions=_list({"type": "object"}), entities=_list(_ENTITY)),
        _object("foxglove.Log", timestamp=_TIME, level=_INTEGER, message=_TEXT, name=_TEXT, file=_TEXT, line=_INTEGER),
    )
}
