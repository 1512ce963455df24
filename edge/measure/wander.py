"""How much a course wanders: a crack does at every scale, a joint between boards, a wire or a shadow's edge does not.

For chords of one length, how far the course lies beside the middle of each, signed; of these distances the standard
deviation about their median. Taken so, a straight line and an arc of a circle have none. It is the structure function
by which roughness of fractures is told (B. B. Mandelbrot, D. E. Passoja and A. J. Paullay, "Fractal character of
fracture surfaces of metals", Nature 308, 1984), at one scale: a crack's grows with the chord, while that of a line is
what measuring its course leaves, at any chord.
"""

import numpy as np

from edge.measure.polyline import F64, evenly, length

CHORD_PX = 80.0
LONGEST_CHORD_PX = 240.0
LEAST_PX = 2 * CHORD_PX
"""A shorter course says too little: of its roughness there is but one sample."""
STRAIGHT_PX = 1.3
"""Set on training photographs of real cracks, which wander by 1.8 px at the least, and on training walls' joints and
wires, as `tests/benchmarks/bench_wander.py` says."""


def wander_px(points_px: F64) -> float | None:
    """Of a course (n, 2), None where it is too short to tell. Chords are a third of its length, within limits."""
    whole = length(points_px)
    if whole < LEAST_PX:
        return None
    half = round(float(np.clip(whole / 3, CHORD_PX, LONGEST_CHORD_PX)) / 2)
    points = evenly(points_px, 1.0)
    first, middle, last = points[: -2 * half], points[half:-half], points[2 * half :]
    chord, arm = last - first, middle - first
    beside = (chord[:, 0] * arm[:, 1] - chord[:, 1] * arm[:, 0]) / np.maximum(np.linalg.norm(chord, axis=1), 1e-9)
    return float(np.sqrt(np.mean((beside - np.median(beside)) ** 2)))
