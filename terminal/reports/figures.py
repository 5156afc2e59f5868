"""The figures of a tear sheet, in order, each with its title and a sentence on how to read it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from terminal.backtest.result import BacktestResult
from terminal.charts.curve import session_equity
from terminal.charts.distribution import distribution_figure
from terminal.charts.drawdown import drawdown_figure
from terminal.charts.equity import Band, Scale, equity_figure
from terminal.charts.exposure import exposure_figure, turnover_figure
from terminal.charts.monthly import monthly_figure, monthly_height
from terminal.charts.placebo import placebo_figure
from terminal.charts.rolling import WINDOW, rolling_sharpe_figure, rolling_volatility_figure
from terminal.charts.theme import Theme
from terminal.charts.trades import trades_figure
from terminal.charts.yearly import yearly_figure
from terminal.reports.content import benchmark_name
from terminal.reports.sessions import session_curve


@dataclass(frozen=True)
class Section:
    """A figure of the report. `alternative` is the same on a logarithmic scale, where it helps."""

    key: str
    title: str
    reading: str
    figure: go.Figure
    height: int
    wide: bool = True
    min_width: int = 0
    alternative: go.Figure | None = None


def sections(
    result: BacktestResult,
    theme: Theme,
    *,
    timezone: str = "UTC",
    prices: Mapping[str, pd.DataFrame] | None = None,
    scale: Scale = "linear",
) -> list[Section]:
    """All figures of a run.

    Parameters
    ----------
    prices : bars frames by symbol; each adds the chart of that symbol's trades.
    scale : of the equity curve; the other one is the section's alternative.
    """
    curve = session_curve(result)
    other: Scale = "log" if scale == "linear" else "linear"
    benchmark = benchmark_name(result)
    simulated = result.provenance.simulated
    common: dict[str, Any] = {"timezone": timezone, "simulated": simulated}
    started = {**common, "capital": result.request.capital}
    named: dict[str, Any] = {**common, "benchmark_name": benchmark}
    banded = {**named, "band": equity_band(result, timezone)}
    window = min(WINDOW, max(20, len(curve) // 4))
    rate = result.request.risk_free_rate
    return [
        Section(
            "equity", "Equity", _equity_reading(banded["band"] is not None),
            equity_figure(curve, theme, scale=scale, **banded), 340,
            alternative=equity_figure(curve, theme, scale=other, **banded),
        ),
        Section(
            "drawdown", "Drawdown", "Distance below the highest value so far.",
            drawdown_figure(curve, theme, **started, benchmark_name=benchmark), 220,
        ),
        Section(
            "monthly", "Monthly returns", "Compounded return of each calendar month and year.",
            monthly_figure(curve, theme, **started), monthly_height(curve, timezone),
            min_width=620,
        ),
        Section(
            "yearly", "Yearly returns", "The first and last year may be part years.",
            yearly_figure(curve, theme, **started, benchmark_name=benchmark), 260,
        ),
        Section(
            "sharpe", "Rolling Sharpe ratio", f"Annualised, over the last {window} sessions.",
            rolling_sharpe_figure(curve, theme, window=window, risk_free_rate=rate, **named),
            240, wide=False,
        ),
        Section(
            "volatility", "Rolling volatility", f"Annualised, over the last {window} sessions.",
            rolling_volatility_figure(curve, theme, window=window, **named), 240, wide=False,
        ),
        Section(
            "exposure", "Exposure", "Positions as a share of equity: gross, and long less short.",
            exposure_figure(result.curve, theme, **common), 240, wide=False,
        ),
        Section(
            "turnover", "Turnover", "Traded notional as a share of equity.",
            turnover_figure(result.curve, theme, **common), 240, wide=False,
        ),
        Section(
            "distribution", "Distribution of returns",
            "Return per session; marks show what was lost on the worst 5% of sessions.",
            distribution_figure(curve, theme, **started), 280,
        ),
        *_placebos(result, theme),
        *(
            Section(
                f"trades-{k}", f"Trades in {symbol}",
                "Entries as triangles, exits as squares; lines join them, dashed for losses.",
                trades_figure(bars, result.trades, symbol, theme, **common), 420,
            )
            for k, (symbol, bars) in enumerate((prices or {}).items())
        ),
    ]  # fmt: skip


def _placebos(result: BacktestResult, theme: Theme) -> list[Section]:
    """The run among its placebos, where it has a certificate."""
    certificate = result.provenance.certificate
    if certificate is None or not certificate.placebo_sharpes:
        return []
    return [
        Section(
            "placebo",
            "The strategy on shuffled bars",
            "Where the past says nothing, it must earn what its exposure alone earns.",
            placebo_figure(certificate, theme, simulated=result.provenance.simulated),
            230,
        )
    ]


def _equity_reading(banded: bool) -> str:
    said = "Account value at each bar's close, after all costs."
    if not banded:
        return said
    return f"{said} Shaded: where nine of ten samples of its own returns stood."


def equity_band(result: BacktestResult, timezone: str = "UTC") -> Band | None:
    """Where equity stood in nine of ten samples of the run's own returns; None where unknown."""
    fans = () if result.judged is None else result.judged.analysis.evidence.fans
    fan = next((fan for fan in fans if fan.key == "returns"), None)
    ends = pd.DatetimeIndex(session_equity(session_curve(result)["equity"], timezone).index)
    if fan is None or fan.length != len(ends):
        return None
    capital = result.request.capital
    low, high = (capital * np.asarray(fan.bands[k][1:], dtype=np.float64) for k in (0, -1))
    at = np.asarray(fan.after[1:], dtype=np.int64) - 1
    return Band(ends[at], low, high, "90% of samples")
