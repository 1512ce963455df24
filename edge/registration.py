"""How far the rover moved between two frames: planar registration, searched only near the prediction.

Both frames are laid onto the wall (lens, bracket and the predicted step), matched as a whole
(`edge.registration_search`) and then in patches by Lucas and Kanade's method (`edge.registration_patches`). The step is
the least-squares fit of a plane's motion to the patches, with the tilts of the camera, which nobody knows better than
by some degrees, fitted along within what is known of them. Its covariance comes from the patches' structure and from
how well they agree.

Where the wall does not show the step, there is none: `NoStep` says why.
"""

from dataclasses import dataclass, replace
from enum import StrEnum

import cv2
import numpy as np
import numpy.typing as npt

from edge.calibration_record import CameraCalibration
from edge.frame import U8Image
from edge.geometry import derivative, pixels, rays
from edge.pose.plane import Bracket, Planar, camera_at
from edge.pose.pose import Matrix
from edge.registration_patches import Patches, follow
from edge.registration_search import Laid, Peak, search, spectra

# Wide enough for a tenth of a millimetre, small enough for a Raspberry Pi.
_WORK_WIDTH_PX = 640
_LATTICE_PX = 8  # a lens bends little between two points of this lattice
_LOCAL_SD_PX = 6.0  # light, vignetting and shadows are wider, the wall's grain is finer
_FAINT_LEVELS = 0.5
_CONTRAST = 24.0
_SEARCH_SD = 4.0
_LEAST_SEARCH_PX = 4.0
_MOST_SEARCH = 0.4  # of the frame
_TURN_STEP_RAD = np.radians(0.5)
_MOST_TURNS = 9
_LEAST_OVERLAP = 0.06
_LEAST_PATCHES = 8
# What interpolation and the lens leave, in working pixels, however many patches agree.
_FLOOR_PX, _FLOOR_RAD = 0.03, 2e-5
_MOST_SD_PX = 0.5
_FIT_STEPS = 8
_ROUNDS = 4  # the first on pictures of half the size, where a patch finds what is twice as far off
_COARSE, _FINE = (23, 12), (41, 41)  # side and stride of the patches
_FIT_DERIVATIVE = np.array([1e-3, 1e-3, 1e-6, 1e-6, 1e-6])
_OUTLIER_SD = 5.0  # medians
_LEAST_TEXTURE = 0.05


class Reason(StrEnum):
    """Why there is no step."""

    LITTLE_OVERLAP = "the frames overlap too little where the step is predicted"
    NO_TEXTURE = "the wall shows too little texture to see a step"
    AMBIGUOUS = "the wall repeats itself: two steps fit about as well"
    NO_MATCH = "the wall looks different where the step is predicted"


@dataclass(frozen=True, slots=True, kw_only=True)
class NoStep:
    """Why none was found."""

    reason: Reason


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Look:
    """A frame as registration sees it, one pixel being `factor` of the frame's: real = contrast / 24, int8 (h, w).

    Small, because a tracker keeps those of the row before.
    `texture` is how alike neighbouring pixels are (a correlation): about 0 where there is nothing but noise.
    """

    contrast: npt.NDArray[np.int8]
    factor: float
    texture: float


