"""A whole study: every part of it together, and what it refuses."""

from __future__ import annotations

import numpy as np
import pytest

from terminal.errors import InputError
from terminal.research.information import Mode
from terminal.research.memory import Verdict
from terminal.research.study import Measures, study, usual_mode

N, K = 900, 6


@pytest.fixture
def close() -> np.ndarray:
    return np.exp(np.cumsum(0.01 * np.random.default_rng(23).normal(size=(N, K)), axis=0))


def year() -> np.ndarray:
    return np.repeat([2019, 2020, 2021], N // 3)


@pytest.mark.parametrize("mode", list(Mode))
def test_a_feature_that_knows_the_next_return_is_seen_at_every_place(
    close: np.ndarray, mode: Mode
) -> None:
    values = np.full((N, K), np.nan)
    values[1:-2] = (close[3:] / close[2:-1] - 1)[: N - 3]  # an oracle, one bar late
    values[:-2] = close[2:] / close[1:-1] - 1  # the return from t + 1 to t + 2
    seen: list[str] = []
    found = study(
        values, close, year(), Measures(mode, (1, 5), 1, 3), lambda _f, stage: seen.append(stage)
    )
    assert found.main.estimate.mean == pytest.approx(1.0)
    assert found.main_groups.monotone == pytest.approx(1.0) and found.main_groups.spread.low > 0
    assert found.information[1].estimate.mean < 0.7, "most of five bars is not known"
    assert [one for one, _, _ in found.years] == [2019, 2020, 2021]
    assert all(value == pytest.approx(1.0) for _, value, _ in found.years)
    assert len(found.instruments) == K and found.autocorrelations.shape == (K, 40)
    assert found.instruments[0].stationarity.verdict is Verdict.STATIONARY
    assert found.instruments[0].coefficient == pytest.approx(1.0)
    assert seen[0] == "Distribution" and seen[-1] == "Memory"


def test_later_prices_and_values_do_not_change_what_was_measured_before(close: np.ndarray) -> None:
    """The last outcome of a cut ends at its last row: nothing beyond it is read."""
    values = np.random.default_rng(1).normal(size=(N, K))
    cut = 600
    asked = Measures(Mode.ACROSS, (5,), 5, 3)
    before = study(values[:cut], close[:cut], year()[:cut], asked)
    after = study(values, close, year(), asked)
    both = before.main.each
    np.testing.assert_array_equal(both[: cut - 6], after.main.each[: cut - 6])
    assert np.isnan(both[cut - 6 :]).all()


def test_what_cannot_be_measured_is_refused_with_the_reason(close: np.ndarray) -> None:
    asked = Measures(Mode.ACROSS, (1,), 1, 3)
    with pytest.raises(InputError, match="too few to compare"):
        study(close[:, :3], close[:, :3], year(), asked)
    with pytest.raises(InputError, match="no value on these bars"):
        study(np.full((N, K), np.nan), close, year(), asked)


def test_a_feature_in_prices_is_compared_through_time() -> None:
    assert usual_mode(36, comparable=True) is Mode.ACROSS
    assert usual_mode(36, comparable=False) is Mode.THROUGH
    assert usual_mode(3, comparable=True) is Mode.THROUGH
