"""A log as MCAP, opened again by the format's own reader; messages against Foxglove's names and the schemas given."""

import base64
import json
from io import BytesIO
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from edge_review_samples import WH, make_log
from edge_review_wall_samples import make_wall_log
from hypothesis import given
from hypothesis import strategies as st

from edge.exports.mcap import quaternion
from edge.exports.registry import exporter
from edge.log import read_log
from edge.plain import plain_box

reader = pytest.importorskip("mcap.reader")

# docs.foxglove.dev, "Schemas": the types of a field that this export writes as JSON.
PLAIN = {"object": dict, "array": list, "string": str, "number": (int, float), "integer": int, "boolean": bool}


def exported(folder: Path) -> list[tuple[str, str, dict[str, Any], dict[str, Any]]]:
    """Topic, schema's name, schema and message, in the file's order."""
    stream = BytesIO()
    with read_log(folder) as log:
        exporter("mcap")(log, log.runs(), stream)
    stream.seek(0)
    made = reader.make_reader(stream, validate_crcs=True)
    found = []
    for schema, channel, message in made.iter_messages():
        assert (schema.encoding, channel.message_encoding) == ("jsonschema", "json")
        found.append((channel.topic, schema.name, json.loads(schema.data), json.loads(message.data)))
    return found


def conforms(value: Any, schema: dict[str, Any]) -> bool:
    kind = PLAIN[schema["type"]]
    if not isinstance(value, kind):
        return False
    if schema["type"] == "object":
        known = schema.get("properties", {})
        return set(schema.get("required", [])) <= set(value) and all(
            conforms(value[name], known[name]) for name in value if name in known
        )
    if schema["type"] == "array":
        enough = schema.get("minItems", 0) <= len(value) <= schema.get("maxItems", len(value))
        return enough and all(conforms(item, schema["items"]) for item in value)
    return True


def test_a_wall_of_two_visits(tmp_path: Path) -> None:
    make_wall_log(tmp_path)
    messages = exported(tmp_path)
    names = {topic: name for topic, name, _, _ in messages}
    assert names == {
        "/camera/image": "foxglove.CompressedImage",
        "/camera/finds": "foxglove.ImageAnnotations",
        "/camera/calibration": "foxglove.CameraCalibration",
        "/tf": "foxglove.FrameTransform",
        "/wall/cracks": "foxglove.SceneUpdate",
        "/log": "foxglove.Log",
    }
    for topic, _, schema, message in messages:
        assert conforms(message, schema), topic
    of = {topic: [message for name, _, _, message in messages if name == topic] for topic in names}
    with read_log(tmp_path) as log:
        runs = log.runs()
        frames = [frame for run in runs for frame in log.frames(run.id)]
        finds = [found for run in runs for found in log.finds(run.id)]
    assert len(of["/tf"]) == len(frames)
    assert len(of["/camera/image"]) == sum(frame.overlay_path is not None for frame in frames)
    picture = np.frombuffer(base64.b64decode(of["/camera/image"][0]["data"]), np.uint8)
    assert cv2.imdecode(picture, cv2.IMREAD_COLOR).shape == (270, 480, 3)
    assert sum(len(message["texts"]) for message in of["/camera/finds"]) == len(finds)
    boxes = [p for message in of["/camera/finds"] for p in message["points"] if p["type"] == 2]
    assert (boxes[0]["points"][0]["x"], boxes[0]["points"][0]["y"]) == finds[0].find.box_xywh_px[:2]
    pose = frames[0].frame.pose.t_wall_camera
    assert pose is not None
    moved = of["/tf"][0]["translation"]
    np.testing.assert_allclose([moved[axis] for axis in "xyz"], pose[:3, 3] / 1000)
    (scene,) = of["/wall/cracks"]
    assert len(scene["entities"]) == 5
    assert sum("not inspected: too dark" in message["message"] for message in of["/log"]) == 2


def test_a_log_without_places_or_pictures_is_written_too(tmp_path: Path) -> None:
    run_id = make_log(tmp_path, frames=2)
    (tmp_path / "images" / run_id / "000001.jpg").unlink()
    topics = [topic for topic, *_ in exported(tmp_path)]
    assert (topics.count("/camera/image"), topics.count("/camera/finds"), topics.count("/tf")) == (1, 2, 0)


def test_pictures_show_what_the_camera_saw(tmp_path: Path) -> None:
    run_id = make_log(tmp_path, frames=1, finds=1)
    x, y, w, h = plain_box((10, 20, 64, 96), WH)
    plain = cv2.imencode(".jpg", np.full((h, w, 3), 90, np.uint8))[1].tobytes()
    (tmp_path / "images" / run_id / "000000-0.jpg").write_bytes(plain)
    ((_, _, _, message),) = [one for one in exported(tmp_path) if one[0] == "/camera/image"]
    shown = cv2.imdecode(np.frombuffer(base64.b64decode(message["data"]), np.uint8), cv2.IMREAD_COLOR)
    assert np.abs(shown[y + 16 : y + h - 16, x + 16 : x + w - 16].astype(int) - 90).max() < 8
    assert np.abs(shown.astype(int) - 90).max() > 30


@given(st.tuples(*[st.floats(-3, 3)] * 3))
def test_a_rotation_is_the_same_as_a_quaternion(turn: tuple[float, float, float]) -> None:
    rotation = cv2.Rodrigues(np.array(turn))[0]
    x, y, z, w = (quaternion(rotation)[name] for name in "xyzw")
    again = np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
            [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
            [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
        ]
    )
    np.testing.assert_allclose(again, rotation, atol=1e-9)
    assert w >= 0