def look_of(picture: U8Image) -> Look:
    """From a BGR or grey picture: what is left of it when light and shade are taken out."""
    grey = picture if picture.ndim == 2 else cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY)
    factor = max(1.0, grey.shape[1] / _WORK_WIDTH_PX)
    wh = round(grey.shape[1] / factor), round(grey.shape[0] / factor)
    small = cv2.resize(grey, wh, interpolation=cv2.INTER_AREA).astype(np.float32)
    detail = small - cv2.GaussianBlur(small, (0, 0), _LOCAL_SD_PX)
    strength = cv2.sqrt(cv2.GaussianBlur(detail * detail, (0, 0), 2 * _LOCAL_SD_PX))
    contrast = detail / (strength + np.float32(_FAINT_LEVELS))
    q = np.clip(np.rint(contrast * _CONTRAST), -127, 127).astype(np.int8)
    alike = (contrast[1:] * contrast[:-1]).mean() / max(float((contrast**2).mean()), 1e-9)
    return Look(contrast=q, factor=factor, texture=float(alike))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Sheet:
    """A grid on the wall in the axes of the first frame: `left_top_mm` is the middle of its first pixel."""

    left_top_mm: Matrix
    wh_px: tuple[int, int]
    mm: float
    radius_mm: Matrix

    def to_mm(self, points_px: Matrix) -> Matrix:
        return self.left_top_mm + points_px * [self.mm, -self.mm]


@dataclass(frozen=True, slots=True, kw_only=True)
class Registered:
    """A step in the axes of the first frame, and the bracket whose tilts fit it best: the better prior for the next.

    The step's covariance leaves out the scale, which is off by `Bracket.scale_sd` in all steps alike.
    """

    step: Planar
    bracket: Bracket


