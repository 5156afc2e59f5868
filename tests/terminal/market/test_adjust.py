"""Adjustment for splits and dividends, both directions."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from terminal.errors import InputError
from terminal.market import adjust
from terminal.market.adjust import backward_adjusted, dividend_ratio, forward_adjusted
from tests.terminal.market.panels import daily_panel
from tests.terminal.market.reference import cases


@pytest.mark.parametrize("case", cases("corporate_actions"))
def test_reference(case: dict[str, Any]) -> None:
    REFERENCE[case["id"]](case["inputs"], case["expected"])


def yahoo_msft(inputs: dict[str, Any], expected: dict[str, Any]) -> None:
    rows = {day: k for k, day in enumerate(inputs["dates"])}
    panel = daily_panel(
        inputs["close"],
        {rows[day]: value for day, value in inputs["split"].items()},
        {rows[day]: value for day, value in inputs["dividend"].items()},
        start=inputs["dates"][0],
    )
    adjusted = backward_adjusted(panel).close[:, 0]
    assert adjusted == pytest.approx(expected["adj_full"], abs=1e-10)
    assert adjusted == pytest.approx(expected["adj_close"], abs=0.005)


def dividend_ratios(inputs: list[dict[str, Any]], expected: list[Any]) -> None:
    for given_values, answer in zip(inputs, expected, strict=True):
        if isinstance(answer, str):
            with pytest.raises(InputError):
                dividend_ratio(given_values["prev_close"], given_values["dividend"])
        else:
            ratio = dividend_ratio(given_values["prev_close"], given_values["dividend"])
            assert ratio == pytest.approx(answer, abs=1e-12)


def split_chain(inputs: dict[str, Any], expected: dict[str, Any]) -> None:
    ratios = inputs["splits"]
    panel = daily_panel([650.0] * 4, {k + 1: ratio for k, ratio in enumerate(ratios)})
    units = forward_adjusted(panel).close[:, 0] / 650.0
    assert units[-1] == pytest.approx(expected["cumulative_factor_before_2005"], abs=1e-9)
    assert 100 * units[-1] == pytest.approx(expected["shares_100_pre_2005"], abs=1e-9)
    before_2014 = backward_adjusted(panel).close[1, 0]  # after the first split
    assert before_2014 == pytest.approx(expected["price_650_pre_2014"], abs=1e-9)
    volume = backward_adjusted(panel).volume[1, 0]
    assert volume == pytest.approx(1000.0 * 28)  # volumes divide by the price factor


def reverse_split(inputs: dict[str, Any], expected: dict[str, Any]) -> None:
    new, old = (int(part) for part in inputs["ratio"].split(":"))
    panel = daily_panel([inputs["price_before"], expected["price_after"]], {1: new / old})
    assert backward_adjusted(panel).close[0, 0] == pytest.approx(expected["price_after"], abs=1e-9)
    units = inputs["shares"] * panel.split[1, 0]
    assert np.floor(units + 1e-9) == expected["shares_after"]
    assert units - np.floor(units + 1e-9) == pytest.approx(expected["cash_in_lieu_shares"])


def spinoff(inputs: dict[str, Any], expected: dict[str, Any]) -> None:
    # The value of what is spun off goes ex like a dividend.
    ratio = dividend_ratio(inputs["parent_prev_close"], inputs["spun_value_per_parent_share"])
    assert ratio == pytest.approx(expected["factor"], abs=1e-12)


REFERENCE = {
    "yahoo-msft-2003": yahoo_msft,
    "zipline-dividend-ratio": dividend_ratios,
    "split-chain": split_chain,
    "reverse-split": reverse_split,
    "spinoff": spinoff,
}


def test_holding_through_a_split_earns_what_the_adjusted_price_earns() -> None:
    panel = daily_panel([100.0, 51.0], {1: 2.0})
    adjusted = forward_adjusted(panel).close[:, 0]
    assert adjusted.tolist() == [100.0, 102.0]


def test_a_dividend_as_large_as_the_price_is_not_applied() -> None:
    panel = daily_panel([10.0, 10.0], dividend={1: 12.0})
    assert forward_adjusted(panel).close[:, 0].tolist() == [10.0, 10.0]


def test_a_dividend_after_a_gap_refers_to_the_last_known_close() -> None:
    panel = daily_panel([10.0, np.nan, 9.0], dividend={2: 1.0})
    assert forward_adjusted(panel).close[2, 0] == pytest.approx(10.0)


EVENTS = st.dictionaries(st.integers(1, 39), st.sampled_from([0.1, 0.5, 1.5, 2.0, 3.0]), max_size=3)
PAID = st.dictionaries(st.integers(1, 39), st.floats(0.01, 2.0), max_size=6)


@settings(max_examples=60, deadline=None)
@given(split=EVENTS, dividend=PAID, cut=st.integers(1, 40), seed=st.integers(0, 2**16))
def test_forward_adjustment_of_a_truncated_panel_is_the_truncated_adjustment(
    split: dict[int, float], dividend: dict[int, float], cut: int, seed: int
) -> None:
    close = 50 * np.exp(np.random.default_rng(seed).normal(0, 0.02, 40).cumsum())
    panel = daily_panel(close, split, dividend)
    whole = forward_adjusted(panel)
    part = forward_adjusted(panel.truncated(cut))
    for name in ("open", "high", "low", "close", "volume"):
        np.testing.assert_array_equal(getattr(whole, name)[:cut], getattr(part, name))


@settings(max_examples=40, deadline=None)
@given(split=EVENTS, dividend=PAID, seed=st.integers(0, 2**16))
def test_both_directions_have_the_same_returns(
    split: dict[int, float], dividend: dict[int, float], seed: int
) -> None:
    close = 50 * np.exp(np.random.default_rng(seed).normal(0, 0.02, 40).cumsum())
    panel = daily_panel(close, split, dividend)
    forward = forward_adjusted(panel).close[:, 0]
    backward = backward_adjusted(panel).close[:, 0]
    np.testing.assert_allclose(np.diff(np.log(forward)), np.diff(np.log(backward)), atol=1e-12)
    assert forward[0] == close[0]
    assert backward[-1] == pytest.approx(close[-1], rel=1e-12)


def test_backward_adjustment_is_not_point_in_time_which_the_truncation_test_would_catch() -> None:
    panel = daily_panel([10.0, 10.0, 5.0], {2: 2.0})
    assert backward_adjusted(panel).close[0, 0] == 5.0
    assert backward_adjusted(panel.truncated(2)).close[0, 0] == 10.0


@pytest.mark.shared
def test_adjusted_returns_equal_those_of_110_stocks_over_21_years(shared_dir: Path) -> None:
    """Alpha Vantage reinvests a dividend at the ex-date's close, CRSP (and we) at the one before.

    With x = s D / P[t-1] the share paid, our growth g becomes theirs as g (1 - x) + x. What is left
    is one split that the source forgot to list (TRMB, 2 for 1).
    """
    frame = pd.read_parquet(shared_dir / "data" / "sp500_daily_unadj_2000_2021" / "daily.parquet")
    compared, differing = 0, []
    for symbol, rows in frame.groupby("symbol"):
        close, split = rows["close"].to_numpy(), rows["split_coefficient"].to_numpy()
        panel = daily_panel(close)
        panel.split[:, 0], panel.dividend[:, 0] = split, rows["dividend_amount"]
        ours = forward_adjusted(panel).close[:, 0]
        paid = (split * panel.dividend[:, 0])[1:] / close[:-1]
        growth = ours[1:] / ours[:-1] * (1 - paid) + paid
        theirs = rows["adjusted_close"].to_numpy()
        wrong = np.abs(np.log(growth / (theirs[1:] / theirs[:-1]))) > 0.005
        compared += len(growth)
        differing += [(symbol, f"{day:%Y-%m-%d}") for day in rows["date"].iloc[1:][wrong]]
    assert compared > 570_000
    assert differing == [("TRMB", "2007-02-23")]


def test_prices_made_in_stretches_are_those_made_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """To the last bit, with gaps, events and a payment that is refused."""
    generator = np.random.default_rng(4)
    close = 50.0 * np.exp(np.cumsum(generator.normal(0.0, 0.02, 60)))
    close[generator.random(60) < 0.2] = np.nan
    splits = {7: 2.0, 8: 0.5, 31: 3.0}
    dividends = {0: 1.0, 9: 0.3, 10: 1e9, 44: 0.7, 45: 0.7}
    panel = daily_panel(close.tolist(), splits, dividends)
    units = np.cumprod(adjust.growth_of_units(panel.split, panel.dividend, panel.close), axis=0)
    for cells in (1, 7, 60):
        monkeypatch.setattr(adjust, "CELLS_AT_ONCE", cells)
        found = forward_adjusted(panel)
        np.testing.assert_array_equal(found.close, panel.close * units, strict=True)
        np.testing.assert_array_equal(found.open, panel.open * units, strict=True)
        whole = panel.volume / np.cumprod(panel.split, axis=0)
        np.testing.assert_array_equal(found.volume, whole, strict=True)
        assert (found.split == 1.0).all() and (found.dividend == 0.0).all()
