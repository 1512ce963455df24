"""A log as MCAP (mcap.dev): frames, finds, poses and cracks over time, for Foxglove and other readers of the format.

Messages are JSON by Foxglove's schemas (docs.foxglove.dev, "Schemas"), of which each carries the fields that it uses.
"""

import base64
import json
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, BinaryIO

from edge.errors import MissingExtraError, SourceError
from edge.exports.fields import Item, cracks
from edge.exports.mcap_schemas import SCHEMAS
from edge.exports.pictures import frame_of, within_its_run
from edge.log import LoggedFind, LoggedFrame, LogReader, RunRecord
from edge.overlay import encode_jpeg
from edge.plain import plain_path
from edge.pose import Matrix

if TYPE_CHECKING:
    from mcap.writer import Writer

WALL, CAMERA = "wall", "camera"
_M_PER_MM = 1e-3
# By the name of the topic, the schema of its messages.
TOPICS = {
    "/camera/image": "foxglove.CompressedImage",
    "/camera/finds": "foxglove.ImageAnnotations",
    "/camera/calibration": "foxglove.CameraCalibration",
    "/tf": "foxglove.FrameTransform",
    "/wall/cracks": "foxglove.SceneUpdate",
    "/log": "foxglove.Log",
}
_INFO, _WARNING = 2, 3  # foxglove.Log's levels
_LINE_STRIP, _LINE_LOOP, _SCENE_LINE_STRIP = 4, 2, 0
_RED, _YELLOW, _CYAN = (
    {"r": r, "g": g, "b": b, "a": 1.0} for r, g, b in ((0.84, 0.16, 0.22), (1, 0.83, 0.29), (0.29, 0.84, 1))
)


def write_mcap(log: LogReader, runs: Sequence[RunRecord], stream: BinaryIO) -> None:
    """Writes a file of one channel a topic of `TOPICS`; times are the frames' own UTC.

    Pictures show what the camera saw, with finds drawn in only where the log keeps them in no other way; a log keeps
    none of frames without finds. Places are metres on the wall, x right, y up, z out of it. Raises `LogError`.
    """
    try:
        from mcap.writer import CompressionType, Writer
    except ModuleNotFoundError as missing:
        raise MissingExtraError("log export --to mcap", "export", "mcap") from missing
    # Readers know the format without the extra packages that its compressions need; JPEG hardly shrinks.
    writer = Writer(stream, compression=CompressionType.NONE)
    writer.start(profile="", library="hairline")
    say = _channels(writer)
    for run in runs:
        _write_run(log, run, say)
    items = [item for item in cracks(log, runs) if item.courses_mm]
    last_ns = max((_ns(run) for run in runs), default=0)
    if items:
        say("/wall/cracks", last_ns, {"deletions": [], "entities": [_entity(item, last_ns) for item in items]})
    writer.finish()  # type: ignore[no-untyped-call]  # its one untyped method


def _channels(writer: "Writer") -> Callable[[str, int, Mapping[str, Any]], None]:
    schemas = {
        name: writer.register_schema(name=name, encoding="jsonschema", data=json.dumps(schema).encode())
        for name, schema in SCHEMAS.items()
    }
    channels = {
        topic: writer.register_channel(topic=topic, message_encoding="json", schema_id=schemas[name])
        for topic, name in TOPICS.items()
    }

    def say(topic: str, t_ns: int, message: Mapping[str, Any]) -> None:
        content = json.dumps(message, allow_nan=False, separators=(",", ":")).encode()
        writer.add_message(channel_id=channels[topic], log_time=t_ns, publish_time=t_ns, data=content)

    return say


