"""What is held from fill to fill: by hand, and against the engine's own equity."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given

from terminal.backtest.account import Account
from terminal.backtest.costs import Costs
from terminal.backtest.engine import simulate
from terminal.backtest.held import held_by
from terminal.market.mixed import join, traded
from tests.terminal.backtest.panels import examples, panel, random_panel, random_targets, seeds
from tests.terminal.backtest.test_mixed_calendars import on

FRACTIONS = Account(1_000.0, lot=0.0)


def test_by_hand_from_open_to_open() -> None:
    bars = panel([10.0, 12.0, 15.0, 15.0], [10.0, 10.0, 14.0, 16.0])
    done = simulate(bars, np.full((4, 1), 1.0), FRACTIONS)
    found = held_by(bars, done.positions, done.curve)
    # bought at the second open: 1,000 / 10 = 100 units of 10
    assert found.weights[:, 0].tolist() == pytest.approx([0.0, 1.0, 1.0, 1.0])
    assert found.returns[:, 0].tolist() == pytest.approx([0.0, 0.4, 16 / 14 - 1, 15 / 16 - 1])


def test_a_split_is_no_return_and_a_dividend_is_one() -> None:
    bars = panel(
        [10.0, 10.0, 5.0, 4.0], [10.0, 10.0, 5.0, 5.0], split={(2, 0): 2.0}, dividend={(3, 0): 0.5}
    )
    done = simulate(bars, np.full((4, 1), 1.0), FRACTIONS)
    found = held_by(bars, done.positions, done.curve)
    assert found.returns[:, 0].tolist() == pytest.approx([0.0, 0.0, 0.1, -0.2])
    # the dividend of the last bar lies beside 200 units of 5 as cash
    assert found.weights[1:, 0].tolist() == pytest.approx([1.0, 1.0, 1_000 / 1_100])


@given(seeds)
@examples(40)
def test_of_closes_only_its_gross_return_less_costs_is_the_run(seed: int) -> None:
    """Filled at the close of a bar, held to the next: equity moves by the row before."""
    bars = random_panel(seed, 60, 3, close_only=True, ragged=False)
    costs = Costs(commission_bps=5.0, half_spread_bps=2.0)
    done = simulate(bars, random_targets(seed, bars), FRACTIONS, costs)
    found = held_by(bars, done.positions, done.curve)
    equity = done.curve["equity"].to_numpy()
    grown = np.concatenate([[1.0], (1.0 + found.gross)[:-1]]) * (1.0 - found.costs)
    assert np.cumprod(grown) * 1_000.0 == pytest.approx(equity, rel=1e-9)


@given(seeds)
@examples(40)
def test_of_opens_it_is_the_run_too_up_to_the_last_fill(seed: int) -> None:
    """From open to open; the last row ends at the last close."""
    bars = random_panel(seed, 60, 3, ragged=False)
    done = simulate(bars, random_targets(seed, bars), FRACTIONS, Costs(commission_bps=5.0))
    found = held_by(bars, done.positions, done.curve)
    grown = np.prod(1.0 + found.gross) * np.prod(1.0 - found.costs)
    assert grown * 1_000.0 == pytest.approx(done.curve["equity"].iloc[-1], rel=1e-9)


@given(seeds)
@examples(20)
def test_of_several_calendars_it_is_the_run_too(seed: int) -> None:
    """From the price at which each row was entered; the last row ends at the last close."""
    parts = [
        on("XNYS", random_panel(seed, 28, 2, ragged=False), "AB"),  # the same six weeks
        on("24/7", random_panel(seed + 1, 40, 2, ragged=False), "CD"),
    ]
    both = join(parts)
    done = simulate(both, random_targets(seed, both), FRACTIONS, Costs(commission_bps=5.0))
    found = held_by(traded(both), done.positions, done.curve)
    grown = np.prod(1.0 + found.gross) * np.prod(1.0 - found.costs)
    assert grown * 1_000.0 == pytest.approx(done.curve["equity"].iloc[-1], rel=1e-9)
