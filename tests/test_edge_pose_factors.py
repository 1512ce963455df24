"""The factors of a pose graph: their slopes against differences, and a scale that no error can make smaller."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.pose.factors import Anchors, Links, Problem, whitening

NODES, LINKS = 5, 9


def drawn(seed: int) -> tuple[Problem, np.ndarray]:
    """A problem of two kinds of steps and of sightings that contradict one another, and a state near none of them."""
    rng = np.random.default_rng(seed)
    root = rng.normal(0, 1, (LINKS + 1, 3, 3)) * np.array([2, 2, 0.01])[:, None]
    covariance = root @ root.transpose(0, 2, 1) + np.diag([1, 1, 1e-4])
    first = rng.integers(0, NODES, LINKS)
    problem = Problem(
        nodes=NODES,
        links=Links(
            first=first,
            second=(first + rng.integers(1, NODES, LINKS)) % NODES,
            scale=rng.integers(-1, 2, LINKS),
            values=rng.normal(0, [100, 100, 0.3], (LINKS, 3)),
            whitening=whitening(covariance[:LINKS]),
        ),
        anchors=Anchors(node=np.array([2]), values=np.array([[7.0, -4.0, 0.1]]), whitening=whitening(covariance[-1:])),
        scale_sd=(0.01, 0.03),
    )
    return problem, np.concatenate([rng.normal(0, [100, 100, 0.5], (NODES, 3)).ravel(), rng.normal(0, 0.1, 2)])


@settings(max_examples=20)
@given(st.integers(0, 10**6))
def test_the_jacobian_is_what_differences_say(seed: int) -> None:
    problem, state = drawn(seed)
    steps = 1e-6 * np.eye(problem.size)
    differences = [(problem.residuals(state + one) - problem.residuals(state - one)) / 2e-6 for one in steps]
    found = problem.jacobian(state).toarray()
    np.testing.assert_allclose(found, np.array(differences).T, atol=1e-5 * np.abs(found).max())


@settings(max_examples=20)
@given(st.integers(0, 10**6), st.floats(0.5, 2))
def test_a_smaller_world_makes_no_step_fit_better(seed: int, times: float) -> None:
    """The errors of scaled steps are the same where all places and both scales shrink together."""
    problem, state = drawn(seed)
    smaller = state.copy()
    smaller[: 3 * NODES].reshape(-1, 3)[:, :2] *= times
    smaller[3 * NODES :] += np.log(times)
    scaled = np.repeat(problem.links.scale >= 0, 3)
    before, after = (problem.residuals(s)[: 3 * LINKS][scaled] for s in (state, smaller))
    assert after == pytest.approx(before, rel=1e-9, abs=1e-9)
