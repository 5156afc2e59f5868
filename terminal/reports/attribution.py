"""Where the profit came from, as tables and figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from terminal.backtest.attribution import contribution as parts_of
from terminal.backtest.attribution.brinson import Brinson
from terminal.backtest.attribution.contribution import Part
from terminal.backtest.attribution.crises import crises_within
from terminal.backtest.attribution.factors import FactorFit, factor_fit
from terminal.backtest.attribution.regimes import by_regime
from terminal.backtest.result import BacktestResult
from terminal.charts.attribution import contribution_figure, excursion_figure, holding_figure
from terminal.charts.curve import period_returns, session_equity
from terminal.charts.numbers import MISSING, format_value
from terminal.charts.theme import Theme
from terminal.charts.time_axis import is_intraday, local
from terminal.reports.figures import Section
from terminal.reports.sessions import session_curve
from terminal.reports.tables import Cell, Table, number, text

MOST_NAMES = 24
"""Bars of one figure; the middle of a longer list stands together."""
SURE = 1.96


def sectors_of(result: BacktestResult, known: Mapping[str, str] | None = None) -> dict[str, str]:
    """Sectors by symbol: as stored with the run, else those the data set names now."""
    stored = {} if result.judged is None else result.judged.analysis.sectors
    return dict(stored or known or {})


def splits(
    result: BacktestResult, timezone: str, known: Mapping[str, str] | None = None
) -> dict[str, tuple[str, list[Part]]]:
    """Title and parts by key; each adds up to what the account earned."""
    curve, trades, capital = result.curve, result.trades, result.request.capital
    made = {
        "instrument": ("By instrument", parts_of.by_instrument(curve, trades, capital)),
        "side": ("Long and short", parts_of.by_side(curve, trades, capital)),
        "month": ("By month of the year", parts_of.by_month(curve, capital, timezone)),
    }
    sectors = sectors_of(result, known)
    if any(sectors.values()):
        parts = parts_of.by_sector(curve, trades, capital, sectors)
        made["sector"] = ("By sector", parts)
    index = pd.DatetimeIndex(curve.index)
    step = float(np.median(np.diff(index.as_unit("s").asi8))) if len(index) > 1 else 0.0
    if step < 5 * 86_400:
        made["weekday"] = ("By weekday", parts_of.by_weekday(curve, capital, timezone))
    if is_intraday(index):
        made["hour"] = ("By hour", parts_of.by_hour(curve, capital, timezone))
    return made


def split_table(title: str, parts: Sequence[Part], counted: str) -> Table:
    """Parts with their share of what was earned, and the sum."""
    whole = sum(part.profit for part in parts)
    rows = [_part(part, whole) for part in parts]
    rows.append(_part(Part("All", whole), whole))
    return Table(
        title,
        ("", counted, "Profit", "Share"),
        ("left", "right", "right", "right"),
        tuple(rows),
    )


def _part(part: Part, whole: float) -> tuple[Cell, ...]:
    return (
        text(part.name),
        number(part.count, "count"),
        number(part.profit, "currency", change=True),
        number(part.profit / whole if whole > 0 else None, "percent"),
    )


def attribution_sections(
    result: BacktestResult,
    theme: Theme,
    *,
    timezone: str = "UTC",
    known: Mapping[str, str] | None = None,
) -> list[Section]:
    """Bars of every split, excursions and holding of the trades."""
    simulated = result.provenance.simulated
    made = [
        Section(
            f"attribution-{key}", title, "Net profit; the bars add up to what was earned.",
            contribution_figure(_shown(parts), theme, simulated=simulated), 240, wide=False,
        )
        for key, (title, parts) in splits(result, timezone, known).items()
    ]  # fmt: skip
    if len(result.trades):
        made += [
            Section(
                "attribution-excursions", "Worst and best while open",
                "Each trade: how far the price stood against it and for it, of the entry price.",
                excursion_figure(result.trades, theme, simulated=simulated), 300, wide=False,
            ),
            Section(
                "attribution-holding", "How long trades lasted", "In bars, won beside lost.",
                holding_figure(result.trades, theme, simulated=simulated), 300, wide=False,
            ),
        ]  # fmt: skip
    return made


def _shown(parts: Sequence[Part]) -> list[tuple[str, float]]:
    items = [(part.name, part.profit) for part in parts]
    if len(items) <= MOST_NAMES:
        return items
    ends = MOST_NAMES // 2
    middle = items[ends:-ends]
    rest = (f"{len(middle)} others", sum(amount for _, amount in middle))
    return [*items[:ends], rest, *items[-ends:]]


def regime_table(result: BacktestResult, timezone: str = "UTC") -> Table | None:
    """Profit by state of the benchmark; None without one."""
    whole = session_curve(result)
    curve = whole[["equity", "benchmark"]].dropna()
    if len(curve) != len(whole) or len(curve) < 2:
        return None
    equity = session_equity(curve["equity"], timezone)
    market = session_equity(curve["benchmark"], timezone)
    judged = result.judged
    periods = 252.0 if judged is None else judged.analysis.evidence.periods
    found = by_regime(equity, market, result.request.capital, periods)
    return Table(
        "By market regime",
        ("Market", "Sessions", "Profit", "Sharpe", "Benchmark"),
        ("left", "right", "right", "right", "right"),
        tuple(
            (
                text(one.name),
                number(one.sessions, "count"),
                number(one.profit, "currency", change=True),
                number(one.sharpe, "ratio"),
                number(one.market, "percent", change=True),
            )
            for one in found
        ),
        note="Rising or falling: the benchmark against the mean of its last 200 sessions. Calm, "
        "usual or wild: its volatility of 20 sessions among its own past. Both as known at the "
        "session before.",
    )


def brinson_table(result: BacktestResult) -> Table | None:
    """Effects by sector, and the way from them to the lead that is left after costs."""
    made = None if result.judged is None else result.judged.analysis.brinson
    if made is None:
        return None
    rows = [
        (
            text(one.sector),
            number(one.portfolio_weight, "percent"),
            number(one.benchmark_weight, "percent"),
            *_effects(one.allocation, one.selection, one.interaction, made),
        )
        for one in made.sectors
    ]
    sums = [
        sum(getattr(s, name) for s in made.sectors)
        for name in ("allocation", "selection", "interaction")
    ]
    rows.append((text("All"), Cell(""), Cell(""), *_effects(sums[0], sums[1], sums[2], made)))
    earned = float(result.curve["equity"].iloc[-1]) / result.request.capital - 1.0
    return Table(
        "Against equal weight, by sector",
        ("Sector", "Weight", "Equal weight", "Allocation", "Selection", "Interaction", "Together"),
        ("left", *["right"] * 6),  # type: ignore[arg-type]
        tuple(rows),
        note=_brinson_note(made, earned),
    )


def _effects(allocation: float, selection: float, interaction: float, made: Brinson) -> list[Cell]:
    return [
        number(allocation, "percent", change=True),
        number(selection, "percent", change=True),
        number(interaction, "percent", change=True) if made.split else Cell(MISSING),
        number(allocation + selection + interaction, "percent", change=True),
    ]


def _brinson_note(made: Brinson, earned: float) -> str:
    def said(value: float) -> str:
        return format_value(value, "percent", signed=True)

    lines = [
        "Brinson and Fachler, linked over all bars (Carino), of the start; they add up to "
        f"{said(made.portfolio - made.benchmark)}: {said(made.portfolio)} from fill to fill before "
        f"costs, less {said(made.benchmark)} of equal weight. Costs, interest and what was traded "
        f"inside bars account for {said(earned - made.portfolio)}.",
    ]
    if not made.split:
        lines.append("With short positions, selection and interaction are one.")
    return " ".join(lines)


def fit_of(
    result: BacktestResult, factors: pd.DataFrame | None, timezone: str = "UTC"
) -> FactorFit | None:
    """The run's whole months on the factors; None where there are too few or no factors."""
    if factors is None:
        return None
    months = period_returns(result.curve["equity"], "M", timezone, result.request.capital)
    return factor_fit(months.iloc[1:-1], factors)  # the first and last may be part months


