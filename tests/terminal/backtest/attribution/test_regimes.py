"""States of the market: known the session before, and their profits add up."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from terminal.backtest.attribution.regimes import UNKNOWN, by_regime, labels


def market(n: int = 700, seed: int = 1) -> pd.Series:
    draw = np.random.default_rng(seed)
    moves = draw.normal(0.0, 0.01, n) * np.repeat([1.0, 3.0, 0.5, 2.0], -(-n // 4))[:n]
    return pd.Series(100 * np.exp(np.cumsum(moves)), pd.bdate_range("2000-01-03", periods=n))


@pytest.mark.parametrize("kept", [300, 451, 699])
def test_a_label_does_not_change_when_what_follows_is_hidden(kept: int) -> None:
    levels = market()
    whole = labels(levels)
    pd.testing.assert_frame_equal(labels(levels.iloc[:kept]), whole.iloc[:kept])
    # nor when its own session, and all after it, had gone otherwise
    other = levels.copy()
    other.iloc[kept:] *= 0.5
    pd.testing.assert_frame_equal(labels(other).iloc[: kept + 1], whole.iloc[: kept + 1])


def test_a_label_that_knew_its_own_session_would_be_caught() -> None:
    levels = market()
    other = levels.copy()
    other.iloc[400:] *= 0.5
    looking = labels(other).shift(-1), labels(levels).shift(-1)  # the seeded fault
    assert not looking[0].iloc[:401].equals(looking[1].iloc[:401])


def test_trend_and_volatility_are_what_they_are_called() -> None:
    up = pd.Series(np.linspace(100, 200, 400), pd.bdate_range("2000-01-03", periods=400))
    found = labels(up)
    assert set(found["trend"].iloc[:200]) == {""} and set(found["trend"].iloc[201:]) == {"rising"}
    wild = market()
    assert set(labels(wild)["volatility"].iloc[:272]) == {""}
    assert labels(wild)["volatility"].iloc[560:690].mode()[0] in ("usual", "wild")


def test_the_profits_of_all_states_add_up() -> None:
    levels = market()
    equity = pd.Series(1e5 * (levels / levels.iloc[0]) ** 2, levels.index)
    found = by_regime(equity, levels, 1e5, 252.0)
    assert sum(one.profit for one in found) == pytest.approx(equity.iloc[-1] - 1e5)
    assert sum(one.sessions for one in found) == len(levels)
    assert found[-1].name == UNKNOWN
    assert {one.name.split(", ")[0] for one in found[:-1]} <= {"Rising", "Falling"}
    grown = np.prod([1 + one.market for one in found])
    assert grown == pytest.approx(levels.iloc[-1] / levels.iloc[0])
