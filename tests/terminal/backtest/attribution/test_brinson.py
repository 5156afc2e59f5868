"""Attribution against equal weight: a textbook's numbers, and sums."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given

from terminal.backtest.account import Account
from terminal.backtest.attribution.brinson import CASH, Brinson, attribute, brinson_fachler
from terminal.backtest.engine import simulate
from terminal.backtest.held import held_by
from terminal.errors import InputError
from terminal.market.panel import FloatArray, Panel
from terminal.strategies.hold import BUY_AND_HOLD, HoldParams
from tests.terminal.backtest.panels import examples, random_panel, random_targets, seeds
from tests.terminal.market.reference import cases

SECTORS = {"A": "Energy", "B": "Energy", "C": "Health Care", "D": ""}
FRACTIONS = Account(1e5, lot=0.0)


@pytest.mark.parametrize("case", cases("portfolio", "brinson-fachler"))
def test_the_textbook_case(case: dict[str, Any]) -> None:
    x = {name: np.array(case["inputs"][name]) for name in ("wp", "wb", "rp", "rb")}
    found, expected = brinson_fachler(**x), case["expected"]
    for name in ("allocation", "selection", "interaction"):
        assert getattr(found, name) == pytest.approx(np.array(expected[name]), abs=1e-9)
        assert getattr(found, name).sum() == pytest.approx(expected["totals"][name], abs=1e-9)


def test_one_period_by_hand() -> None:
    """Two sectors; all of the better one is held."""
    found = brinson_fachler(
        np.array([1.0, 0.0]), np.array([0.5, 0.5]), np.array([0.12, 0.0]), np.array([0.10, 0.02])
    )
    assert found.allocation.tolist() == pytest.approx([0.5 * 0.04, -0.5 * -0.04])
    assert found.selection.tolist() == pytest.approx([0.01, -0.01])
    assert found.interaction.tolist() == pytest.approx([0.01, 0.01])
    with pytest.raises(InputError, match="add up"):
        brinson_fachler(np.array([0.5, 0.4]), *[np.array([0.5, 0.5])] * 3)


def attributed(bars: Panel, targets: FloatArray, *, long_only: bool = True) -> Brinson:
    account = Account(1e5, lot=0.0, long_only=long_only)
    done = simulate(bars, targets, account)
    even = simulate(bars, BUY_AND_HOLD.targets(bars, HoldParams()), FRACTIONS)
    held, other = (held_by(bars, run.positions, run.curve) for run in (done, even))
    found = attribute(held, other, bars.symbols, SECTORS)
    assert found is not None
    return found


@given(seeds)
@examples(30)
def test_all_effects_add_up_to_the_difference_of_the_returns(seed: int) -> None:
    bars = random_panel(seed, 120, 4, ragged=seed % 2 == 0)
    for long_only in (True, False):
        targets = random_targets(seed, bars, long_only=long_only)
        found = attributed(bars, targets, long_only=long_only)
        effects = sum(s.allocation + s.selection + s.interaction for s in found.sectors)
        assert effects == pytest.approx(found.portfolio - found.benchmark, abs=1e-9)
        weights = [sum(getattr(s, f"{who}_weight") for s in found.sectors) for who in
                   ("portfolio", "benchmark")]  # fmt: skip
        assert weights == pytest.approx([1.0, 1.0])


def test_equal_weight_itself_has_no_effects_and_cash_is_an_allocation() -> None:
    bars = random_panel(5, 100, 4, ragged=False)
    same = attributed(bars, BUY_AND_HOLD.targets(bars, HoldParams()))
    for sector in same.sectors:
        assert (sector.allocation, sector.selection, sector.interaction) == pytest.approx((0, 0, 0))
    idle = attributed(bars, np.zeros((100, 4)))
    assert idle.portfolio == 0.0
    assert sum(s.selection + s.interaction for s in idle.sectors) == pytest.approx(0.0)
    assert next(s for s in idle.sectors if s.sector == CASH).portfolio_weight == 1.0


def test_fewer_than_two_known_sectors_are_no_attribution() -> None:
    bars = random_panel(5, 30, 2)
    done = simulate(bars, random_targets(5, bars), FRACTIONS)
    held = held_by(bars, done.positions, done.curve)
    assert attribute(held, held, bars.symbols, {"A": "Energy"}) is None
    assert attribute(held, held, bars.symbols, {"A": "Energy", "B": "Energy"}) is None