def factor_table(fit: FactorFit, source: str) -> Table:
    """Coefficients with their errors."""
    rows = []
    for one in fit.coefficients:
        alpha = one.name == "Alpha"
        unit = "percent" if alpha else "ratio"
        low, high = one.value - SURE * one.error, one.value + SURE * one.error
        rows.append(
            (
                text(one.name, "A month, beyond what the factors explain" if alpha else ""),
                number(one.value, unit, change=alpha),
                number(low, unit),
                number(high, unit),
                Cell(f"{one.t:.2f}".replace("-", "−") if np.isfinite(one.t) else MISSING),
            )
        )
    return Table(
        "What known factors explain",
        ("", "Coefficient", "95 % from", "95 % to", "t"),
        ("left", "right", "right", "right", "right"),
        tuple(rows),
        note=f"{fit.n} months, {fit.first} to {fit.last}; R² {fit.r_squared:.2f}; Newey–West "
        f"errors with {fit.lags} lags. Factors: {source}.",
    )


def crisis_table(result: BacktestResult, timezone: str = "UTC") -> Table:
    """How the run came through named falls of the market within its range."""
    curve = session_curve(result)
    equity = _by_date(session_equity(curve["equity"], timezone), timezone)
    other = None
    if curve["benchmark"].notna().all():
        other = _by_date(session_equity(curve["benchmark"], timezone), timezone)
    return Table(
        "Crises",
        ("", "From", "To", "Run", "Deepest", "Benchmark"),
        ("left", "left", "left", "right", "right", "right"),
        tuple(
            (
                text(one.name),
                text(one.first.isoformat()),
                text(one.last.isoformat()),
                number(one.total_return, "percent", change=True),
                number(one.max_drawdown, "percent", change=True),
                number(one.benchmark, "percent", change=True),
            )
            for one in crises_within(equity, other)
        ),
        "No crisis of the list lies wholly within the run.",
        "From a high of the S&P 500 to its low, by closes: a list made with hindsight.",
    )  # fmt: skip


def _by_date(values: pd.Series, timezone: str) -> pd.Series:
    days = local(pd.DatetimeIndex(values.index), timezone).tz_localize(None).normalize()
    return values.set_axis(days)
