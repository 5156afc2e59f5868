"""How values are spread, against scipy and counts made by hand."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import kurtosis, skew

from terminal.research.dispersion import MOST_BINS, QUANTILES, distribution, histogram


def test_moments_and_quantiles_are_those_of_all_known_values() -> None:
    values = np.random.default_rng(1).gamma(2.0, size=(500, 3))
    values[:20] = np.nan
    found = distribution(values, np.ones_like(values))
    known = values[np.isfinite(values)]
    assert found.n == 1440
    assert found.mean == pytest.approx(known.mean())
    assert found.skewness == pytest.approx(skew(known))
    assert found.excess_kurtosis == pytest.approx(kurtosis(known))
    np.testing.assert_allclose(found.quantiles, np.quantile(known, QUANTILES))
    assert found.counts.sum() == 1440, "what lies outside is counted in the outermost bins"
    assert len(found.counts) <= MOST_BINS and len(found.edges) == len(found.counts) + 1


def test_missing_before_the_first_value_is_warm_up_and_missing_after_it_is_a_gap() -> None:
    values = np.array([[np.nan], [np.nan], [1.0], [np.nan], [2.0], [np.nan]])
    present = np.array([[1.0], [1.0], [1.0], [1.0], [1.0], [0.0]])
    found = distribution(values, present)
    assert found.missing == pytest.approx(3 / 5)
    assert found.later == pytest.approx(1 / 3)


def test_values_that_hardly_differ_get_a_bin_each() -> None:
    values = np.repeat([0.0, 1.0, 2.0], [60, 30, 10])[:, None]
    found = distribution(values, np.ones_like(values))
    assert sorted(found.counts[found.counts > 0]) == [10, 30, 60]
    assert found.same == pytest.approx(0.6)
    counts, edges = histogram(np.full(7, 3.0))
    assert list(counts) == [7] and edges[0] < 3 < edges[1]


def test_no_value_at_all_is_said_not_drawn() -> None:
    found = distribution(np.full((4, 2), np.nan), np.ones((4, 2)))
    assert found.n == 0 and found.missing == 1.0 and not len(found.counts)
