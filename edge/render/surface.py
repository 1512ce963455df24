"""A wall of any size without its cracks, drawn a window at a time: the same pixels whatever windows are asked for.

6 m x 2.5 m at 0.1 mm per pixel are 1.5 gigapixels: they are never in memory. Cracks are not in it, since a camera
draws them on its own pixels, where their width is exact.
"""

from collections import OrderedDict

import numpy as np

from edge.frame import U8Image
from edge.render.cracks import F32
from edge.render.fixtures import draw_joint, draw_tie_hole, joint, tie_reach_px
from edge.render.hung import draw_wire, tag_cells, tag_picture
from edge.render.patchwork import Patchwork
from edge.render.wall import WallSpec, wall_tones

_PAPER, _INK = 225.0, 28.0  # grey levels of a printed tag
_HELD_STAMPS = 32  # tie holes and tags that are kept once drawn

Box = tuple[int, int, int, int]


class Surface:
    """The wall that `spec` describes, of the concrete of `patchwork`; `spec.cracks` and `spec.look` are not drawn."""

    def __init__(self, spec: WallSpec, patchwork: Patchwork) -> None:
        self.spec = spec
        self._patchwork = patchwork
        self._tones = wall_tones(spec)
        w_mm, h_mm = spec.size_wh_mm
        rng = spec.rng("fixtures")
        mm = spec.mm_per_px
        rows = [((h_mm - y) / mm - 0.5, False, joint(rng, w_mm)) for y in spec.joints_y_mm]
        columns = [(x / mm - 0.5, True, joint(rng, h_mm)) for x in spec.joints_x_mm]
        self._joints = rows + columns
        self._stamps: OrderedDict[int, U8Image] = OrderedDict()
        self._ties = spec.to_px(np.array(spec.tie_holes_mm, np.float64).reshape(-1, 2))
        self._boxes = [*(self._tie_box(i) for i in range(len(self._ties))), *self._tag_boxes()]

    def window(self, left_px: int, top_px: int, wh_px: tuple[int, int]) -> U8Image:
        """uint8 BGR (h, w, 3). Coordinates are of the whole wall, (0, 0) its top left; beyond it the concrete goes
        on, since a camera at the edge sees further than the wall that it inspects.
        """
        image = self._flat(left_px, top_px, wh_px)
        for i, (x0, y0, x1, y1) in enumerate(self._boxes):
            rows = slice(max(y0 - top_px, 0), min(y1 - top_px, wh_px[1]))
            columns = slice(max(x0 - left_px, 0), min(x1 - left_px, wh_px[0]))
            if rows.start < rows.stop and columns.start < columns.stop:
                moved = [slice(s.start + d, s.stop + d) for s, d in ((rows, top_px - y0), (columns, left_px - x0))]
                image[rows, columns] = self._stamp(i)[moved[0], moved[1]]
        for wire in self.spec.wires:
            draw_wire(
                image,
                wire,
                height_mm=self.spec.size_wh_mm[1],
                mm_per_px=self.spec.mm_per_px,
                corner_xy_px=(left_px, top_px),
            )
        return image

    def _flat(self, left: int, top: int, wh_px: tuple[int, int]) -> U8Image:
        """Concrete, tones and joints."""
        levels: F32 = self._patchwork.window(left, top, wh_px)
        levels += self._patchwork.tint_bgr
        levels *= self._tones.factor((left, top), wh_px, self.spec.mm_per_px)
        np.clip(np.rint(levels, out=levels), 0, 255, out=levels)
        image = levels.astype(np.uint8)
        for at_px, upright, one in self._joints:
            draw_joint(
                image, one, at_px=at_px, upright=upright, mm_per_px=self.spec.mm_per_px, corner_xy_px=(left, top)
            )
        return image

    def _stamp(self, i: int) -> U8Image:
        """The tie hole or tag of `_boxes[i]` with the concrete around it: what it looks like depends on that."""
        stamp = self._stamps.pop(i, None)
        if stamp is None:
            stamp = self._draw_stamp(i)
        self._stamps[i] = stamp
        if len(self._stamps) > _HELD_STAMPS:
            self._stamps.popitem(last=False)
        return stamp

    def _draw_stamp(self, i: int) -> U8Image:
        x0, y0, x1, y1 = self._boxes[i]
        stamp = self._flat(x0, y0, (x1 - x0, y1 - y0))
        spec = self.spec
        if i < len(self._ties):
            x, y = self._ties[i]
            draw_tie_hole(
                np.random.default_rng((spec.seed, 5, i)),
                stamp,
                centre_xy_px=(float(x) - x0, float(y) - y0),
                radius_mm=spec.tie_radius_mm,
                mm_per_px=spec.mm_per_px,
            )
            return stamp
        tag = spec.tags[i - len(self._ties)]
        cells = tag_cells(tag, height_mm=spec.size_wh_mm[1], mm_per_px=spec.mm_per_px)
        print_ = tag_picture(tag, corner_xy_px=(x0, y0), wh_px=(x1 - x0, y1 - y0), to_cells=cells)
        sheet = ~np.isnan(print_)
        grain = np.random.default_rng((spec.seed, 6, i)).normal(0, 1.5, stamp.shape)
        levels = (_INK + (_PAPER - _INK) * np.nan_to_num(print_))[:, :, None] + grain
        stamp[sheet] = np.clip(np.rint(levels[sheet]), 0, 255)
        return stamp

    def _tie_box(self, i: int) -> Box:
        reach = tie_reach_px(self.spec.tie_radius_mm, self.spec.mm_per_px)
        x, y = (int(v) - reach for v in self._ties[i])
        return x, y, x + 2 * reach, y + 2 * reach

    def _tag_boxes(self) -> list[Box]:
        boxes = []
        for tag in self.spec.tags:
            (x, y), half = self.spec.to_px(np.array([tag.centre_mm]))[0], 0.75 * tag.side_mm / self.spec.mm_per_px
            boxes.append((int(x - half), int(y - half), int(x + half) + 1, int(y + half) + 1))
        return boxes
