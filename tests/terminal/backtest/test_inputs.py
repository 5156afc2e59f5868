"""What one pass over a panel takes from it is what the single looks at its arrays would find."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from terminal.backtest.account import Account
from terminal.backtest.costs import Costs
from terminal.backtest.engine import checked_targets, simulate
from terminal.backtest.inputs import plain, prepare
from terminal.backtest.kernel import layout
from terminal.backtest.kernel.checks import fit_targets, fits
from terminal.errors import InputError
from tests.terminal.backtest.panels import NAN, panel, random_panel, random_targets


def test_a_missing_open_is_the_close_and_a_bar_without_a_close_is_none() -> None:
    bars = panel([[10, NAN], [NAN, 5], [12, 6]], [[9, 4], [8, NAN], [NAN, 6]])
    prices = prepare(bars, Account(), Costs()).prices
    first = np.where(
        np.isnan(bars.close), NAN, np.where(np.isnan(bars.open), bars.close, bars.open)
    )
    assert np.array_equal(prices[layout.OPEN], first, equal_nan=True)
    assert np.array_equal(prices[layout.CLOSE], bars.close, equal_nan=True)


@pytest.mark.parametrize("name", ["open", "high", "low", "close", "split", "dividend"])
@pytest.mark.parametrize("wrong", [-1.0, 0.0, np.inf, -np.inf, NAN])
def test_every_price_nothing_can_be_traded_at_is_found(name: str, wrong: float) -> None:
    bars = random_panel(3, 9, 5)
    values = getattr(bars, name).copy()
    values[7, 3] = wrong
    allowed = np.isnan(wrong) if name not in ("split", "dividend") else False
    changed = dataclasses.replace(bars, **{name: values})
    if allowed or (name == "dividend" and wrong == 0.0):
        prepare(changed, Account(), Costs())
        return
    with pytest.raises(InputError) as refused:
        prepare(changed, Account(), Costs())
    assert refused.value.field == name
    assert bars.symbols[3] in refused.value.message


def test_rows_with_a_split_or_dividend_are_marked() -> None:
    bars = random_panel(3, 9, 5)
    split, dividend = np.ones((9, 5)), np.zeros((9, 5))
    split[2, 4], dividend[6, 0] = 2.0, 0.1
    found = prepare(dataclasses.replace(bars, split=split, dividend=dividend), Account(), Costs())
    assert np.flatnonzero(found.has_action).tolist() == [2, 6]


@pytest.mark.parametrize("n_bars", [1, 4, 7])
@pytest.mark.parametrize("long_only", [True, False])
@pytest.mark.parametrize("change", [0.0, -0.4, 0.7, np.inf, NAN])
def test_targets_are_copied_exactly_where_something_is_changed(
    n_bars: int, long_only: bool, change: float
) -> None:
    for row in range(n_bars):
        targets = np.full((n_bars, 3), 0.3)
        targets[row, 1] = change
        fitted = targets.copy()
        good = fit_targets(fitted, long_only, 1.0)
        same = good and np.array_equal(fitted, targets, equal_nan=True)
        assert fits(targets, long_only, 1.0) == same


def test_targets_of_any_layout_make_the_same_run_and_stay_as_they_were() -> None:
    bars, account = random_panel(5, 40, 4), Account()
    targets = 3.0 * random_targets(5, bars)
    frozen = targets.copy()
    frozen.flags.writeable = False
    usual = simulate(bars, targets, account).curve
    for other in (np.asfortranarray(targets), frozen):
        before = other.copy()
        assert simulate(bars, other, account).curve.equals(usual)
        assert np.array_equal(other, before, equal_nan=True)
        assert plain(other) is not other
    assert checked_targets(bars, plain(targets) / 9.0, account) is not None
