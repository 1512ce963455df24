"""From a board's corners in many pictures to the lens: OpenCV's bundle adjustment, and the covariance it leaves out.

Z. Zhang, "A flexible new technique for camera calibration", PAMI 22(11), 2000.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from calibration.board import Board
from calibration.sightings import Sighting
from edge.calibration_record import LENS
from edge.errors import CalibrationError
from edge.pose import Matrix

_LENS = len(LENS)
_POSE = 6


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Solution:
    """`lens` (9,) in the order of `edge.calibration_record.LENS` with `covariance` (9, 9); errors in pixels.

    `sd_opencv` (9,) are the standard deviations that OpenCV states, to compare with.
    """

    lens: Matrix
    covariance: Matrix
    rms_px: float
    view_rms_px: Matrix
    sd_opencv: Matrix


def solve(board: Board, sightings: Sequence[Sighting], frame_wh: tuple[int, int]) -> Solution:
    """Raises `CalibrationError` where the views do not determine the lens."""
    on_board = board.corners_mm().astype(np.float32)
    objects = [on_board[s.ids] for s in sightings]
    points = [s.points_px.astype(np.float32) for s in sightings]
    try:
        rms, matrix, distortion, turns, places, sds, _, errors = cv2.calibrateCameraExtended(
            objects, points, frame_wh, None, None
        )
    except cv2.error as failed:
        raise CalibrationError(f"the views must determine the lens; they do not: {failed.err}") from failed
    lens = np.array([matrix[0, 0], matrix[1, 1], matrix[0, 2], matrix[1, 2], *distortion.ravel()[:5]])
    covariance = _covariance(matrix, distortion, objects, points, turns, places)
    if not np.isfinite(lens).all() or not np.isfinite(covariance).all() or min(lens[:2]) <= 0:
        raise CalibrationError("the views must determine the lens; they leave it open: tilt the board in more of them")
    return Solution(
        lens=lens,
        covariance=covariance,
        rms_px=float(rms),
        view_rms_px=np.asarray(errors, np.float64).ravel(),
        sd_opencv=np.asarray(sds, np.float64).ravel()[:_LENS],
    )


def _covariance(
    matrix: Matrix,
    distortion: Matrix,
    objects: Sequence[npt.NDArray[np.float32]],
    points: Sequence[npt.NDArray[np.float32]],
    turns: Sequence[Matrix],
    places: Sequence[Matrix],
) -> Matrix:
    """(9, 9) of the lens with all poses free: the Schur complement of their block in the normal equations."""
    normal, squares, count = np.zeros((_LENS, _LENS)), 0.0, 0
    for model, seen, turn, place in zip(objects, points, turns, places, strict=True):
        projected, slope = cv2.projectPoints(model, turn, place, matrix, distortion)
        pose, lens = slope[:, :_POSE], slope[:, _POSE : _POSE + _LENS]
        cross = lens.T @ pose
        normal += lens.T @ lens - cross @ np.linalg.solve(pose.T @ pose, cross.T)
        squares += float(((projected.reshape(-1, 2) - seen) ** 2).sum())
        count += 2 * len(model)
    freedom = count - _LENS - _POSE * len(objects)
    if freedom <= 0 or np.linalg.cond(normal) > 1 / np.finfo(float).eps:
        return np.full((_LENS, _LENS), np.nan)
    covariance = np.linalg.inv(normal) * squares / freedom
    return (covariance + covariance.T) / 2
