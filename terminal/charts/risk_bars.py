"""Bars of risk: by factor, by position, and by scenario. Signs are told by colour and by text."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from terminal.charts.layout import empty_figure, make_figure, plain
from terminal.charts.numbers import format_value
from terminal.charts.theme import Theme
from terminal.risk.factors.model import FactorRisk
from terminal.risk.positions import PositionRisk
from terminal.risk.stress.replay import Replay
from terminal.risk.stress.shocks import Shocked

ROW_PX = 24
FRAME_PX = 74
MOST = 15
LONGEST = 28
BASIS_POINTS = 10_000.0


def bars_height(rows: int) -> int:
    """Pixels at which this many bars can be read."""
    return FRAME_PX + ROW_PX * max(3, rows)


def factor_figure(
    risk: FactorRisk | None, theme: Theme, *, top: int = MOST, simulated: bool = False
) -> go.Figure:
    """Share of the book's variance by factor, and specific; a hedge stands below zero."""
    if risk is None:
        return empty_figure("No factor model could be fitted.", theme)
    rows = [(part.name, part.share) for part in risk.parts[:top]]
    rest = sum(part.share for part in risk.parts[top:])
    if len(risk.parts) > top:
        rows.append((f"{len(risk.parts) - top} other factors", rest))
    rows.append(("Specific", risk.specific_share))
    return _bars(
        rows, theme, "Share of variance (%)", rising="accent", falling="warn", simulated=simulated
    )


def contribution_bars(
    positions: Sequence[PositionRisk], theme: Theme, *, top: int = MOST, simulated: bool = False
) -> go.Figure:
    """Parts of the book's expected shortfall: what adds most, and what takes away most."""
    if not positions:
        return empty_figure("Nothing is held.", theme)
    order = sorted(positions, key=lambda p: -abs(p.component_shortfall))[:top]
    rows = sorted(
        ((p.symbol, p.component_shortfall) for p in order), key=lambda row: (-row[1], row[0])
    )
    return _bars(
        [(name, part * BASIS_POINTS) for name, part in rows], theme,
        "Part of the shortfall (bp of equity)", rising="down", falling="up",
        simulated=simulated, percent=False,
    )  # fmt: skip


def stress_figure(
    scenarios: Sequence[Replay | Shocked], theme: Theme, *, simulated: bool = False
) -> go.Figure:
    """Profit or loss of today's book by scenario, in the order given."""
    if not scenarios:
        return empty_figure("No scenario could be computed.", theme)
    rows = [(scenario.name, scenario.profit) for scenario in scenarios]
    return _bars(
        rows, theme, "Profit or loss (% of equity)", rising="up", falling="down",
        simulated=simulated,
    )  # fmt: skip


def _bars(
    rows: Sequence[tuple[str, float]],
    theme: Theme,
    title: str,
    *,
    rising: str,
    falling: str,
    simulated: bool,
    percent: bool = True,
) -> go.Figure:
    """Horizontal bars, the first on top; `rising` and `falling` are colour tokens by sign."""
    values = np.array([value for _, value in rows])
    colours = {True: getattr(theme.tokens, rising), False: getattr(theme.tokens, falling)}
    low, high = min(0.0, float(values.min())), max(0.0, float(values.max()))
    room = 0.18 * max(high - low, 1e-9)
    before = 0.3 * max(high - low, 1e-9)  # numbers left of bars keep clear of the names
    trace = {
        "type": "bar",
        "orientation": "h",
        "x": values,
        "y": _labels([name for name, _ in rows]),
        "marker": {"color": [colours[value >= 0] for value in values], "line": {"width": 0}},
        "text": [_text(value, percent, signed=falling == "down") for value in values],
        "textposition": "outside",
        "cliponaxis": False,
        "customdata": [plain(name) for name, _ in rows],
        "hovertemplate": "%{customdata}: %{text}<extra></extra>",
        "showlegend": False,
    }
    return make_figure(
        [trace],
        theme,
        simulated=simulated,
        height=bars_height(len(rows)),
        hovermode="closest",
        bargap=0.3,
        margin={"t": 8, "r": 24},
        xaxis={
            "title": {"text": title},
            "type": "linear",
            "tickformat": "~%" if percent else "",
            "range": [low - (before if low < 0 else 0.0), high + (room if high > 0 else 0.0)],
            "showgrid": True,
            "showspikes": False,
        },
        yaxis={"type": "category", "range": [len(rows) - (0.0 if simulated else 0.5), -0.5],
               "showgrid": False, "showspikes": False, "dtick": 1},
        shapes=[{"type": "line", "xref": "x", "yref": "paper", "x0": 0, "x1": 0, "y0": 0,
                 "y1": 1, "line": {"color": theme.tokens.border, "width": 1}}],
    )  # fmt: skip


def _text(value: float, percent: bool, *, signed: bool) -> str:
    if percent:
        return format_value(value, "percent", signed=signed)
    return format_value(value / BASIS_POINTS, "bps", signed=signed)


def _labels(names: Sequence[str]) -> list[str]:
    """Names cut to what an axis holds, none twice."""
    made: list[str] = []
    for k, name in enumerate(names, start=1):
        short = plain(name if len(name) <= LONGEST else f"{name[: LONGEST - 1]}…")
        made.append(f"{short} #{k}" if short in made else short)
    return made
