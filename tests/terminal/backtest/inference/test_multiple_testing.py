"""Adjusted p-values, against scipy and statsmodels."""

from __future__ import annotations

from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import false_discovery_control
from statsmodels.stats.multitest import multipletests

from terminal.backtest.inference.multiple_testing import (
    benjamini_hochberg,
    bonferroni,
    holm,
)
from terminal.errors import InputError

METHODS = {"bonferroni": bonferroni, "holm": holm, "fdr_bh": benjamini_hochberg}
P_VALUES = st.lists(
    st.one_of(st.floats(0.0, 1.0), st.sampled_from([0.0, 0.01, 0.05, 1.0])),
    min_size=1,
    max_size=40,
)


@pytest.mark.parametrize("name", list(METHODS))
@settings(derandomize=True, deadline=None, max_examples=12)
@given(p=P_VALUES, alpha=st.sampled_from([0.01, 0.05, 0.2]))
def test_adjusted_p_values_are_those_of_statsmodels(
    name: str, p: list[float], alpha: float
) -> None:
    found = METHODS[name](np.array(p), alpha)
    with patch("gc.collect"):  # the peer collects garbage each time: half a second
        rejected, adjusted, _, _ = multipletests(p, alpha, method=name)
    assert found.p_values == pytest.approx(adjusted, rel=1e-12)
    near = np.isclose(adjusted, alpha, rtol=1e-9)  # rounding decides there, in both
    assert (found.rejected == rejected)[~near].all()


@settings(derandomize=True, deadline=None, max_examples=100)
@given(p=P_VALUES)
def test_the_false_discovery_rate_is_that_of_scipy(p: list[float]) -> None:
    assert benjamini_hochberg(np.array(p)).p_values == pytest.approx(
        false_discovery_control(p), rel=1e-12
    )


def test_an_example_by_hand_in_the_order_given() -> None:
    p = np.array([0.04, 0.01, 0.03])
    assert bonferroni(p).p_values == pytest.approx([0.12, 0.03, 0.09])
    assert holm(p).p_values == pytest.approx([0.06, 0.03, 0.06])
    assert benjamini_hochberg(p).p_values == pytest.approx([0.04, 0.03, 0.04])
    assert holm(p).rejected.tolist() == [False, True, False]


def test_errors_among_many_true_hypotheses_are_held() -> None:
    drawn = np.random.default_rng(1).random((2_000, 50))
    any_false = np.mean([holm(p).rejected.any() for p in drawn])
    assert 0.035 < any_false < 0.065
    # half of the hypotheses are false, and plainly so
    drawn[:, :25] *= 1e-5
    rejected = np.array([benjamini_hochberg(p).rejected for p in drawn])
    assert rejected[:, :25].mean() > 0.99
    assert np.mean(rejected[:, 25:].sum(axis=1) / rejected.sum(axis=1)) < 0.03


@pytest.mark.parametrize(
    ("p", "alpha", "words"),
    [
        ([0.1, 1.2], 0.05, "row 2: is 1.2"),
        ([0.1, np.nan], 0.05, "row 2"),
        ([], 0.05, "at least 1"),
        ([0.1], 1.0, "alpha"),
    ],
)
def test_what_is_no_p_value_is_refused(p: list[float], alpha: float, words: str) -> None:
    for method in METHODS.values():
        with pytest.raises(InputError, match=words):
            method(np.array(p), alpha)
