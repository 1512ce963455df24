"""Procedural concrete: clouds, grain and pores, as dense as they are on photographs of cast walls.

The amplitudes were set so that the octave bands (standard deviation of Laplacian-pyramid levels) of a
rendered patch at 0.25 mm per pixel lie among those of wall photographs in SDNET2018 (Maguire et al., 2018).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np

from edge.frame import U8Image
from edge.render.cracks import F32
from edge.render.pores import Pores, draw_pores

# Wavelength in mm and standard deviation in grey levels of each octave of the clouds.
_CLOUDS_MM_SD = ((640, 3.2), (240, 2.2), (90, 1.8), (36, 1.3), (14, 1.1), (6, 1.3))
_GRAIN_MM_SD = ((2.6, 1.6), (1.3, 2.4), (0.65, 2.6))
_PIXEL_GRAIN_SD = 3.4
_TINTS_MM_SD = ((500, 0.8), (150, 0.3), (40, 0.2))
_STRIP_PX = 512


@dataclass(frozen=True, slots=True, kw_only=True)
class ConcreteLook:
    """How a concrete looks. `cloudy` and `grainy` scale the amplitudes; `tint_bgr` is the mean colour."""

    tint_bgr: tuple[float, float, float] = (174.0, 176.0, 176.0)
    cloudy: float = 1.0
    grainy: float = 1.0
    pores: Pores = field(default_factory=Pores)


def random_look(rng: np.random.Generator) -> ConcreteLook:
    """Light or dark, warm or cold, smooth or pitted: what walls on photographs span."""
    grey = rng.uniform(120, 195)
    warm = rng.normal(0, 5)
    return ConcreteLook(
        tint_bgr=(grey - warm, grey, grey + warm),
        cloudy=float(np.exp(rng.normal(0.2, 0.4))),
        grainy=float(np.exp(rng.normal(0.0, 0.3))),
        pores=Pores(
            pits_per_cm2=float(np.exp(rng.uniform(np.log(1.5), np.log(12)))),
            holes_per_m2=rng.uniform(40, 500),
        ),
    )


def concrete(
    rng: np.random.Generator,
    wh_px: tuple[int, int],
    *,
    mm_per_px: float = 0.25,
    look: ConcreteLook | None = None,
) -> U8Image:
    """A patch of bare concrete: uint8 BGR (h, w, 3). Without a `look`, a random one."""
    look = look or random_look(rng)
    grey = octaves(rng, wh_px, [(mm / mm_per_px, sd * look.cloudy) for mm, sd in _CLOUDS_MM_SD])
    # The eye reads concrete by its grain; each is left out where it is finer than a pixel.
    for mm, sd in _GRAIN_MM_SD:
        add_octave(rng, grey, mm / mm_per_px, sd * look.grainy)
    grain = rng.standard_normal(grey.shape, dtype=np.float32)
    cv2.GaussianBlur(grain, (0, 0), 0.6, dst=grain)
    grey += grain * np.float32(_PIXEL_GRAIN_SD * look.grainy)
    del grain
    draw_pores(rng, grey, mm_per_px=mm_per_px, pores=look.pores)
    return _coloured(rng, grey, mm_per_px, look)


def octaves(rng: np.random.Generator, wh_px: tuple[int, int], wavelengths_px_sd: Sequence[tuple[float, float]]) -> F32:
    """A sum of smooth noises, float32 (h, w), mean about 0."""
    field = np.zeros((wh_px[1], wh_px[0]), np.float32)
    for wavelength_px, sd in wavelengths_px_sd:
        add_octave(rng, field, wavelength_px, sd)
    return field


def add_octave(rng: np.random.Generator, field: F32, wavelength_px: float, sd: float) -> None:
    """Adds one smooth noise to `field` in place; nothing where the wavelength is below two pixels."""
    if wavelength_px < 2:
        return
    h, w = field.shape
    spacing = wavelength_px / 2
    # OpenCV's resize is many times as fast as a warp, which matters for a whole wall.
    lattice_hw = (int(h / spacing) + 2, int(w / spacing) + 2)
    lattice = rng.standard_normal(lattice_hw, dtype=np.float32)
    # Cubic interpolation keeps about three quarters of the lattice's deviation.
    noise = cv2.resize(lattice, (w, h), interpolation=cv2.INTER_CUBIC)
    field += noise * np.float32(sd / 0.75)


def _coloured(rng: np.random.Generator, grey: F32, mm_per_px: float, look: ConcreteLook) -> U8Image:
    """`grey` (levels about 0) in colour: damp and cement-rich places are a little warmer or colder."""
    h, w = grey.shape
    warm = octaves(rng, (w // 8 + 1, h // 8 + 1), [(mm / mm_per_px / 8, sd * look.cloudy) for mm, sd in _TINTS_MM_SD])
    image = np.empty((h, w, 3), np.uint8)
    for top in range(0, h, _STRIP_PX):  # in strips: a whole wall in float colour would not fit a small computer
        rows = slice(top, min(top + _STRIP_PX, h))
        shift = cv2.warpAffine(
            warm,
            np.array([[0.125, 0, 0], [0, 0.125, top / 8]]),
            (w, rows.stop - top),
            flags=cv2.WARP_INVERSE_MAP,
        )
        for channel, sign in enumerate((-1.0, 0.0, 0.8)):
            levels = grey[rows] + (shift * np.float32(sign) + np.float32(look.tint_bgr[channel]))
            image[rows, :, channel] = np.clip(np.rint(levels), 0, 255)
    return image
