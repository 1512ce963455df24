"""A log as COCO (cocodataset.org, "Data format", object detection): the frames and the outlines of what was found."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, BinaryIO

import cv2
import numpy as np

from edge.exports.fields import FIND_FIELDS, Plain, finds
from edge.log import LoggedFind, LoggedFrame, LogReader, RunRecord
from edge.log.edits import MaskEdit
from edge.measure.measured import Course
from edge.pose import Matrix

_CRACK = {"id": 1, "name": "crack", "supercategory": "damage"}
# Where no width was taken, a crack is drawn this wide: a pixel, for it was seen.
_LEAST_WIDTH_PX = 1.0


def write_coco(log: LogReader, runs: Sequence[RunRecord], stream: BinaryIO) -> None:
    """Writes one JSON: inspected frames (pictures without finds are examples too), and an annotation a find.

    Outlines are the courses with their widths; a find that was not measured has its box, and says `measured: false`.
    What somebody drew is the outline where they corrected the mask. `file_name` is what the source called the frame;
    `info` names the frames that were not inspected, and why. Raises `LogError`.
    """
    images: list[dict[str, Any]] = []
    annotations: list[dict[str, Any]] = []
    not_inspected: list[dict[str, Any]] = []
    for run in runs:
        ids = {}
        for logged in log.frames(run.id):
            if logged.frame.skipped is None and logged.frame.frame_wh is not None:
                ids[logged.frame.seq] = len(images) + 1
                images.append(_image(len(images) + 1, logged))
            else:
                left = {"run_id": run.id, "frame_seq": logged.frame.seq, "file_name": logged.frame.name}
                not_inspected.append({**left, "reason": logged.frame.skipped})
        for found, item in zip(log.corrected_finds(run.id), finds(log, [run]), strict=True):
            annotations.append(_annotation(found, item.fields, ids[found.seq]))
    info = {"description": "Hairline inspection log", "version": "1.0", "not_inspected": not_inspected}
    content = {"info": info, "images": images, "annotations": annotations, "categories": [_CRACK]}
    stream.write(json.dumps(content, allow_nan=False).encode())


def _image(number: int, logged: LoggedFrame) -> dict[str, Any]:
    frame = logged.frame
    width, height = frame.frame_wh or (None, None)
    return {
        "id": number,
        "file_name": frame.name,
        "width": width,
        "height": height,
        "date_captured": frame.t_utc.isoformat(),
        "run_id": logged.run_id,
        "frame_seq": frame.seq,
        "overlay_path": None if logged.overlay_path is None else logged.overlay_path.as_posix(),
    }


def _annotation(found: LoggedFind, fields: Mapping[str, Plain], image_id: int) -> dict[str, Any]:
    measured = found.find.measured
    outlines = [] if measured is None else [outline(course) for course in measured.courses if len(course.points_px) > 1]
    if found.correction is not None:
        outlines = _drawn(found.correction.mask)
    if not outlines:
        x, y, w, h = found.find.box_xywh_px
        outlines = [np.array([[x, y], [x + w, y], [x + w, y + h], [x, y + h]], np.float64)]
    every = np.concatenate(outlines)
    (left, top), (right, bottom) = every.min(axis=0).tolist(), every.max(axis=0).tolist()
    known = {name: fields[name] for name in FIND_FIELDS if fields[name] is not None and name != "frame_seq"}
    return {
        "id": found.id,
        "image_id": image_id,
        "category_id": _CRACK["id"],
        "segmentation": [points.round(3).ravel().tolist() for points in outlines],
        "bbox": [left, top, right - left, bottom - top],
        "area": float(sum(_area(points) for points in outlines)),
        "iscrowd": 0,
        "measured": measured is not None,
        "attributes": known,
    }


def _drawn(mask: MaskEdit) -> list[Matrix]:
    """The outlines (n, 2) of a mask's pieces, of those with an area."""
    corner = np.array(mask.box_xywh_px[:2]) + 0.5
    rings, _ = cv2.findContours(mask.mask().astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    return [ring[:, 0] + corner for ring in rings if len(ring) > 2]


def outline(course: Course) -> Matrix:
    """(2n, 2): along one side of a course and back on the other, half its width away. COCO's (0, 0) is a corner."""
    points = course.points_px + 0.5
    along = np.gradient(points, axis=0)
    along /= np.maximum(np.linalg.norm(along, axis=1, keepdims=True), 1e-9)
    across = np.stack([-along[:, 1], along[:, 0]], axis=1)
    half = np.maximum(np.nan_to_num(course.widths_px, nan=_LEAST_WIDTH_PX), _LEAST_WIDTH_PX)[:, None] / 2
    return np.concatenate([points + across * half, (points - across * half)[::-1]])


def _area(points: Matrix) -> float:
    x, y = points.T
    return float(abs(np.dot(x, np.roll(y, 1)) - np.dot(y, np.roll(x, 1))) / 2)
