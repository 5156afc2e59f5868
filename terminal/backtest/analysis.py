"""What is made of a run besides its frames, once, in its job: luck, sectors, bets, capacity.

Pure: bars and frames in, values out. It is stored as one JSON file beside the frames; runs of
earlier versions have none.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from terminal.backtest.account import Account
from terminal.backtest.attribution.brinson import Brinson, attribute
from terminal.backtest.attribution.positions import PositionStatistics, position_statistics
from terminal.backtest.capacity import USUAL_Y, Capacity, capacity, liquidity_before
from terminal.backtest.evidence import Evidence, evidence
from terminal.backtest.held import Held, held_by
from terminal.backtest.inference.monte_carlo import returns_on_equity
from terminal.backtest.metrics import Inputs, session_last
from terminal.backtest.request import BacktestRequest
from terminal.market.mixed import traded
from terminal.market.panel import FloatArray, Panel
from terminal.strategies.hold import BUY_AND_HOLD, HoldParams

FILE = "analysis.json"


@dataclass(frozen=True)
class Analysis:
    """The stored analysis of a run.

    Attributes
    ----------
    sectors : of its instruments, as the data set named them when it was run.
    brinson : None where fewer than two sectors are known.
    capacity : None where the data has no volumes, or nothing was traded.
    """

    evidence: Evidence
    sectors: Mapping[str, str] = field(default_factory=dict)
    positions: PositionStatistics | None = None
    brinson: Brinson | None = None
    capacity: Capacity | None = None


def analyse(
    request: BacktestRequest,
    frames: Mapping[str, pd.DataFrame],
    panel: Panel,
    sessions: np.ndarray,
    *,
    periods: float,
    seed: int,
    sectors: Mapping[str, str] | None = None,
) -> Analysis:
    """Analyse a finished run on the bars it traded.

    Parameters
    ----------
    frames : curve, fills, trades and positions of the run.
    sessions : session date of each bar; periods : sessions (or weeks, months) in a year.
    sectors : by symbol, where they are known.
    """
    curve, capital = frames["curve"], request.capital
    held = held_by(traded(panel), frames["positions"], curve)
    return Analysis(
        evidence=evidence(
            session_returns(curve, sessions, capital),
            trade_returns(frames["trades"], curve, capital),
            held,
            periods=periods,
            risk_free_rate=request.risk_free_rate,
            seed=seed,
        ),
        sectors=dict(sectors or {}),
        positions=_positions(panel, frames["positions"]),
        brinson=_brinson(panel, held, sectors or {}, capital),
        capacity=_capacity(request, frames, panel, sessions, periods),
    )


def _positions(panel: Panel, positions: pd.DataFrame) -> PositionStatistics:
    units = np.cumprod(panel.split, axis=0, dtype=np.float64)
    days = panel.ts.astype("datetime64[s]").astype(np.float64) / 86_400.0
    return position_statistics(positions.to_numpy(dtype=np.float64) / units, days)


def _brinson(
    panel: Panel, held: Held, sectors: Mapping[str, str], capital: float
) -> Brinson | None:
    if len({sectors.get(symbol, "") for symbol in panel.symbols} - {""}) < 2:
        return None
    targets = BUY_AND_HOLD.targets(panel, HoldParams())
    from terminal.backtest.engine import simulate  # the pages read what this room keeps

    even = simulate(panel, targets, Account(capital, lot=0.0))
    benchmark = held_by(traded(panel), even.positions, even.curve)
    return attribute(held, benchmark, panel.symbols, sectors)


def _capacity(
    request: BacktestRequest,
    frames: Mapping[str, pd.DataFrame],
    panel: Panel,
    sessions: np.ndarray,
    periods: float,
) -> Capacity | None:
    curve, fills = frames["curve"], frames["fills"]
    level = curve["benchmark"].dropna()
    return capacity(
        curve,
        fills,
        liquidity_before(panel, fills, sessions),
        sessions,
        capital=request.capital,
        y=request.costs.impact_root or USUAL_Y,
        periods=periods,
        risk_free_rate=request.risk_free_rate,
        benchmark_return=None if level.empty else float(level.iloc[-1]) / request.capital - 1.0,
    )


def session_returns(curve: pd.DataFrame, sessions: np.ndarray, capital: float) -> FloatArray:
    """One return a session, as the metrics are made of."""
    equity = session_last(curve["equity"], sessions)
    return Inputs(equity, None, curve, pd.DataFrame(), capital).returns


def trade_returns(trades: pd.DataFrame, curve: pd.DataFrame, capital: float) -> FloatArray:
    """Profit of each trade over the equity before it; empty where some had none to pay from."""
    known = np.concatenate([[capital], curve["equity"].to_numpy(dtype=np.float64)])
    if trades.empty or not (known > 0).all():
        return np.empty(0)
    return returns_on_equity(trades, curve["equity"], capital)
