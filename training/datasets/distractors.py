"""What only looks like a crack, rendered onto real uncracked concrete: pores, joints, wires, holes, shadows, stains."""

from dataclasses import replace

import cv2
import numpy as np

from edge.frame import U8Image
from edge.render.cracks import darken
from edge.render.fixtures import draw_joint, draw_tie_hole, joint
from edge.render.hung import Wire, draw_wire

FIXTURE_SHARE = 0.6  # of the distractors, where fixtures are wanted at all
MM_PER_PX = (0.08, 0.5)  # of the fixtures: what a rover's camera sees before a wall, and a little more
JOINT_LENGTH_MM = 400.0  # a piece of it is drawn
_CANVAS = 160  # grey level on which a joint is drawn, to be turned: leaves room for its light lip


def render_distractor(rng: np.random.Generator, image: U8Image, *, fixtures: bool = False) -> U8Image:
    """Something that is no crack: pores, a formwork joint, a shadow's edge, a tie hole, a wire, a stain's rim.

    `fixtures`: more often than not a joint, tie hole or wire as the walls of `edge.render` have them, of any size.
    """
    if fixtures and rng.random() < FIXTURE_SHARE:
        return _fixture(rng, image)
    h, w = image.shape[:2]
    kind = rng.choice(["pores", "pores", "pores", "joint", "shadow", "hole", "wire", "stain"])
    if kind == "pores":
        return _pores(rng, image)
    if kind in ("joint", "wire"):
        return _straight_line(rng, image, wire=kind == "wire")
    mask = np.zeros((h, w), np.float32)
    centre = (int(rng.uniform(0, w)), int(rng.uniform(0, h)))
    if kind == "shadow":
        angle = rng.uniform(0, 2 * np.pi)
        ys, xs = np.mgrid[:h, :w].astype(np.float32)
        side = (xs - centre[0]) * np.cos(angle) + (ys - centre[1]) * np.sin(angle)
        mask = 1 / (1 + np.exp(-side / rng.uniform(0.8, 12.0)))
    else:
        axes = (int(rng.uniform(4, 40)), int(rng.uniform(4, 40)))
        thickness = -1 if kind == "hole" else int(rng.integers(1, 4))
        if kind == "hole":
            axes = (axes[0], max(3, int(axes[0] * rng.uniform(0.75, 1.3))))
        cv2.ellipse(mask, centre, axes, rng.uniform(0, 180), 0, 360, 1.0, thickness, cv2.LINE_AA)
        mask = cv2.GaussianBlur(mask, (0, 0), rng.uniform(0.8, 4.0))
    return darken(image, mask.astype(np.float32), depth=rng.uniform(0.1, 0.6))


def _fixture(rng: np.random.Generator, image: U8Image) -> U8Image:
    """A joint that wanders and comes and goes, a conical tie hole with its plug, a cable with its shadow."""
    mm_per_px = float(np.exp(rng.uniform(*np.log(MM_PER_PX))))
    kind = rng.choice(["joint", "joint", "wire", "wire", "hole"])
    if kind == "joint":
        return _joint(rng, image, mm_per_px)
    picture = image.copy()
    h, w = image.shape[:2]
    if kind == "hole":
        radius_mm = rng.uniform(4.0, 16.0)
        # Its rim is what is mistaken: the centre may lie outside.
        reach = 0.8 * radius_mm / mm_per_px
        x, y = rng.uniform(-reach, w + reach), rng.uniform(-reach, h + reach)
        draw_tie_hole(rng, picture, centre_xy_px=(x, y), radius_mm=radius_mm, mm_per_px=mm_per_px)
        return picture
    height_mm = h * mm_per_px
    wire = Wire(
        y0_mm=0.0,
        slope=rng.normal(0, 0.5),
        sag_per_mm=rng.uniform(-2e-3, 2e-3) * rng.choice([0.0, 1.0]),
        middle_mm=rng.uniform(0, w) * mm_per_px,
        radius_mm=float(np.exp(rng.uniform(np.log(0.3), np.log(5.0)))),
        grey=rng.uniform(15, 225),
        shadow=rng.uniform(0.0, 0.5),
    )
    wire = replace(wire, y0_mm=rng.uniform(0, height_mm) - wire.slope * wire.middle_mm)
    upright = rng.random() < 0.5  # the shadow then falls to one side
    draw_wire(picture.transpose(1, 0, 2) if upright else picture, wire, height_mm=height_mm, mm_per_px=mm_per_px)
    return picture


