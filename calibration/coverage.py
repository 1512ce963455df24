"""What a set of views of a board still lacks: parts of the frame, tilts, and views that differ."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from calibration.board import Board
from calibration.sightings import Sighting
from edge.pose import Matrix

# A lens is known where corners were seen. A focal length shows only in views that are tilted: without them it cannot be
# told from the distance (Zhang 2000, section 3.1).
CELLS_WH = (4, 4)
CORNERS_A_CELL = 4
TILT_DEG = 15.0
VIEWS_A_TILT = 2
MIN_VIEWS = 12
# A corner must have moved by this share of the frame's diagonal for a view to be another one.
MIN_CHANGE = 0.02

# Three views give OpenCV a first focal length; before, a lens as long as the frame is wide.
_VIEWS_FOR_FOCAL = 3

_ROWS = ("top", "upper", "lower", "bottom")
_COLUMNS = ("far left", "left", "right", "far right")
# Whose edge is nearer to the camera: sign of the tilt about the board's x and y as the camera sees it.
TILTS = ("top edge nearer", "bottom edge nearer", "left edge nearer", "right edge nearer")


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """`cells` counts corners, row after row of `CELLS_WH`; `tilts` counts views, in the order of `TILTS`."""

    views: int
    cells: tuple[int, ...]
    tilts: tuple[int, ...]

    @property
    def is_complete(self) -> bool:
        return not self.missing()

    def missing(self) -> list[str]:
        """What to add, in words, most helpful first."""
        cells = [_cell_name(i) for i, count in enumerate(self.cells) if count < CORNERS_A_CELL]
        tilts = [name for name, count in zip(TILTS, self.tilts, strict=True) if count < VIEWS_A_TILT]
        wanted = []
        if cells:
            wanted.append(f"the board at {', '.join(cells)}")
        if tilts:
            wanted.append(f"the board tilted by {TILT_DEG:g} degrees or more, {', '.join(tilts)}")
        if self.views < MIN_VIEWS:
            wanted.append(f"{MIN_VIEWS - self.views} more views")
        return wanted

    def map(self) -> str:
        """The cells that are covered, row after row, such as '##.# #### ..## ####'."""
        cols = CELLS_WH[0]
        marks = "".join("#" if count >= CORNERS_A_CELL else "." for count in self.cells)
        return " ".join(marks[i : i + cols] for i in range(0, len(marks), cols))


def coverage(board: Board, sightings: Sequence[Sighting], frame_wh: tuple[int, int]) -> Coverage:
    """What the views cover; tilts are those by a first guess of the lens."""
    cells = np.zeros(CELLS_WH[0] * CELLS_WH[1], int)
    for sighting in sightings:
        col, row = np.floor((sighting.points_px + 0.5) * CELLS_WH / frame_wh).astype(int).T
        inside = (col >= 0) & (col < CELLS_WH[0]) & (row >= 0) & (row < CELLS_WH[1])
        np.add.at(cells, (row * CELLS_WH[0] + col)[inside], 1)
    counts = [0, 0, 0, 0]
    for rotation in _rotations(board, sightings, frame_wh):
        for i, is_tilted in enumerate(tilted(rotation)):
            counts[i] += is_tilted
    return Coverage(views=len(sightings), cells=tuple(int(n) for n in cells), tilts=tuple(counts))


def tilted(rotation: Matrix) -> tuple[bool, bool, bool, bool]:
    """Which of `TILTS` a board (3, 3, into the camera's axes) shows."""
    normal = rotation[:, 2] if rotation[2, 2] > 0 else -rotation[:, 2]  # away from the camera
    right, down = np.degrees(np.arctan2(normal[:2], normal[2]))
    # A board whose normal points down has turned its lower edge away.
    return bool(down <= -TILT_DEG), bool(down >= TILT_DEG), bool(right <= -TILT_DEG), bool(right >= TILT_DEG)


def change(board: Board, view: Sighting, other: Sighting, frame_wh: tuple[int, int]) -> float:
    """How far that corner of those that both see has moved which moved most, as a share of the frame's diagonal; 1 if
    none is seen by both. (On average, a board that only tilts hardly moves.)

    A chessboard looks the same upside down, and its corners are then counted from the other end.
    """
    _, mine, theirs = np.intersect1d(view.ids, other.ids, return_indices=True)
    if not len(mine):
        return 1.0
    before, now = other.points_px[theirs], view.points_px[mine]
    moves = [np.linalg.norm(now - before, axis=1).max()]
    if not board.marker_mm:
        moves.append(np.linalg.norm(now - before[::-1], axis=1).max())
    return float(min(moves) / np.hypot(*frame_wh))


def _cell_name(index: int) -> str:
    row, column = divmod(index, CELLS_WH[0])
    return f"{_ROWS[row]} {_COLUMNS[column]}"


def _rotations(board: Board, views: Sequence[Sighting], frame_wh: tuple[int, int]) -> Matrix:
    """(views, 3, 3) of the board by a first guess of the lens: good enough to say how it is tilted."""
    objects = [board.corners_mm()[view.ids].astype(np.float32) for view in views]
    points = [view.points_px.astype(np.float32) for view in views]
    focal = float(max(frame_wh))
    lens = np.array([[focal, 0, (frame_wh[0] - 1) / 2], [0, focal, (frame_wh[1] - 1) / 2], [0, 0, 1]])
    if len(views) >= _VIEWS_FOR_FOCAL:
        guess = cv2.initCameraMatrix2D(objects, points, frame_wh)
        # Views that are all square to the camera leave it open.
        if np.isfinite(guess).all() and 0.3 * focal < guess[0, 0] < 10 * focal:
            lens = guess
    turns = [cv2.solvePnP(model, seen, lens, None)[1] for model, seen in zip(objects, points, strict=True)]
    return np.array([cv2.Rodrigues(turn)[0] for turn in turns]).reshape(-1, 3, 3)