@dataclass(frozen=True, slots=True, kw_only=True)
class Registrar:
    """Finds steps between the frames of one camera."""

    calibration: CameraCalibration

    def step(self, first: Look, second: Look, prediction: Planar, bracket: Bracket) -> Registered | NoStep:
        """The step in the first frame's axes, searched within four standard deviations of the prediction.

        No farther than two fifths of the frame: what is sought there hardly overlaps.
        """
        if min(first.texture, second.texture) < _LEAST_TEXTURE:
            return NoStep(reason=Reason.NO_TEXTURE)
        sheet = self._sheet(first, prediction, bracket)
        if sheet is None:
            return NoStep(reason=Reason.LITTLE_OVERLAP)
        found = self._search(first, second, sheet, prediction, bracket)
        if found is None:
            return NoStep(reason=Reason.LITTLE_OVERLAP)
        guess, peak = found
        if not peak.significant:
            return NoStep(reason=Reason.NO_MATCH)
        if peak.ambiguous:
            return NoStep(reason=Reason.AMBIGUOUS)
        return self._refined(first, second, sheet, guess, bracket)

    def _search(
        self, first: Look, second: Look, sheet: _Sheet, prediction: Planar, bracket: Bracket
    ) -> tuple[Matrix, Peak] | None:
        """The best step over the whole search, to a pixel, and its peak."""
        lain = spectra(_halved(self._lay(first, np.zeros(3), bracket.values, sheet)))
        radius = np.ceil(sheet.radius_mm / (2 * sheet.mm)).astype(int)
        best: tuple[Matrix, Peak] | None = None
        for turn in _turns(float(np.sqrt(prediction.covariance[2, 2]))):
            guess = prediction.values + np.array([0.0, 0.0, turn])
            laid = spectra(_halved(self._lay(second, guess, bracket.values, sheet)))
            peak = search(lain, laid, (int(radius[0]), int(radius[1])))
            if peak is not None and (best is None or peak.correlation > best[1].correlation):
                # What lies further right in the second was passed: the rover went less far than guessed.
                x, y = peak.shift_px * 2 * sheet.mm
                best = guess + np.array([-x, y, 0.0]), peak
        return best

    def _refined(
        self, first: Look, second: Look, sheet: _Sheet, guess: Matrix, bracket: Bracket
    ) -> Registered | NoStep:
        """By patches, until they lie where they belong."""
        found = Registered(step=Planar(values=guess, covariance=np.eye(3)), bracket=bracket)
        for turn in range(_ROUNDS):
            held, place = found.bracket.values, found.step.values
            lain, laid = self._lay(first, np.zeros(3), held, sheet), self._lay(second, place, held, sheet)
            if turn == 0:
                patches = follow(_halved(lain), _halved(laid), *_COARSE).scaled(2.0)
            else:
                patches = follow(lain, laid, *_FINE)
            fitted = _fit(patches, sheet, found, bracket)
            if fitted is None:
                return NoStep(reason=Reason.NO_MATCH)
            still = np.abs(fitted.step.values - place)[:2].max() < _FLOOR_PX * sheet.mm
            found = fitted
            if turn and still:
                break
        if np.sqrt(np.linalg.eigvalsh(found.step.covariance[:2, :2])[-1]) > _MOST_SD_PX * sheet.mm:
            return NoStep(reason=Reason.NO_TEXTURE)
        return found

    def _sheet(self, first: Look, prediction: Planar, bracket: Bracket) -> _Sheet | None:
        """Where both frames see the wall if the prediction holds, and as far around as is searched."""
        corners = [self._footprint(place, bracket) for place in (np.zeros(3), prediction.values)]
        low = np.max([c.min(axis=0) for c in corners], axis=0)
        high = np.min([c.max(axis=0) for c in corners], axis=0)
        whole = np.prod(np.ptp(corners[0], axis=0))
        if (high <= low).any() or np.prod(high - low) < _LEAST_OVERLAP * whole:
            return None
        mm = float(np.ptp(corners[0][:, 0])) / first.contrast.shape[1]
        radius = _SEARCH_SD * np.sqrt(np.diag(prediction.covariance)[:2]) + _LEAST_SEARCH_PX * mm
        radius = np.minimum(radius, _MOST_SEARCH * np.ptp(corners[0], axis=0))
        low, high = low - radius, high + radius
        w, h = np.ceil((high - low) / mm).astype(int)
        return _Sheet(left_top_mm=np.array([low[0], high[1]]), wh_px=(int(w), int(h)), mm=mm, radius_mm=radius)

    def _footprint(self, place: Matrix, bracket: Bracket) -> Matrix:
        """The frame's corners (4, 2) on the wall, in mm."""
        w, h = self.calibration.frame_wh
        corners = np.array([[0, 0], [w - 1, 0], [w - 1, h - 1], [0, h - 1]], np.float64)
        return _hits(rays(self.calibration, corners), camera_at(place, bracket.values))

    def _lay(self, look: Look, place: Matrix, held: Matrix, sheet: _Sheet) -> Laid:
        """The frame on the sheet as if it were taken from `place`, on a bracket (3,)."""
        w, h = sheet.wh_px
        columns, rows = np.meshgrid(*(np.arange(n // _LATTICE_PX + 2, dtype=np.float64) for n in (w, h)))
        points = sheet.to_mm(np.stack([columns, rows], axis=-1).reshape(-1, 2) * _LATTICE_PX)
        frame_px = pixels(self.calibration, _directions(points, camera_at(place, held)))
        look_px = ((frame_px + 0.5) / look.factor - 0.5).reshape(*columns.shape, 2).astype(np.float32)
        enlarge = np.array([[1 / _LATTICE_PX, 0, 0], [0, 1 / _LATTICE_PX, 0]])
        where = cv2.warpAffine(look_px, enlarge, (w, h), flags=cv2.WARP_INVERSE_MAP | cv2.INTER_LINEAR)
        contrast = look.contrast.astype(np.float32) / np.float32(_CONTRAST)
        laid = cv2.remap(contrast, where, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT, borderValue=0)
        last = np.array(look.contrast.shape[::-1]) - 1
        seen = ((where >= 0) & (where <= last)).all(axis=2)
        return Laid(contrast=np.where(seen, laid, np.float32(0)), seen=seen)


def _fit(patches: Patches, sheet: _Sheet, laid: Registered, prior: Bracket) -> Registered | None:
    """The motion of a camera before a plane that takes the patches, which lie as in `laid`, to where they were found.

    None where too few agree.
    """
    if not len(patches.at_px):
        return None
    held, base = laid.bracket.values, prior.values[1:]
    seen_first = _directions(sheet.to_mm(patches.at_px), camera_at(np.zeros(3), held))
    seen_second = _directions(sheet.to_mm(patches.found_px), camera_at(laid.step.values, held))
    whitening = np.linalg.inv(np.linalg.cholesky(patches.covariance * sheet.mm**2))
    known = np.zeros((5, 5))
    known[3:, 3:] = np.linalg.inv(prior.covariance[1:, 1:] + np.eye(2) * 1e-12)

    def apart(values: Matrix) -> Matrix:
        """(k, 2), in standard deviations of the patches."""
        on = np.array([held[0], *values[3:]])
        gap = _hits(seen_first, camera_at(np.zeros(3), on)) - _hits(seen_second, camera_at(values[:3], on))
        return np.einsum("kij,kj->ki", whitening, gap)

    values = np.array([*laid.step.values, *held[1:]])
    kept = np.ones(len(whitening), bool)
    for _ in range(_FIT_STEPS):
        if kept.sum() < max(_LEAST_PATCHES, len(kept) / 2):
            return None
        off = apart(values)[kept]
        slope = derivative(apart, values, _FIT_DERIVATIVE)[kept].reshape(-1, 5)
        information = slope.T @ slope / _spread(off) + known
        pull = slope.T @ off.ravel() / _spread(off) + known @ (values - [0.0, 0.0, 0.0, *base])
        values = values - np.linalg.solve(information, pull)
        size = np.abs(apart(values)).max(axis=1)
        again = size < _OUTLIER_SD * float(np.median(size[kept]))
        if (again == kept).all():
            break
        kept = again
    covariance = np.linalg.inv(slope.T @ slope / _spread(apart(values)[kept]) + known)
    covariance = (covariance + covariance.T) / 2
    floor = np.array([_FLOOR_PX * sheet.mm] * 2 + [_FLOOR_RAD])
    spread = prior.covariance.copy()
    spread[1:, 1:] = covariance[3:, 3:]
    return Registered(
        step=Planar(values=values[:3], covariance=covariance[:3, :3] + np.diag(floor**2)),
        bracket=replace(prior, values=np.array([held[0], *values[3:]]), covariance=spread),
    )


def _spread(off: Matrix) -> float:
    """By how much patches (k, 2) scatter beyond what they say, as a variance."""
    return max(float((off**2).sum()) / (off.size - 5), 1e-9)


def _turns(sd: float) -> list[float]:
    """Turns to try about the predicted one: a picture still matches half a step beside its own."""
    reach = min(int(np.ceil(_SEARCH_SD * sd / _TURN_STEP_RAD - 0.5)), _MOST_TURNS // 2)
    return [i * _TURN_STEP_RAD for i in range(-max(reach, 0), max(reach, 0) + 1)]


def _halved(laid: Laid) -> Laid:
    h, w = laid.contrast.shape
    wh = max(1, w // 2), max(1, h // 2)
    even = np.s_[: 2 * wh[1], : 2 * wh[0]]
    small = cv2.resize(laid.contrast[even], wh, interpolation=cv2.INTER_AREA)
    seen = cv2.resize(laid.seen[even].astype(np.float32), wh, interpolation=cv2.INTER_AREA) > 0.99
    return Laid(contrast=np.where(seen, small, np.float32(0)), seen=seen)


def _directions(points_mm: Matrix, camera: Matrix) -> Matrix:
    """Points (n, 2) of the wall in the axes of a camera (4, 4): (n, 3)."""
    return (np.column_stack([points_mm, np.zeros(len(points_mm))]) - camera[:3, 3]) @ camera[:3, :3]


def _hits(directions: Matrix, camera: Matrix) -> Matrix:
    """Where directions (n, 3) of a camera (4, 4) meet the wall: (n, 2)."""
    towards, eye = directions @ camera[:3, :3].T, camera[:3, 3]
    return eye[:2] - towards[:, :2] * (eye[2] / towards[:, 2:])
