"""Gauges: a headline number against the end of its scale."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from dash import html

from pages.components.hint import hint
from terminal.charts.numbers import format_value
from terminal.risk.panel_value import RiskPanel
from terminal.risk.value_at_risk import ASSUMPTIONS, Method

YEAR = 252**0.5
CAREFUL, FULL = 0.5, 0.8


@dataclass(frozen=True)
class Gauge:
    """A number: `share` of its scale (0 to 1), None where there is none; `beside` in small type."""

    title: str
    text: str
    share: float | None
    beside: str
    hint: str


def gauges(panel: RiskPanel) -> list[Gauge]:
    """What a person looks at first."""
    level, horizon = panel.request.levels[0], panel.request.horizons[0]
    tail = next(
        (row for row in panel.tails
         if (row.method, row.level, row.horizon) == (Method.HISTORICAL, level, horizon)),
        None,
    )  # fmt: skip
    var = tail.var if tail else None
    shortfall = tail.shortfall if tail else None
    exposure, falls, bets = panel.exposures, panel.underwater, panel.concentration
    ten = dict(bets.tops).get(10, 1.0)
    largest = dict(bets.tops).get(1, 1.0)
    held = len(panel.positions)
    volatility = panel.volatility_now * YEAR
    return [
        _of(f"VaR {level:.0%}", var, "percent", 0.05, f"{_money(var, panel)} a session",
            ASSUMPTIONS[Method.HISTORICAL]),
        _of(f"Shortfall {level:.0%}", shortfall, "percent", 0.08, _money(shortfall, panel),
            "Mean of the losses beyond the value at risk"),
        _of("Volatility, a year", volatility, "percent", 0.6,
            f"usually {format_value(panel.volatility * YEAR, 'percent')}",
            "Of the next session, recent ones weighing more, times √252"),
        _of("Drawdown", -falls.now, "percent", 0.5,
            f"deepest {format_value(falls.maximum, 'percent')}",
            "Today's weights over the past: below their last high"),
        _of("Beta", exposure.beta, "ratio", 2.0, "",
            "Sum of weight times beta to the market"),
        _of("Gross", exposure.gross, "percent", 2.0,
            f"net {format_value(exposure.net, 'percent')}",
            "Sum of absolute weights, share of equity"),
        _of("Largest ten", ten, "percent", 1.0,
            f"largest {format_value(largest, 'percent')}", "Share of gross value"),
        Gauge("Uncorrelated bets", f"{bets.effective_bets:.1f}",
              1.0 - min(1.0, (bets.effective_bets - 1.0) / max(held - 1, 1)) if held > 1 else 1.0,
              f"of {held} positions",
              "Effective number by principal portfolios (Meucci 2009); a full bar is one bet"),
    ]  # fmt: skip


def _of(title: str, value: float | None, unit: str, end: float, beside: str, said: str) -> Gauge:
    share = None if value is None else min(1.0, abs(value) / end)
    return Gauge(
        title, format_value(value, unit), share, beside,
        f"{said}. The bar ends at {format_value(end, unit)}.",
    )  # fmt: skip


def _money(value: float | None, panel: RiskPanel) -> str:
    return "" if value is None else format_value(value * panel.equity, "currency")


def gauge_row(panel: RiskPanel) -> html.Div:
    """All gauges."""
    return html.Div([_draw(one) for one in gauges(panel)], className="stats rk-gauges")


def _draw(one: Gauge) -> html.Div:
    share = one.share or 0.0
    tone = "down" if share >= FULL else "warn" if share >= CAREFUL else "accent"
    bar: Any = html.Div(
        html.Div(className=f"rk-fill rk-{tone}", style={"width": f"{100 * share:.0f}%"}),
        className="rk-scale",
        **{"aria-hidden": "true"},
    )
    return html.Div(
        [
            html.Div([one.title, " ", hint(one.hint)], className="stat-label"),
            html.Div(html.Span(one.text, className="num"), className="stat-value"),
            bar,
            html.Div(one.beside, className="stat-sub"),
        ],
        className="stat",
    )
