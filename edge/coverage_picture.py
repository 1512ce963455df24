"""The coverage map as a picture, with its legend and a scale bar."""

import cv2
import numpy as np

from edge.coverage import INSPECTED, NEVER_SEEN, CoverageMap
from edge.frame import U8Image
from edge.scale_bar import INK_BGR, PAPER, draw_scale_bar

Bgr = tuple[int, int, int]

_LONGEST_PX = 1600
# Green that darkens as it gets finer: up to this share of the coarsest scale that counts.
_FINENESS: tuple[tuple[float, Bgr], ...] = ((0.5, (60, 110, 20)), (0.75, (95, 150, 50)), (1.0, (150, 195, 120)))
# Okabe and Ito's colours for all kinds of sight, in the order in which reasons were met; the last for all others.
_REASONS: tuple[Bgr, ...] = (
    (0, 159, 230),
    (66, 228, 240),
    (167, 121, 204),
    (0, 94, 213),
    (233, 180, 86),
    (120, 120, 120),
)
_NEVER_SEEN: Bgr = (225, 225, 225)
_ROW_PX, _SWATCH_PX, _MARGIN_PX = 26, 18, 16


def draw_coverage(coverage: CoverageMap) -> U8Image:
    """uint8 BGR (h, w, 3): wall x to the right, y up. What does not count is never in a colour of what does."""
    colours = _legend(coverage)
    cells = np.full((*coverage.state.shape, 3), _NEVER_SEEN, np.uint8)
    counts = coverage.inspected_cells()
    for i, name in enumerate(coverage.states):
        if name not in (NEVER_SEEN, INSPECTED):
            cells[coverage.state == i] = _reason_colour(i)
    for share, colour in reversed(_FINENESS):
        cells[counts & (coverage.mm_per_px <= share * coverage.max_mm_per_px)] = colour
    rows, cols = _extent(coverage)
    cells = cells[rows, cols][::-1]
    cell_px = max(1, _LONGEST_PX // max(*cells.shape[:2], 1))
    wall = np.repeat(np.repeat(cells, cell_px, axis=0), cell_px, axis=1)
    return _with_legend(wall, colours, mm_per_px=coverage.cell_mm / cell_px)


def _extent(coverage: CoverageMap) -> tuple[slice, slice]:
    """Rows and columns in which anything is known, and a cell around them; all where nothing is."""
    known = np.argwhere(coverage.state > 0)
    if not len(known):
        return slice(None), slice(None)
    (top, left), (bottom, right) = np.maximum(known.min(axis=0) - 1, 0), known.max(axis=0) + 2
    return slice(int(top), int(bottom)), slice(int(left), int(right))


def _legend(coverage: CoverageMap) -> list[tuple[str, Bgr]]:
    """What is in the map, with its area."""
    areas = coverage.areas_m2()
    limits = [f"up to {share * coverage.max_mm_per_px:.2g} mm per px" for share, _ in _FINENESS]
    greens = [(f"inspected, {text}", colour) for text, (_, colour) in zip(limits, _FINENESS, strict=True)]
    greens[0] = (f"{greens[0][0]} (in all {areas[INSPECTED]:.3g} square metres)", greens[0][1])
    reasons = [
        (f"not inspected: {name} ({areas[name]:.3g} square metres)", _reason_colour(i))
        for i, name in enumerate(coverage.states)
        if name not in (NEVER_SEEN, INSPECTED) and areas[name]
    ]
    return [*greens, *reasons, (f"not inspected: {NEVER_SEEN}", _NEVER_SEEN)]


def _reason_colour(state: int) -> Bgr:
    return _REASONS[min(state - 2, len(_REASONS) - 1)]


def _with_legend(wall: U8Image, entries: list[tuple[str, Bgr]], *, mm_per_px: float) -> U8Image:
    width = max(wall.shape[1] + 2 * _MARGIN_PX, 640)
    height = (len(entries) + 2) * _ROW_PX + 2 * _MARGIN_PX
    legend = np.full((height, width, 3), PAPER, np.uint8)
    draw_scale_bar(legend, (_MARGIN_PX, _MARGIN_PX), mm_per_px=mm_per_px, most_px=width // 3)
    for i, (text, colour) in enumerate(entries, start=2):
        top = _MARGIN_PX + i * _ROW_PX
        cv2.rectangle(legend, (_MARGIN_PX, top), (_MARGIN_PX + _SWATCH_PX, top + _SWATCH_PX), colour, -1)
        cv2.rectangle(legend, (_MARGIN_PX, top), (_MARGIN_PX + _SWATCH_PX, top + _SWATCH_PX), INK_BGR, 1)
        at = (_MARGIN_PX + _SWATCH_PX + 8, top + _SWATCH_PX - 4)
        cv2.putText(legend, text, at, cv2.FONT_HERSHEY_SIMPLEX, 0.45, INK_BGR, 1, cv2.LINE_AA)
    framed = np.full((wall.shape[0] + 2 * _MARGIN_PX, width, 3), PAPER, np.uint8)
    framed[_MARGIN_PX : _MARGIN_PX + wall.shape[0], _MARGIN_PX : _MARGIN_PX + wall.shape[1]] = wall
    return np.vstack([framed, legend])
