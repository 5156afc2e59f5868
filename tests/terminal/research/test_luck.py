"""What luck alone gives the best of several measurements."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import norm

from terminal.research.luck import largest_by_luck, t_to_believe


def test_the_largest_of_many_is_what_simulation_says() -> None:
    assert largest_by_luck(1) == pytest.approx(np.sqrt(2 / np.pi), abs=1e-3)
    drawn = np.abs(np.random.default_rng(0).normal(size=(20_000, 50))).max(axis=1)
    assert largest_by_luck(50) == pytest.approx(drawn.mean(), abs=0.02)


def test_one_measurement_needs_the_usual_t_and_many_need_more() -> None:
    assert t_to_believe(1) == pytest.approx(norm.ppf(0.975))
    assert t_to_believe(100) == pytest.approx(norm.ppf(1 - (1 - 0.95 ** (1 / 100)) / 2))
    assert t_to_believe(0) == t_to_believe(1)
