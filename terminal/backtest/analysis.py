"""What is made of a run besides its frames, once, in its job: how far it is luck.

Pure: bars and frames in, values out. It is stored as one JSON file beside the frames; runs of
earlier versions have none.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from terminal.backtest.evidence import Evidence, evidence
from terminal.backtest.held import held_by
from terminal.backtest.inference.monte_carlo import returns_on_equity
from terminal.backtest.metrics import Inputs, session_last
from terminal.backtest.request import BacktestRequest
from terminal.market.panel import FloatArray, Panel

FILE = "analysis.json"


@dataclass(frozen=True)
class Analysis:
    """The stored analysis of a run."""

    evidence: Evidence


def analyse(
    request: BacktestRequest,
    frames: Mapping[str, pd.DataFrame],
    panel: Panel,
    sessions: np.ndarray,
    *,
    periods: float,
    seed: int,
) -> Analysis:
    """Analyse a finished run on the bars it traded.

    Parameters
    ----------
    frames : curve, fills, trades and positions of the run.
    sessions : session date of each bar; periods : sessions (or weeks, months) in a year.
    """
    curve = frames["curve"]
    held = held_by(panel, frames["positions"], curve, request.capital)
    return Analysis(
        evidence(
            session_returns(curve, sessions, request.capital),
            trade_returns(frames["trades"], curve, request.capital),
            held,
            periods=periods,
            risk_free_rate=request.risk_free_rate,
            seed=seed,
        )
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
