"""What is known of a rover's place on line: an extended Kalman filter over the plane.

The state is the foot (x, y, turn), the two scales (natural logarithms: of registered steps, of the wheels'), and the
place of every tag of the map. Scales and tags are estimated along, because their errors stay from frame to frame: a tag
that is seen ten times is not known ten times as well.
"""

import numpy as np

from edge.geometry import derivative
from edge.pose.plane import Planar, between, compose, wrapped
from edge.pose.pose import Matrix, PoseSource
from edge.pose.run import Sighting
from edge.pose.tag_map import TagMap

# Of three squared standard deviations: one true sighting in a million is farther off.
_GATE = 30.7
_SCALES = {PoseSource.REGISTRATION: 3, PoseSource.ODOMETRY: 4}
_STEPS = np.array([1e-3, 1e-3, 1e-6])


class PlanarFilter:
    """`known` says whether there is a place at all: before a tag or a stated start, and after it was lost, there is
    none."""

    def __init__(
        self, *, tag_map: TagMap | None, registration_scale_sd: float, odometry_scale_sd: float, start: Planar | None
    ) -> None:
        tags = tag_map.tags if tag_map else ()
        self._at = {tag.id: 5 + 3 * i for i, tag in enumerate(tags)}
        self._state = np.concatenate([np.zeros(5), *(tag.place.values for tag in tags)])
        self._covariance = np.zeros((len(self._state),) * 2)
        self._covariance[3, 3], self._covariance[4, 4] = registration_scale_sd**2, odometry_scale_sd**2
        for tag in tags:
            at = self._at[tag.id]
            self._covariance[at : at + 3, at : at + 3] = tag.place.covariance
        self.known = start is not None
        if start is not None:
            self._state[:3], self._covariance[:3, :3] = start.values, start.covariance

    @property
    def place(self) -> Planar:
        """Means something only while `known`."""
        return Planar(values=self._state[:3].copy(), covariance=self._covariance[:3, :3].copy())

    def lose(self) -> None:
        """From now on nobody knows where the rover is."""
        self.known = False

    def move(self, step: Planar, source: PoseSource) -> None:
        """A step in the axes of the last place, off by the scale of its source."""
        scale = _SCALES[source]

        def after(values: Matrix) -> Matrix:
            """Of (place, scale, step)."""
            return compose(values[:3], values[4:] * [*[np.exp(values[3])] * 2, 1.0])

        at = np.array([*self._state[:3], self._state[scale], *step.values])
        slope = derivative(after, at, np.array([*_STEPS, 1e-6, *_STEPS]))
        change = np.eye(len(self._state))
        change[:3, :3], change[:3, scale] = slope[:, :3], slope[:, 3]
        self._covariance = change @ self._covariance @ change.T
        self._covariance[:3, :3] += slope[:, 4:] @ step.covariance @ slope[:, 4:].T
        self._settle(after(at))

    def see(self, sighting: Sighting) -> bool:
        """Takes a tag in. False, and nothing is taken, where it cannot be true of this place."""
        columns = np.array([0, 1, 2, *range(self._at[sighting.tag], self._at[sighting.tag] + 3)])
        if not self.known:
            self._begin(sighting, columns[3:])
            return True
        local = derivative(lambda v: between(v[:3], v[3:]), self._state[columns], np.tile(_STEPS, 2))
        slope = np.zeros((3, len(self._state)))
        slope[:, columns] = local
        off = sighting.place.values - between(self._state[:3], self._state[columns[3:]])
        off[2] = wrapped(off[2])
        spread = slope @ self._covariance @ slope.T + sighting.place.covariance
        if off @ np.linalg.solve(spread, off) > _GATE:
            return False
        gain = np.linalg.solve(spread, slope @ self._covariance).T
        # Joseph's form stays symmetric and positive.
        kept = np.eye(len(self._state)) - gain @ slope
        self._covariance = kept @ self._covariance @ kept.T + gain @ sighting.place.covariance @ gain.T
        self._state = self._state + gain @ off
        self._settle(self._state[:3])
        return True

    def _begin(self, sighting: Sighting, tag: Matrix) -> None:
        """A place from one tag alone."""

        def foot(values: Matrix) -> Matrix:
            """Of (tag, sighting)."""
            return compose(values[:3], between(values[3:], np.zeros(3)))

        at = np.concatenate([self._state[tag], sighting.place.values])
        slope = derivative(foot, at, np.tile(_STEPS, 2))
        change = np.eye(len(self._state))
        change[:3] = 0.0
        change[:3, tag] = slope[:, :3]
        self._covariance = change @ self._covariance @ change.T
        self._covariance[:3, :3] += slope[:, 3:] @ sighting.place.covariance @ slope[:, 3:].T
        self._settle(foot(at))
        self.known = True

    def _settle(self, place: Matrix) -> None:
        self._state[:3] = [*place[:2], wrapped(place[2])]
        self._covariance = (self._covariance + self._covariance.T) / 2
