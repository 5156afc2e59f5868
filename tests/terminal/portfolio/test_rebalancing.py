"""When it trades and how far."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given

from terminal.errors import InputError
from terminal.portfolio.rebalancing import (
    ABSOLUTE,
    MONTHLY,
    QUARTERLY,
    RELATIVE,
    TO_EDGE,
    WEEKLY,
    YEARLY,
    Bands,
    calendar_rows,
    drifted,
    rebalanced,
    worth_trading,
)
from tests.terminal.backtest.panels import examples, seeds

TARGET = np.array([0.5, 0.3, 0.2])


def test_first_bars_of_a_period() -> None:
    ts = np.arange("2023-12-28", "2024-04-03", dtype="datetime64[D]").astype("datetime64[ns]")

    def days(calendar: str) -> list[str]:
        return ts[calendar_rows(ts, calendar)].astype("datetime64[D]").astype(str).tolist()

    assert days(WEEKLY)[:3] == ["2023-12-28", "2024-01-01", "2024-01-08"]
    assert days(MONTHLY) == ["2023-12-28", "2024-01-01", "2024-02-01", "2024-03-01", "2024-04-01"]
    assert days(QUARTERLY) == ["2023-12-28", "2024-01-01", "2024-04-01"]
    assert days(YEARLY) == ["2023-12-28", "2024-01-01"]
    with pytest.raises(InputError, match="no calendar 'hourly'; known: daily"):
        calendar_rows(ts, "hourly")


def test_drift_by_hand() -> None:
    found = drifted(np.array([0.5, 0.3, 0.1]), np.array([0.1, -0.1, np.nan]))
    assert found == pytest.approx(np.array([0.55, 0.27, 0.1]) / 1.02)
    with pytest.raises(InputError, match="lost more than the equity"):
        drifted(np.array([2.0]), np.array([-0.6]))


@pytest.mark.parametrize(("kind", "width"), [(ABSOLUTE, 0.05), (RELATIVE, 0.1)])
def test_within_the_band_nothing_is_traded(kind: str, width: float) -> None:
    near = TARGET + np.array([0.05, -0.03, -0.02])
    assert rebalanced(near, TARGET, Bands(kind, width)) is None
    far = TARGET + np.array([0.06, -0.04, -0.02])
    assert rebalanced(far, TARGET, Bands(kind, width)) == pytest.approx(TARGET)
    assert rebalanced(near, TARGET, Bands()) == pytest.approx(TARGET)


def test_to_the_edge_trades_the_least() -> None:
    found = rebalanced(
        TARGET + np.array([0.08, -0.05, -0.03]), TARGET, Bands(ABSOLUTE, 0.05, TO_EDGE)
    )
    assert found is not None
    assert found[0] == pytest.approx(0.55) and found.sum() == pytest.approx(1.0)
    assert np.abs(found - TARGET).max() <= 0.05 + 1e-12


@examples(30)
@given(seed=seeds)
def test_after_trading_to_the_edge_every_weight_is_in_its_band(seed: int) -> None:
    generator = np.random.default_rng(seed)
    target, current = generator.dirichlet(np.ones(6), 2)
    for bands in (Bands(ABSOLUTE, 0.03, TO_EDGE), Bands(RELATIVE, 0.2, TO_EDGE)):
        found = rebalanced(current, target, bands)
        if found is None:
            continue
        assert np.all(np.abs(found - target) <= bands.widths(target) + 1e-9)
        assert found.sum() == pytest.approx(1.0)
        assert np.abs(found - current).sum() <= np.abs(target - current).sum() + 1e-9


def test_a_trade_that_costs_more_than_it_gains_is_left() -> None:
    now, mean, matrix = np.array([0.4, 0.6]), np.array([0.001, 0.0005]), 1e-4 * np.eye(2)
    better = np.array([0.6, 0.4])
    cheap = worth_trading(now, better, mean, matrix, 0.001, aversion=2.0, horizon=20)
    assert cheap.gain == pytest.approx(20 * 0.2 * 0.0005) and cheap.cost == pytest.approx(0.0004)
    assert cheap.trade
    assert not worth_trading(now, better, mean, matrix, 0.006, horizon=20).trade
    assert not worth_trading(better, now, mean, matrix, 0.0, horizon=20).trade


def test_bands_that_are_none_are_refused() -> None:
    with pytest.raises(InputError, match="kind is 'loose'; known: none"):
        Bands("loose")
    with pytest.raises(InputError, match="band is -1 wide"):
        Bands(ABSOLUTE, -1.0)
