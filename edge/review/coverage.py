"""What of the wall was inspected, and why the rest was not, as a picture that the page lays over its map."""

import base64
from typing import Any

import cv2
import numpy as np

from edge.coverage import INSPECTED, NEVER_SEEN, CoverageMap
from edge.errors import CalibrationError
from edge.log import LogReader, RunRecord
from edge.run_coverage import coverage_of_run

# Coarser than any frame that a camera on a rover takes: here every place that was scored counts as inspected.
ANY_MM_PER_PX = 50.0
MAX_CELLS_A_SIDE = 1_600
# Blue, green, red, alpha: Okabe and Ito's colours, as the coverage map of `hairline run --coverage` has them.
_INSPECTED = (115, 158, 0, 40)
_REASONS = ((0, 159, 230, 150), (66, 228, 240, 150), (167, 121, 204, 150), (0, 94, 213, 150), (120, 120, 120, 150))


def coverage_content(log: LogReader, runs: list[RunRecord]) -> dict[str, Any]:
    """The areas by run, and the picture of the latest run that has places; `none` says why there is no map."""
    shown: CoverageMap | None = None
    latest, areas = None, []
    for run in runs:
        try:
            found = coverage_of_run(log, run, max_mm_per_px=ANY_MM_PER_PX)
        except CalibrationError as wrong:
            areas.append({"run": run.id, "areas_m2": {}, "none": str(wrong)})
            continue
        if found is None or not (found.state > 0).any():
            areas.append({"run": run.id, "areas_m2": {}, "none": "no frame of this run has a place on the wall"})
            continue
        shown, latest = found, run.id
        areas.append({"run": run.id, "areas_m2": {name: round(m2, 4) for name, m2 in found.areas_m2().items() if m2}})
    return {"runs": areas, "map": None if shown is None else {"run": latest, **coverage_picture(shown)}}


def coverage_picture(coverage: CoverageMap) -> dict[str, Any]:
    """PNG of its cells, base64, y up; the corners of the picture on the wall in mm; the colours of its states."""
    states, first_ij = coverage.state, coverage.first_ij
    known = np.argwhere(states > 0)
    (top, left), (bottom, right) = known.min(axis=0), known.max(axis=0) + 1
    counts = coverage.inspected_cells()[top:bottom, left:right]
    cells = states[top:bottom, left:right]
    picture = np.zeros((*cells.shape, 4), np.uint8)
    colours = {}
    for state, name in enumerate(coverage.states):
        if name in (NEVER_SEEN, INSPECTED):
            continue
        colour = _REASONS[min(state - 2, len(_REASONS) - 1)]
        picture[cells == state] = colour
        colours[name] = _css(colour)
    picture[counts] = _INSPECTED
    step = max(1, -(-max(cells.shape) // MAX_CELLS_A_SIDE))
    _, content = cv2.imencode(".png", picture[::-1][::step, ::step])
    x0, y0 = (first_ij[0] + int(left)) * coverage.cell_mm, (first_ij[1] + int(top)) * coverage.cell_mm
    return {
        "box_mm": [x0, y0, x0 + cells.shape[1] * coverage.cell_mm, y0 + cells.shape[0] * coverage.cell_mm],
        "png": base64.b64encode(content.tobytes()).decode("ascii"),
        "colours": {"inspected": _css(_INSPECTED), **colours},
    }


def _css(bgra: tuple[int, int, int, int]) -> str:
    blue, green, red, _ = bgra
    return f"rgb({red} {green} {blue})"
