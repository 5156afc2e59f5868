"""The landscape of scores, on spaces small enough to draw by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from terminal.backtest.sweeps.space import Space, space_of
from terminal.backtest.sweeps.surface import (
    best_of,
    edges,
    heat_map,
    neighbours,
    pareto_front,
    plateau,
    sensitivities,
)
from terminal.strategies.registry import get_strategy

SMA = get_strategy("sma-crossover")


@pytest.fixture
def space() -> Space:
    """fast 10, 20, 30 by slow 100, 200, 300 by two sizings: position = 6 fast + 2 slow + sizing."""
    values = {
        "fast": (10, 20, 30),
        "slow": (100, 200, 300),
        "sizing": ("equal slots", "active names"),
    }
    return space_of(SMA, values, {})


def test_a_heat_map_takes_the_best_or_the_mean_over_the_rest(space: Space) -> None:
    scores = {0: 1.0, 1: 3.0, 8: 5.0, 9: float("nan")}
    best = heat_map(space, scores, "fast", "slow")
    assert best.z[0].tolist()[:1] == [3.0]  # slow 100, fast 10
    assert best.z[1, 1] == 5.0 and np.isnan(best.z[2, 2])
    mean = heat_map(space, scores, "fast", "slow", "mean")
    assert mean.z[0, 0] == 2.0 and mean.z[1, 1] == 5.0 and np.isnan(mean.z[2, 2])
    assert best.table().loc[200, 20] == 5.0


def test_scores_below_zero_are_not_lost_in_an_empty_cell(space: Space) -> None:
    assert heat_map(space, {0: -2.0, 1: -3.0}, "slow", "fast").z[0, 0] == -2.0


def test_sensitivity_names_the_parameter_that_matters(space: Space) -> None:
    scores = {k: float(space.indices(k)[1]) for k in range(space.size)}  # slow alone
    found = sensitivities(space, scores)
    assert found[0].dimension.name == "slow"
    assert found[0].share == pytest.approx(1.0)
    assert all(item.share == pytest.approx(0.0) for item in found[1:])
    assert found[0].mean.tolist() == [0.0, 1.0, 2.0]
    assert sensitivities(space, dict.fromkeys(range(18), 1.0))[0].share is None


def test_a_best_value_at_the_edge_is_flagged_and_one_inside_is_not(space: Space) -> None:
    found = edges(space, space.position((0, 1, 0)))
    assert [(edge.dimension.name, edge.side, edge.value) for edge in found] == [
        ("fast", "lowest", 10)
    ]
    assert "try smaller ones" in found[0].sentence
    assert edges(space, space.position((1, 1, 0))) == []


def test_a_plateau_and_a_lonely_peak(space: Space) -> None:
    centre = space.position((1, 1, 0))
    flat = dict.fromkeys(range(space.size), 0.9) | {centre: 1.0}
    found = plateau(space, flat, centre)
    assert (found.neighbours, found.score) == (8, pytest.approx(0.9))
    assert "plateau" in found.sentence
    lonely = plateau(space, dict.fromkeys(range(space.size), 0.1) | {centre: 1.0}, centre)
    assert lonely.score == pytest.approx(0.1) and "lonely peak" in lonely.sentence
    assert plateau(space, {centre: 1.0}, centre).score is None
    assert plateau(space, dict.fromkeys(range(18), -1.0), centre).score is None


def test_neighbours_differ_by_one_step_in_numbers_only(space: Space) -> None:
    corner = {space.indices(k) for k in neighbours(space, 0)}
    assert corner == {(0, 1, 0), (1, 0, 0), (1, 1, 0)}


def test_the_pareto_front_by_hand() -> None:
    values = np.array([[1.0, 3.0], [2.0, 2.0], [3.0, 1.0], [1.0, 1.0], [2.0, 2.0], [np.nan, 9.0]])
    assert pareto_front(values).tolist() == [True, True, True, False, True, False]


@given(arrays(np.float64, (12, 3), elements=st.integers(-3, 3).map(float)))
def test_every_point_off_the_front_is_beaten_by_one_on_it(values: np.ndarray) -> None:
    front = pareto_front(values)
    assert front.any()
    for row in values[~front]:
        beats = (values[front] >= row).all(axis=1) & (values[front] > row).any(axis=1)
        assert beats.any()


def test_the_first_of_equals_is_best() -> None:
    assert best_of({3: 1.0, 1: 1.0, 2: float("nan")}) == 1
    assert best_of({1: float("nan")}) is None
