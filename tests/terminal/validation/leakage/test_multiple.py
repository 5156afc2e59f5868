"""Adjusted p-values, by hand and against statsmodels."""

from __future__ import annotations

import numpy as np
import pytest
from statsmodels.stats.multitest import multipletests

from terminal.validation.leakage.multiple import benjamini_hochberg, holm


def test_three_p_values_by_hand() -> None:
    p = np.array([0.04, 0.01, 0.03])
    assert holm(p).tolist() == pytest.approx([0.06, 0.03, 0.06])
    assert benjamini_hochberg(p).tolist() == pytest.approx([0.04, 0.03, 0.04])


def test_both_agree_with_statsmodels() -> None:
    p = np.random.default_rng(0).random((5, 8)) ** 3
    for ours, name in ((holm, "holm"), (benjamini_hochberg, "fdr_bh")):
        theirs = multipletests(p.ravel(), method=name)[1]
        assert ours(p).shape == p.shape
        assert ours(p).ravel().tolist() == pytest.approx(theirs.tolist(), rel=1e-12)