def _write_run(log: LogReader, run: RunRecord, say: Callable[[str, int, Mapping[str, Any]], None]) -> None:
    start = run.start
    words = f"run {run.id}: {start.source}, {start.bundle_name}, SHA-256 {start.bundle_sha256}, {start.runtime}"
    say("/log", _ns(run), _line(_ns(run), _INFO, words))
    calibration = None if start.calibration_id is None else log.calibration(start.calibration_id)
    if calibration is not None:
        w, h = calibration.frame_wh
        k = calibration.camera_matrix
        say(
            "/camera/calibration",
            _ns(run),
            {
                "timestamp": _time(_ns(run)),
                "frame_id": CAMERA,
                "width": w,
                "height": h,
                "distortion_model": "plumb_bob",
                "D": [float(value) for value in calibration.distortion.ravel()],
                "K": k.ravel().tolist(),
                "R": [1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0],
                "P": [v for row in k.tolist() for v in (*row, 0.0)],
            },
        )
    finds: dict[int, list[LoggedFind]] = {}
    for found in log.corrected_finds(run.id):
        finds.setdefault(found.seq, []).append(found)
    for logged in log.frames(run.id):
        _write_frame(log, logged, finds.get(logged.frame.seq, []), say)


def _write_frame(
    log: LogReader,
    logged: LoggedFrame,
    finds: Sequence[LoggedFind],
    say: Callable[[str, int, Mapping[str, Any]], None],
) -> None:
    frame = logged.frame
    t_ns = round(frame.t_utc.timestamp() * 1e6) * 1000
    if frame.skipped is not None:
        say("/log", t_ns, _line(t_ns, _WARNING, f"{frame.name}: not inspected: {frame.skipped}"))
    pose = frame.pose.t_wall_camera
    if pose is not None:
        say("/tf", t_ns, _transform(pose, t_ns))
    jpeg = _picture(log, logged)
    if jpeg is not None:
        image = {
            "timestamp": _time(t_ns),
            "frame_id": CAMERA,
            "format": "jpeg",
            "data": base64.b64encode(jpeg).decode(),
        }
        say("/camera/image", t_ns, image)
    if finds:
        say("/camera/finds", t_ns, _annotations(finds, t_ns))


def _picture(log: LogReader, logged: LoggedFrame) -> bytes | None:
    """JPEG of a frame, with nothing drawn in where that is kept; None where there is none, or it cannot be read."""
    path = within_its_run(log, logged, logged.overlay_path)
    if path is None:
        return None
    boxes = log.find_boxes(logged.run_id, logged.frame.seq)
    if not any(within_its_run(log, logged, plain_path(path, n)) for n, _ in boxes):
        return path.read_bytes()
    try:
        return encode_jpeg(frame_of(log, logged))
    except SourceError:
        return None


def _annotations(finds: Sequence[LoggedFind], t_ns: int) -> dict[str, Any]:
    stamp = _time(t_ns)
    points, texts = [], []
    for found in finds:
        x, y, w, h = found.find.box_xywh_px
        corners = [{"x": float(a), "y": float(b)} for a, b in ((x, y), (x + w, y), (x + w, y + h), (x, y + h))]
        points.append(_points(stamp, _LINE_LOOP, corners, _YELLOW))
        for course in () if found.find.measured is None else found.find.measured.courses:
            line = [{"x": float(a), "y": float(b)} for a, b in course.points_px.tolist()]
            points.append(_points(stamp, _LINE_STRIP, line, _CYAN))
        texts.append(
            {
                "timestamp": stamp,
                "position": corners[0],
                "text": _words(found),
                "font_size": 14.0,
                "text_color": _YELLOW,
                "background_color": {"r": 0.0, "g": 0.0, "b": 0.0, "a": 0.6},
            }
        )
    return {"circles": [], "points": points, "texts": texts}


def _words(found: LoggedFind) -> str:
    measured = found.find.measured
    widths = None if measured is None or measured.on_wall is None else measured.on_wall.widths_mm
    words = f"{found.id}: {found.find.score:.2f}"
    if measured is not None and measured.below_resolution:
        words += ", below resolution"
    elif widths is not None:
        words += f", {widths.median.value:.2f} mm"
    return words if found.correction is None else f"{words} ({found.correction.words})"


