"""A tilt gives more to what scores well, within the constraints."""

from __future__ import annotations

import numpy as np
import pytest

from terminal.errors import InputError
from terminal.portfolio.constraints import Constraints
from terminal.portfolio.problem import Problem
from terminal.portfolio.tilts import standardised, tilted

SIGMA = 1e-4 * np.eye(4)
BASE = np.array([0.25, 0.25, 0.25, 0.25])


def test_by_hand() -> None:
    found = tilted(Problem(SIGMA), BASE, np.array([1.0, 1.0, -1.0, -1.0]), strength=np.log(2) / 2)
    assert found.weights == pytest.approx([1 / 3, 1 / 3, 1 / 6, 1 / 6])
    assert tilted(Problem(SIGMA), BASE, np.ones(4)).weights == pytest.approx(BASE)


def test_bounds_hold_and_are_told() -> None:
    problem = Problem(SIGMA, constraints=Constraints(low=0.1, high=0.3))
    found = tilted(problem, BASE, np.array([3.0, 0.0, np.nan, -3.0]), strength=2.0)
    assert found.weights.max() <= 0.3 + 1e-9 and found.weights.min() >= 0.1 - 1e-9
    assert found.weights.sum() == pytest.approx(1.0) and "moved" in found.notes[0]
    with pytest.raises(InputError, match="No weights fulfil"):
        tilted(Problem(SIGMA, constraints=Constraints(high=0.2)), BASE, np.ones(4))


def test_a_good_score_makes_a_short_position_smaller() -> None:
    problem = Problem(SIGMA, constraints=Constraints(low=-1, high=1, net=(0, 0)))
    found = tilted(problem, np.array([0.5, 0.5, -0.5, -0.5]), np.array([0.0, 1.0, 0.0, 1.0]))
    w = found.weights
    assert w[1] > w[0] > 0 > w[3] > w[2] and w.sum() == pytest.approx(0.0, abs=1e-12)


def test_scores_are_capped_and_missing_ones_neutral() -> None:
    z = standardised(np.array([100.0, *np.zeros(50), np.nan]))
    assert z[0] == 3.0 and z[-1] == 0.0
    assert standardised(np.full(3, np.nan)).tolist() == [0.0, 0.0, 0.0]
    with pytest.raises(InputError, match="strength is -1"):
        tilted(Problem(SIGMA), BASE, np.ones(4), strength=-1.0)
