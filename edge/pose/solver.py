"""The most likely state of a pose graph, and how sure it is.

`scipy.optimize.least_squares` (trust region, sparse): gtsam, which also has wheels for a Raspberry Pi, knows no factor
for a scale that all steps of a run share, and one written in Python would be called back for every step. Factors that
cannot be true lose their weight by dynamic covariance scaling (P. Agarwal, G. D. Tipaldi, L. Spinello, C. Stachniss and
W. Burgard, "Robust map optimization using dynamic covariance scaling", ICRA 2013).
"""

import numpy as np
from scipy.optimize import least_squares
from scipy.sparse import diags
from scipy.sparse.linalg import splu

from edge.pose.factors import Problem
from edge.pose.pose import Matrix

# Of three squared standard deviations: the 0.999 quantile of chi square. Below it a factor keeps its whole weight.
GATE = 16.27
_PASSES = 12
_SETTLED = 1e-2
_HUBER_SD = 3.0
_NODES_AT_ONCE = 128
# Each linear step is followed to its end, or a chain of a thousand steps moves too little.
_LSMR = {"maxiter": 20_000, "atol": 1e-9, "btol": 1e-9, "regularize": False}


def most_likely(problem: Problem, state: Matrix) -> tuple[Matrix, Matrix]:
    """The state, from a first guess, and the weight of every factor: (3 n + 3 m + k,), in the order of the residuals."""
    weights = np.ones(len(problem.residuals(state)))
    state = _solved(problem, state, weights, loss="huber")
    for _ in range(_PASSES):
        before = weights
        weights = _weights(problem, state)
        state = _solved(problem, state, weights, loss="linear")
        if np.abs(weights - before).max() < _SETTLED:
            break
    return state, weights


def squared_errors(problem: Problem, state: Matrix) -> Matrix:
    """(links + anchors,): each factor's squared error in standard deviations, chi square of three degrees if true."""
    three = problem.residuals(state)[: 3 * problem.factors].reshape(-1, 3)
    return np.asarray((three**2).sum(axis=1), np.float64)


def covariances(problem: Problem, state: Matrix, weights: Matrix) -> Matrix:
    """(nodes, 3, 3): the marginal covariance of every node's place."""
    weighted = diags(np.sqrt(weights)) @ problem.jacobian(state)
    information = (weighted.T @ weighted).tocsc()
    factored = splu(information, permc_spec="MMD_AT_PLUS_A", diag_pivot_thresh=0.0, options={"SymmetricMode": True})
    found = np.empty((problem.nodes, 3, 3))
    for low in range(0, problem.nodes, _NODES_AT_ONCE):
        nodes = np.arange(low, min(low + _NODES_AT_ONCE, problem.nodes))
        unit = np.zeros((problem.size, 3 * len(nodes)))
        unit[3 * low + np.arange(3 * len(nodes)), np.arange(3 * len(nodes))] = 1.0
        columns = factored.solve(unit)[3 * low : 3 * low + 3 * len(nodes)].reshape(len(nodes), 3, len(nodes), 3)
        found[nodes] = columns[np.arange(len(nodes)), :, np.arange(len(nodes))]
    return (found + found.transpose(0, 2, 1)) / 2


def _weights(problem: Problem, state: Matrix) -> Matrix:
    errors = squared_errors(problem, state)
    kept = np.minimum(1.0, 2 * GATE / (GATE + errors)) ** 2
    return np.concatenate([np.repeat(kept, 3), np.ones(len(problem.scale_sd))])


def _solved(problem: Problem, state: Matrix, weights: Matrix, *, loss: str) -> Matrix:
    root = np.sqrt(weights)
    found = least_squares(
        lambda values: root * problem.residuals(values),
        state,
        jac=lambda values: diags(root) @ problem.jacobian(values),
        loss=loss,
        f_scale=_HUBER_SD,
        x_scale="jac",
        tr_solver="lsmr",
        tr_options=_LSMR,
        xtol=1e-10,
        ftol=1e-7,
    )
    return np.asarray(found.x, np.float64)
