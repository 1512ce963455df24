"""Intervals of a share."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import beta

from calibration.bootstrap import interval, share_interval


@settings(max_examples=20, deadline=None)
@given(st.integers(1, 30), st.data())
def test_an_interval_of_a_share_is_never_narrower_than_either(n: int, data: st.DataObject) -> None:
    hit = np.array(data.draw(st.lists(st.booleans(), min_size=n, max_size=n)))
    groups = data.draw(st.lists(st.sampled_from("abcd"), min_size=n, max_size=n))
    low, high = share_interval(hit, groups)
    resampled = interval(lambda at: float(hit[at].mean()), groups, seed=0)
    k = int(hit.sum())
    # Clopper and Pearson's ends are quantiles of beta distributions.
    exact = (beta.ppf(0.025, k, n - k + 1) if k else 0.0, beta.ppf(0.975, k + 1, n - k) if k < n else 1.0)
    assert low == pytest.approx(min(resampled[0], exact[0]))
    assert high == pytest.approx(max(resampled[1], exact[1]))


def test_all_hits_are_no_proof() -> None:
    low, high = share_interval(np.ones(100, bool), ["photo"] * 100)
    assert high == 1
    assert low == pytest.approx(0.025 ** (1 / 100))  # the share of which 100 hits in a row have 2.5 %