def _joint(rng: np.random.Generator, image: U8Image, mm_per_px: float) -> U8Image:
    """A joint at any angle, mostly near the level or the upright."""
    h, w = image.shape[:2]
    side = int(1.5 * max(h, w))
    canvas = np.full((side, side, 3), _CANVAS, np.uint8)
    one = joint(rng, JOINT_LENGTH_MM)
    first = int(rng.uniform(0, max(0.0, JOINT_LENGTH_MM / mm_per_px - side)))
    at_px = side * rng.uniform(0.2, 0.8)
    draw_joint(canvas, one, at_px=at_px, upright=False, mm_per_px=mm_per_px, corner_xy_px=(first, 0))
    turn_deg = rng.uniform(0, 360) if rng.random() < 0.3 else 90.0 * rng.integers(4) + rng.normal(0, 2.5)
    turn = cv2.getRotationMatrix2D((side / 2, side / 2), float(turn_deg), 1.0)
    turn[:, 2] -= (side - w) / 2, (side - h) / 2
    turned = cv2.warpAffine(canvas, turn, (w, h), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    strength = rng.uniform(0.5, 1.4)  # shallow and dark joints
    factor = 1 + strength * (turned.astype(np.float32) / _CANVAS - 1)
    return np.clip(np.rint(image * factor), 0, 255).astype(np.uint8)


def _pores(rng: np.random.Generator, image: U8Image) -> U8Image:
    """Bug holes: dark, ragged, mostly round, from a few large ones to a field of small ones."""
    h, w = image.shape[:2]
    count = int(np.exp(rng.uniform(0, np.log(60))))
    largest = 22.0 / np.sqrt(count) + 3
    covered = np.zeros((h, w), np.float32)
    for _ in range(count):
        radius = rng.uniform(1.0, largest)
        angles = np.sort(rng.uniform(0, 2 * np.pi, int(rng.integers(6, 14))))
        reach = radius * rng.uniform(0.55, 1.2, len(angles))
        outline = np.stack([np.cos(angles) * reach * rng.uniform(1.0, 2.2), np.sin(angles) * reach], axis=1)
        turn = rng.uniform(0, np.pi)
        turned = outline @ np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
        centre = np.array([rng.uniform(0, w), rng.uniform(0, h)])
        corners = np.rint((turned + centre) * 16).astype(np.int32)
        cv2.fillPoly(covered, [corners], rng.uniform(0.5, 1.0), cv2.LINE_AA, 4)
    covered = cv2.GaussianBlur(covered, (0, 0), rng.uniform(0.4, 1.2))
    return darken(image, covered, depth=rng.uniform(0.3, 0.9))


def _straight_line(rng: np.random.Generator, image: U8Image, *, wire: bool) -> U8Image:
    """A straight line of constant width through the whole picture; a joint may have a light lip beside it."""
    h, w = image.shape[:2]
    angle = rng.uniform(0, np.pi) if wire else rng.choice([0.0, np.pi / 2]) + rng.normal(0, 0.04)
    centre = np.array([rng.uniform(0.1, 0.9) * w, rng.uniform(0.1, 0.9) * h])
    ys, xs = np.mgrid[:h, :w].astype(np.float32)
    away = -(xs - centre[0]) * np.sin(angle) + (ys - centre[1]) * np.cos(angle)
    half, soft = rng.uniform(1.0, 7.0), rng.uniform(0.5, 2.0)
    line = 1 / (1 + np.exp(np.clip((np.abs(away) - half) / (0.4 * soft), -30, 30)))
    picture = darken(image, line.astype(np.float32), depth=rng.uniform(0.15, 0.6))
    if not wire and rng.random() < 0.5:
        lip = np.exp(-(((away - half - soft) / soft) ** 2)) * rng.uniform(5, 40)
        picture = np.clip(picture + lip[..., None], 0, 255).astype(np.uint8)
    return picture
