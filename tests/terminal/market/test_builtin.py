"""The built-in data against well-known public facts."""

from __future__ import annotations

import importlib.resources

import numpy as np
import pandas as pd
import pytest

from terminal.accounts.actor import SYSTEM
from terminal.market.adjust import forward_adjusted
from terminal.market.catalogue import Catalogue
from terminal.market.implied_actions import Reinvested, implied_actions, simple_ratio


def events(built_in: Catalogue, symbol: str, kind: str) -> list[tuple[str, float]]:
    actions = built_in.actions(SYSTEM, "us-tech-4", [symbol])
    chosen = actions[actions["kind"] == kind]
    return [
        (f"{ts:%Y-%m-%d}", value) for ts, value in zip(chosen["ts"], chosen["value"], strict=True)
    ]


def test_splits_are_those_that_happened(built_in: Catalogue) -> None:
    assert events(built_in, "AAPL", "split") == [("2000-06-21", 2.0), ("2005-02-28", 2.0)]
    assert events(built_in, "MSFT", "split") == [("2003-02-18", 2.0)]
    assert events(built_in, "IBM", "split") == []
    assert events(built_in, "GOOG", "split") == []


def test_dividends_are_those_that_were_paid(built_in: Catalogue) -> None:
    assert events(built_in, "AAPL", "dividend") == [
        ("2012-08-09", 2.65), ("2012-11-07", 2.65), ("2013-02-07", 2.65),
    ]  # fmt: skip
    microsoft = dict(events(built_in, "MSFT", "dividend"))
    assert microsoft["2003-02-19"] == 0.08
    assert microsoft["2004-11-15"] == pytest.approx(3.08, abs=0.002)  # special 3.00 and 0.08
    assert len(microsoft) == 37
    ibm = events(built_in, "IBM", "dividend")
    assert len(ibm) == 52  # four a year from 2000-05 to 2013-02
    assert ibm[-1][1] == pytest.approx(0.85, abs=0.001)
    assert events(built_in, "GOOG", "dividend") == []


def test_our_adjusted_returns_equal_the_publishers_but_for_where_dividends_are_reinvested(
    built_in: Catalogue,
) -> None:
    symbols = ["AAPL", "GOOG", "IBM", "MSFT"]
    panel = built_in.panel(SYSTEM, "us-tech-4", symbols)
    ours = forward_adjusted(panel).close
    source = importlib.resources.files("bokeh_sampledata._data") / "stocks.csv.gz"
    with importlib.resources.as_file(source) as path:
        raw = pd.read_csv(path)
    for column, symbol in enumerate(symbols):
        theirs = raw.loc[raw["Ticker"] == symbol, "Adj Close"].to_numpy()
        mine = ours[np.isfinite(ours[:, column]), column]
        assert len(mine) == len(theirs)
        difference = np.abs(np.diff(np.log(mine)) - np.diff(np.log(theirs)))
        assert difference.max() < 0.002, symbol  # the 3-dollar dividend: 1-D/P against 1/(1+D/P')
        assert np.median(difference) < 1e-6


def test_stocks_are_as_traded_and_coherent(built_in: Catalogue) -> None:
    panel = built_in.panel(SYSTEM, "us-tech-4", ["AAPL", "GOOG", "IBM", "MSFT"])
    there = np.isfinite(panel.close)
    assert panel.close[0, 0] == 130.31  # AAPL on 2000-03-01, before two splits
    assert (panel.high >= panel.low)[there].all()
    assert there[:, 0].sum() == 3270 and there[:, 1].sum() == 2148


def test_indices_have_what_their_source_has(built_in: Catalogue) -> None:
    series = {part.symbol: part for part in built_in.series(SYSTEM, "us-indices")}
    assert {s: part.rows for s, part in series.items()} == {"COMP": 5031, "SPX": 5031, "VIX": 1259}
    assert {part.asset_class for part in series.values()} == {"index"}
    vix = built_in.bars(SYSTEM, "us-indices", "VIX")
    assert vix["close"].notna().all() and vix[["open", "volume"]].isna().all().all()
    spx = built_in.bars(SYSTEM, "us-indices", "SPX")
    assert spx.notna().all().all()
    assert spx["close"].iloc[-1] == pytest.approx(2506.85, abs=0.01)


def test_every_series_has_a_name_and_a_sector(built_in: Catalogue) -> None:
    for part in built_in.symbols(SYSTEM):
        assert (part.name and part.name != part.symbol) or part.symbol == "IBM"
        assert part.sector


def test_the_four_and_the_twenty_agree_where_they_overlap(built_in: Catalogue) -> None:
    """Two packages, one history: daily total returns of AAPL and MSFT are the same."""
    for symbol in ("AAPL", "MSFT"):
        four = forward_adjusted(built_in.panel(SYSTEM, "us-tech-4", [symbol]))
        mine = pd.Series(four.close[:, 0], four.ts).pct_change()
        twenty = built_in.bars(SYSTEM, "sp500-20", symbol)["close"].pct_change()
        twenty.index = twenty.index.tz_convert(None)
        both = pd.concat([mine, twenty], axis=1, join="inner").dropna()
        assert len(both) > 3200
        # Prices of the twenty are rounded to 0.001, which is much for AAPL at 0.3 dollars.
        assert both.corr().iloc[0, 1] > 0.995


@pytest.mark.parametrize("reinvested", list(Reinvested))
def test_actions_are_recovered_under_either_convention(reinvested: Reinvested) -> None:
    close = np.array([100.0, 101.0, 50.0, 51.0, 50.5, 52.0])
    factor = np.ones(6)
    factor[2:] *= 2.0
    dividend = 0.75
    paid = 1 / (1 - dividend / close[3])
    factor[4:] *= paid if reinvested is Reinvested.PREVIOUS_CLOSE else 1 + dividend / close[4]
    index = pd.date_range("2024-01-02", periods=6, tz="UTC")
    adjusted = pd.Series(close * factor / factor[-1], index).round(6)
    found = implied_actions(pd.Series(close, index), adjusted)
    assert found["kind"].tolist() == ["split", "dividend"]
    assert found["value"].tolist() == [2.0, dividend]
    assert found["ts"].tolist() == [index[2], index[4]]


def test_nothing_is_implied_by_equal_closes() -> None:
    index = pd.date_range("2024-01-02", periods=3, tz="UTC")
    close = pd.Series([1.0, 2.0, 3.0], index)
    assert implied_actions(close, close).empty


@pytest.mark.parametrize("value", [2.0, 1.5, 7.000007, 0.1, 20.0])
def test_a_ratio_is_taken_to_small_whole_numbers(value: float) -> None:
    assert simple_ratio(value * 1.001) == pytest.approx(round(value, 3), rel=1e-9)
