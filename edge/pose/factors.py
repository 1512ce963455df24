"""What is known of a run, as the factors of a pose graph: residuals in standard deviations and their sparse Jacobian.

Unknown are the place (x, y, turn) of every frame and every tag, and how much longer the steps of each kind are than
they say (natural logarithm): a scale that is off by half a per cent is off all along the wall, not at random.

A step's error is taken in the millimetres in which it is said, where its noise is. In those of the wall a scale that
shrinks everything would shrink the errors too: the more steps contradict one another, the more the likeliest scale
would lie below the true one, up to pulling the wall away from tags that are right.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix

from edge.pose.pose import Matrix

Indices = npt.NDArray[np.intp]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Links:
    """n steps from node `first` to node `second`, (n,) each: `values` (n, 3) in the axes of the first.

    `whitening` (n, 3, 3) makes unit covariance of their errors. `scale` (n,) is the index of the scale that the step is
    off by, -1 where there is none.
    """

    first: Indices
    second: Indices
    scale: Indices
    values: Matrix
    whitening: Matrix


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Anchors:
    """m nodes whose place is known: `values` (m, 3), `whitening` (m, 3, 3)."""

    node: Indices
    values: Matrix
    whitening: Matrix


def whitening(covariance: Matrix) -> Matrix:
    """W (n, 3, 3) with W C W' = I, for covariances (n, 3, 3) that have full rank."""
    return np.linalg.inv(np.linalg.cholesky(covariance))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Problem:
    """The state is (3 a node, then one a scale). Residuals: 3 a link, 3 an anchor, one a scale."""

    nodes: int
    links: Links
    anchors: Anchors
    scale_sd: Sequence[float]

    @property
    def size(self) -> int:
        """Of the state."""
        return 3 * self.nodes + len(self.scale_sd)

    @property
    def factors(self) -> int:
        """Links and anchors, three residuals each."""
        return len(self.links.first) + len(self.anchors.node)

    def residuals(self, state: Matrix) -> Matrix:
        """(3 links + 3 anchors + scales,), each in standard deviations."""
        places, scales = self._split(state)
        links, anchors = self.links, self.anchors
        off = links.values - _between(places[links.first], places[links.second]) * self._shrunk(scales)
        known = anchors.values - places[anchors.node]
        for part in (off, known):
            part[:, 2] = (part[:, 2] + np.pi) % (2 * np.pi) - np.pi
        return np.concatenate(
            [_apply(links.whitening, off).ravel(), _apply(anchors.whitening, known).ravel(), scales / self.scale_sd]
        )

    def jacobian(self, state: Matrix) -> csr_matrix:
        """Of `residuals`, (residuals, size)."""
        places, scales = self._split(state)
        links, anchors = self.links, self.anchors
        by_first, by_second = _slopes(places[links.first], places[links.second])
        shrunk = self._shrunk(scales)
        n, m, k = len(links.first), len(anchors.node), len(scales)
        blocks = [
            _block(np.arange(n), links.first, -links.whitening @ (shrunk[:, :, None] * by_first)),
            _block(np.arange(n), links.second, -links.whitening @ (shrunk[:, :, None] * by_second)),
            _block(n + np.arange(m), anchors.node, -anchors.whitening),
        ]
        scaled = np.flatnonzero(links.scale >= 0)
        apart = (_between(places[links.first], places[links.second]) * shrunk)[scaled] * [1, 1, 0]
        slope = _apply(links.whitening[scaled], apart)
        rows = 3 * scaled[:, None] + np.arange(3)
        columns = np.repeat(3 * self.nodes + links.scale[scaled], 3)
        blocks.append((slope.ravel(), rows.ravel(), columns))
        tail = np.arange(k)
        blocks.append((1 / np.array(self.scale_sd), 3 * (n + m) + tail, 3 * self.nodes + tail))
        values, rows, columns = (np.concatenate([block[i] for block in blocks]) for i in range(3))
        return csr_matrix((values, (rows, columns)), shape=(3 * (n + m) + k, self.size))

    def _split(self, state: Matrix) -> tuple[Matrix, Matrix]:
        return state[: 3 * self.nodes].reshape(-1, 3), state[3 * self.nodes :]

    def _shrunk(self, scales: Matrix) -> Matrix:
        """(n, 3): what brings the true step of a link to what its kind says of it; a scale of index -1 is 0."""
        lengths = np.exp(-np.append(scales, 0.0)[self.links.scale])
        return np.column_stack([lengths, lengths, np.ones(len(lengths))])


def _between(first: Matrix, second: Matrix) -> Matrix:
    """`edge.pose.plane.between` of n pairs, turns not wrapped."""
    apart = second - first
    cos, sin = np.cos(first[:, 2]), np.sin(first[:, 2])
    return np.stack(
        [cos * apart[:, 0] + sin * apart[:, 1], -sin * apart[:, 0] + cos * apart[:, 1], apart[:, 2]], axis=1
    )


def _slopes(first: Matrix, second: Matrix) -> tuple[Matrix, Matrix]:
    """Derivatives (n, 3, 3) of `_between` by either place."""
    cos, sin = np.cos(first[:, 2]), np.sin(first[:, 2])
    x, y, _ = _between(first, second).T
    zero, one = np.zeros_like(cos), np.ones_like(cos)
    by_second = np.array([[cos, sin, zero], [-sin, cos, zero], [zero, zero, one]]).transpose(2, 0, 1)
    by_first = -by_second
    by_first[:, :2, 2] = np.stack([y, -x], axis=1)
    return by_first, by_second


def _apply(matrices: Matrix, vectors: Matrix) -> Matrix:
    return np.einsum("nij,nj->ni", matrices, vectors)


def _block(factor: Indices, node: Indices, values: Matrix) -> tuple[Matrix, Indices, Indices]:
    """Values (n, 3, 3) at three rows of each factor and three columns of each node: values, rows, columns."""
    three = np.arange(3)
    rows = np.broadcast_to((3 * factor)[:, None, None] + three[:, None], values.shape)
    columns = np.broadcast_to((3 * node)[:, None, None] + three, values.shape)
    return values.ravel(), rows.ravel(), columns.ravel()
