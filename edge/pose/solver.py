"""The most likely state of a pose graph, and how sure it is.

Levenberg and Marquardt's steps on the normal equations, each solved by SuperLU through SciPy. What else there is:
`scipy.optimize.least_squares` solves its sparse steps by LSMR, which took many times as long on the graph of a wall
with slips; gtsam, which has wheels for a Raspberry Pi, knows no factor for a scale that all steps of a run share, and
one written in Python would be called back for every step.

Factors that cannot be true lose their weight: first by Huber's kernel, which has one minimum, then by dynamic
covariance scaling (P. Agarwal, G. D. Tipaldi, L. Spinello, C. Stachniss and W. Burgard, "Robust map optimization using
dynamic covariance scaling", ICRA 2013).
"""

from collections.abc import Callable

import numpy as np
from scipy.sparse import csc_matrix, diags
from scipy.sparse.linalg import SuperLU, splu

from edge.pose.factors import Problem
from edge.pose.pose import Matrix

# Of three squared standard deviations: the 0.999 quantile of chi square. Below it a factor keeps its whole weight.
GATE = 16.27
_STEPS = 60
_DAMPING, _DAMPING_UP, _DAMPING_DOWN, _DAMPING_MAX = 1e-6, 10.0, 0.1, 1e8
_SETTLED = 1e-5  # of the cost, relative
_NODES_AT_ONCE = 128

# The squared errors of factors (n,) to their costs (n,) and weights (n,), the costs' derivatives.
Kernel = Callable[[Matrix], tuple[Matrix, Matrix]]


def most_likely(problem: Problem, state: Matrix) -> tuple[Matrix, Matrix]:
    """The state, from a first guess, and the weight of every residual, in their order."""
    for kernel in (_huber, _dynamic_covariance_scaling):
        state = _descend(problem, state, kernel)
    return state, _weights(problem, state, _dynamic_covariance_scaling)


def squared_errors(problem: Problem, state: Matrix) -> Matrix:
    """(links + anchors,): each factor's squared error in standard deviations, chi square of three degrees if true."""
    three = problem.residuals(state)[: 3 * problem.factors].reshape(-1, 3)
    return np.asarray((three**2).sum(axis=1), np.float64)


def covariances(problem: Problem, state: Matrix, weights: Matrix) -> Matrix:
    """(nodes, 3, 3): the marginal covariance of every node's place."""
    factored = _factored(_information(problem, state, weights))
    found = np.empty((problem.nodes, 3, 3))
    for low in range(0, problem.nodes, _NODES_AT_ONCE):
        count = min(_NODES_AT_ONCE, problem.nodes - low)
        unit = np.zeros((problem.size, 3 * count))
        unit[3 * low + np.arange(3 * count), np.arange(3 * count)] = 1.0
        block = factored.solve(unit)[3 * low : 3 * (low + count)].reshape(count, 3, count, 3)
        found[low : low + count] = block[np.arange(count), :, np.arange(count)]
    return (found + found.transpose(0, 2, 1)) / 2


def _descend(problem: Problem, state: Matrix, kernel: Kernel) -> Matrix:
    cost, damping = _cost(problem, state, kernel), _DAMPING
    for _ in range(_STEPS):
        weights = _weights(problem, state, kernel)
        information = _information(problem, state, weights)
        slope = problem.jacobian(state).T @ (weights * problem.residuals(state))
        step = _factored(information + damping * diags(information.diagonal())).solve(-slope)
        below = cost - _cost(problem, state + step, kernel)
        if below > 0:
            state, cost, damping = state + step, cost - below, damping * _DAMPING_DOWN
        else:
            damping *= _DAMPING_UP
        if abs(below) < _SETTLED * cost or damping > _DAMPING_MAX:
            break
    return state


def _information(problem: Problem, state: Matrix, weights: Matrix) -> csc_matrix:
    weighted = diags(np.sqrt(weights)) @ problem.jacobian(state)
    return (weighted.T @ weighted).tocsc()


def _factored(information: csc_matrix) -> SuperLU:
    return splu(information.tocsc(), permc_spec="MMD_AT_PLUS_A", diag_pivot_thresh=0.0, options={"SymmetricMode": True})


def _cost(problem: Problem, state: Matrix, kernel: Kernel) -> float:
    scales = problem.residuals(state)[3 * problem.factors :]
    return float(kernel(squared_errors(problem, state))[0].sum() + (scales**2).sum())


def _weights(problem: Problem, state: Matrix, kernel: Kernel) -> Matrix:
    """Of every residual; what is known of the scales always counts in full."""
    return np.concatenate([np.repeat(kernel(squared_errors(problem, state))[1], 3), np.ones(len(problem.scale_sd))])


def _huber(squared: Matrix) -> tuple[Matrix, Matrix]:
    far = squared > GATE
    root = np.sqrt(np.maximum(squared, GATE))
    sd = np.sqrt(GATE)
    return np.where(far, 2 * sd * root - GATE, squared), sd / root


def _dynamic_covariance_scaling(squared: Matrix) -> tuple[Matrix, Matrix]:
    over = np.maximum(squared, GATE)
    cost = np.where(squared > GATE, GATE * (3 * over - GATE) / (GATE + over), squared)
    return cost, (2 * GATE / (GATE + over)) ** 2