def _points(
    stamp: Mapping[str, int], kind: int, points: list[dict[str, float]], colour: Mapping[str, float]
) -> dict[str, Any]:
    return {
        "timestamp": stamp,
        "type": kind,
        "points": points,
        "outline_color": colour,
        "outline_colors": [],
        "fill_color": {"r": 0.0, "g": 0.0, "b": 0.0, "a": 0.0},
        "thickness": 2.0,
    }


def _transform(pose: Matrix, t_ns: int) -> dict[str, Any]:
    x, y, z = (pose[:3, 3] * _M_PER_MM).tolist()
    return {
        "timestamp": _time(t_ns),
        "parent_frame_id": WALL,
        "child_frame_id": CAMERA,
        "translation": {"x": x, "y": y, "z": z},
        "rotation": quaternion(pose[:3, :3]),
    }


def quaternion(rotation: Matrix) -> dict[str, float]:
    """Of a rotation matrix (3, 3), w >= 0 (Shepperd 1978: by the largest of the four, so that nothing is divided by
    a small number)."""
    r = rotation
    squares = [1 + r[0, 0] - r[1, 1] - r[2, 2], 1 - r[0, 0] + r[1, 1] - r[2, 2], 1 - r[0, 0] - r[1, 1] + r[2, 2]]
    squares.append(1 + r[0, 0] + r[1, 1] + r[2, 2])
    largest = max(range(4), key=lambda i: squares[i])
    s = 2 * float(squares[largest]) ** 0.5
    rows = (
        (s / 4, (r[0, 1] + r[1, 0]) / s, (r[0, 2] + r[2, 0]) / s, (r[2, 1] - r[1, 2]) / s),
        ((r[0, 1] + r[1, 0]) / s, s / 4, (r[1, 2] + r[2, 1]) / s, (r[0, 2] - r[2, 0]) / s),
        ((r[0, 2] + r[2, 0]) / s, (r[1, 2] + r[2, 1]) / s, s / 4, (r[1, 0] - r[0, 1]) / s),
        ((r[2, 1] - r[1, 2]) / s, (r[0, 2] - r[2, 0]) / s, (r[1, 0] - r[0, 1]) / s, s / 4),
    )
    x, y, z, w = (float(value) for value in rows[largest])
    sign = -1.0 if w < 0 else 1.0
    return {"x": sign * x, "y": sign * y, "z": sign * z, "w": sign * w}


def _entity(item: Item, t_ns: int) -> dict[str, Any]:
    identity = {"position": {"x": 0.0, "y": 0.0, "z": 0.0}, "orientation": {"x": 0.0, "y": 0.0, "z": 0.0, "w": 1.0}}
    width_mm = item.fields["width_median_mm"]
    return {
        "timestamp": _time(t_ns),
        "frame_id": WALL,
        "id": f"crack {item.fields['crack_id']}, visit {item.fields['visit_id']}",
        "lifetime": {"sec": 0, "nsec": 0},
        "frame_locked": True,
        "metadata": [{"key": name, "value": str(value)} for name, value in item.fields.items() if value is not None],
        "lines": [
            {
                "type": _SCENE_LINE_STRIP,
                "pose": identity,
                "thickness": max(float(width_mm or 0.0), 1.0) * _M_PER_MM,
                "scale_invariant": False,
                "points": [{"x": x * _M_PER_MM, "y": y * _M_PER_MM, "z": 0.0} for x, y in course.tolist()],
                "color": _RED,
                "colors": [],
                "indices": [],
            }
            for course in item.courses_mm
        ],
        **{name: [] for name in ("arrows", "cubes", "spheres", "cylinders", "triangles", "texts", "models")},
    }


def _line(t_ns: int, level: int, words: str) -> dict[str, Any]:
    return {"timestamp": _time(t_ns), "level": level, "message": words, "name": "hairline", "file": "", "line": 0}


def _ns(run: RunRecord) -> int:
    return round(run.start.started_utc.timestamp() * 1e6) * 1000


def _time(t_ns: int) -> dict[str, int]:
    return {"sec": t_ns // 10**9, "nsec": t_ns % 10**9}
