"""The pictures of the docs, made by today's program: the demo wall, and crops of real walls with attribution."""

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from edge.cameras import open_source
from edge.cameras.calibrated import CalibratedCamera
from edge.classifier import Classifier
from edge.clock import SystemClock
from edge.finds import group_windows
from edge.frame import Frame, U8Image
from edge.imagefile import read_bgr
from edge.measure.measure import NO_CALIBRATION, Measurer
from edge.overlay import draw_finds, encode_jpeg
from edge.scale import Withheld
from edge.segmenter import Segmenter
from training.datasets.sdnet import TileLabel, read_tile_labels

JPEG_QUALITY = 80
SHOWN_TILES = (6, 4)  # labelled tiles of 256 pixels, across and down
ATTRIBUTION = (
    "Parts of photographs of SDNET2018 (Maguire, Dorafshan and Thomas, 2018, doi:10.15142/T3TD19), CC BY 4.0; windows "
    "at or above the threshold tinted and outlined, and courses of cracks drawn, by Hairline."
)


def demo_picture(classifier: Classifier, segmenter: Segmenter, threshold: float, path: Path) -> None:
    """The frame of the demo wall in which the most windows are found, measured, at 1280 pixels width."""
    best: tuple[int, U8Image | None] = (0, None)
    with open_source("wall", clock=SystemClock()) as camera:
        calibration = camera.calibration if isinstance(camera, CalibratedCamera) else None
        measurer = Measurer(segmenter=segmenter, threshold=threshold, calibration=calibration)
        for frame in camera.frames():
            if isinstance(frame, Frame):
                score_map = classifier.score_map(frame.pixels)
                finds = group_windows(score_map, threshold)
                windows = sum(find.windows for find in finds)
                if windows > best[0]:
                    scale = frame.scale or Withheld(reason=NO_CALIBRATION)
                    measured = measurer.measure(frame.pixels, finds, score_map, scale)
                    draw_finds(frame.pixels, score_map, finds, threshold, measured)
                    best = windows, frame.pixels
    if best[1] is None:
        raise ValueError("nothing was found on the demo wall: there is no picture to show")
    write_picture(path, cv2.resize(best[1], (1280, 720), interpolation=cv2.INTER_AREA))


def wall_pictures(
    tiles_csv: Path, classifier: Classifier, segmenter: Segmenter, threshold: float, folder: Path
) -> list[Path]:
    """Of each labelled wall photograph the part with the most tiles called cracked; returns the files.

    Courses are drawn, without millimetres: nobody knows the photographs' scale.
    """
    tiles: dict[str, list[TileLabel]] = {}
    for tile in read_tile_labels(tiles_csv):
        tiles.setdefault(tile.frame, []).append(tile)
    measurer = Measurer(segmenter=segmenter, threshold=threshold)
    paths = []
    for name in sorted(tiles):
        photograph = read_bgr(tiles_csv.parent / name)
        score_map = classifier.score_map(photograph)
        finds = group_windows(score_map, threshold)
        measured = measurer.measure(photograph, finds, score_map, Withheld(reason=NO_CALIBRATION))
        draw_finds(photograph, score_map, finds, threshold, measured)
        x, y, w, h = _most_cracked(tiles[name])
        paths.append(folder / f"sdnet_{Path(name).stem}.jpg")
        write_picture(paths[-1], np.ascontiguousarray(photograph[y : y + h, x : x + w]))
    return paths


def _most_cracked(tiles: Sequence[TileLabel]) -> tuple[int, int, int, int]:
    """The box, x y w h, of `SHOWN_TILES` that holds the most tiles called cracked."""
    side = tiles[0].box_xywh[2]
    w, h = SHOWN_TILES[0] * side, SHOWN_TILES[1] * side
    right, bottom = (max(t.box_xywh[i] + t.box_xywh[i + 2] for t in tiles) for i in (0, 1))
    cracked = [t.box_xywh[:2] for t in tiles if t.label]

    def held(corner: tuple[int, int]) -> int:
        return sum(corner[0] <= x < corner[0] + w and corner[1] <= y < corner[1] + h for x, y in cracked)

    corners = [(x, y) for y in range(0, bottom - h + 1, side) for x in range(0, right - w + 1, side)]
    return (*max(corners, key=held), w, h)


def write_picture(path: Path, picture: U8Image) -> None:
    """A JPEG, uint8 BGR (h, w, 3)."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(encode_jpeg(picture, JPEG_QUALITY))
