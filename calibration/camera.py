"""From views of a board to a camera's calibration, or to the words of what is missing."""

from importlib.metadata import version

import numpy as np

from calibration.board import Board
from calibration.collect import Views
from calibration.coverage import coverage
from calibration.solve import Solution, solve
from edge.calibration_record import LENS, SCHEMA_VERSION, CalibrationView, CameraCalibration
from edge.clock import Clock
from edge.errors import CalibrationError

# Twice the standard deviation of a focal length, as a share: what we claim of it.
MAX_FOCAL_ERROR = 0.002
# A view that fits this many times worse than the middle one is named.
_POOR_VIEW = 3.0


def calibrate(board: Board, views: Views, *, source: str, clock: Clock, max_rms_px: float) -> CameraCalibration:
    """The calibration that the views give. Raises `CalibrationError` for too few or too similar views, naming what is
    missing, and where they leave the focal length open.

    A reprojection error above `max_rms_px` is no error here: it is written down, and forbids millimetres.
    """
    missing = coverage(board, views.kept, views.frame_wh).missing()
    if missing:
        raise CalibrationError(
            f"{source}: the views must cover the frame and the tilts; of {len(views.kept)} that were taken "
            f"({_passed_over(views)}) these are missing: {'; '.join(missing)}"
        )
    solution = solve(board, views.kept, views.frame_wh)
    _check_focal(solution, source)
    return CameraCalibration(
        schema_version=SCHEMA_VERSION,
        id="",
        made_utc=clock.utc().isoformat(timespec="seconds"),
        hairline_version=version("hairline"),
        source=source,
        board=str(board),
        frame_wh=views.frame_wh,
        lens_position_dpt=views.lens_position_dpt,
        lens=tuple(float(v) for v in solution.lens),
        lens_covariance=tuple(tuple(float(v) for v in row) for row in solution.covariance),
        rms_px=solution.rms_px,
        max_rms_px=max_rms_px,
        views=tuple(
            CalibrationView(name=view.name, corners=len(view.ids), rms_px=float(rms))
            for view, rms in zip(views.kept, solution.view_rms_px, strict=True)
        ),
    ).with_id()


def poor_views(calibration: CameraCalibration) -> list[CalibrationView]:
    """Views that fit much worse than the middle one, worst first: blurred, bent, or not this board."""
    middle = float(np.median([view.rms_px for view in calibration.views]))
    poor = [view for view in calibration.views if view.rms_px > _POOR_VIEW * middle]
    return sorted(poor, key=lambda view: -view.rms_px)


def _check_focal(solution: Solution, source: str) -> None:
    for i in (0, 1):
        error = 2 * float(np.sqrt(solution.covariance[i, i]) / solution.lens[i])
        if error > MAX_FOCAL_ERROR:
            raise CalibrationError(
                f"{source}: the focal length must be known within {MAX_FOCAL_ERROR:.1%} (two standard deviations); "
                f"these views leave {LENS[i]} open by {error:.2%}: come nearer, tilt the board more, hold it still"
            )


def _passed_over(views: Views) -> str:
    if not views.passed_over:
        return "none was passed over"
    return "passed over: " + ", ".join(f"{count} x {reason}" for reason, count in views.passed_over.most_common(4))
