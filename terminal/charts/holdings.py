"""Figures of a portfolio: what it holds, how it grew, what each part added."""

from __future__ import annotations

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from terminal.charts.layout import Trace, diverging, empty_figure, make_figure, plain
from terminal.charts.numbers import format_value
from terminal.charts.theme import Theme
from terminal.charts.time_axis import axis_ms, date_axis
from terminal.holdings.overview import Holding, Overview

NO_SECTOR = "Sector not known"
MOST_BARS = 20
ROW_PX, FRAME_PX = 24, 70


def treemap_figure(found: Overview, key: str, theme: Theme) -> go.Figure:
    """Positions by size within sectors, coloured by their profit of a period over their value.

    Parameters
    ----------
    key : of `PERIODS`. A short position is drawn by its absolute value and says so.
    """
    held = [one for one in found.holdings if one.quantity and one.value]
    if not held:
        return empty_figure("Nothing is held.", theme)
    sectors = sorted({one.sector or NO_SECTOR for one in held})
    with_sectors = sectors != [NO_SECTOR]
    ids, labels, parents, values, moves, texts = [], [], [], [], [], []
    groups = [("all", found.title, "", held)]
    for sector in sectors if with_sectors else []:
        own = [one for one in held if (one.sector or NO_SECTOR) == sector]
        groups.append((f"sector:{sector}", sector, "all", own))
    for id, name, above, own in groups:
        ids.append(id)
        labels.append(plain(name))
        parents.append(above)
        values.append(sum(abs(one.value) for one in own))
        moves.append(_move(sum(one.by_period[key] for one in own), values[-1]))
        texts.append("")
    for one in held:
        ids.append(one.symbol)
        labels.append(plain(one.symbol) + (" short" if one.quantity < 0 else ""))
        parents.append(f"sector:{one.sector or NO_SECTOR}" if with_sectors else "all")
        values.append(abs(one.value))
        moves.append(_move(one.by_period[key], abs(one.value)))
        texts.append(
            f"{format_value(one.value, 'currency')}, profit "
            f"{format_value(one.by_period[key], 'currency', signed=True)}"
        )
    bound = max(0.02, float(np.quantile(np.abs(moves), 0.9)))
    tokens = theme.tokens
    trace: Trace = {
        "type": "treemap",
        "ids": ids,
        "labels": labels,
        "parents": parents,
        "values": values,
        "branchvalues": "total",
        "marker": {
            "colors": moves,
            "colorscale": diverging(theme),
            "cmin": -bound,
            "cmid": 0,
            "cmax": bound,
            "line": {"color": tokens.panel, "width": 1},
            "pad": {"t": 20, "l": 2, "r": 2, "b": 2},
        },
        "text": [f"{format_value(move, 'percent', signed=True)}" for move in moves],
        "customdata": texts,
        "textinfo": "label+text",
        "textfont": {"color": tokens.text, "size": 12},
        "hovertemplate": "%{label}: %{text}<br>%{customdata}<extra></extra>",
        "tiling": {"pad": 1},
        "pathbar": {"visible": False},
    }
    return make_figure(
        [trace], theme, simulated=found.simulated, margin={"l": 4, "r": 4, "t": 4, "b": 4}
    )


def _move(profit: float, worth: float) -> float:
    """Profit over what it was made on: the value before it."""
    before = worth - profit
    return profit / before if before > 0 else 0.0


def growth_figure(found: Overview, theme: Theme) -> go.Figure:
    """Time-weighted return since the start, and the benchmark's over the same closes."""
    if len(found.dates) < 2:
        return empty_figure("One close is no history yet.", theme)
    index = pd.DatetimeIndex([pd.Timestamp(day) for day in found.dates])
    traces = [_line(index, np.array(found.wealth) - 1.0, "Portfolio", theme.tokens.accent, 1.8)]
    if found.benchmark:
        level = np.array(found.benchmark)
        traces.append(_line(index, level - 1.0, found.benchmark_name, theme.tokens.muted, 1.2))
    return make_figure(
        traces,
        theme,
        simulated=found.simulated,
        xaxis=date_axis(index),
        yaxis={"title": {"text": "Time-weighted return (%)"}, "tickformat": "~%"},
    )


def equity_figure(found: Overview, theme: Theme) -> go.Figure:
    """What it was worth at each close, money that came and went included."""
    if len(found.dates) < 2:
        return empty_figure("One close is no history yet.", theme)
    index = pd.DatetimeIndex([pd.Timestamp(day) for day in found.dates])
    trace = _line(index, np.array(found.equities), "Value", theme.tokens.accent, 1.4)
    trace["hovertemplate"] = "%{y:,.2f}<extra></extra>"
    return make_figure(
        [trace],
        theme,
        simulated=found.simulated,
        xaxis=date_axis(index),
        yaxis={"title": {"text": f"Value ({found.currency})"}},
    )


def bars_height(count: int) -> int:
    """Pixels for so many bars."""
    return FRAME_PX + ROW_PX * max(3, count)


def contribution_rows(found: Overview) -> list[tuple[str, float]]:
    """What is drawn: the largest, and the rest as one, so that the bars add up."""
    order = sorted(found.holdings, key=lambda one: -abs(one.contribution))
    rows = [(one.symbol, one.contribution) for one in order[:MOST_BARS]]
    rest: list[Holding] = order[MOST_BARS:]
    if rest:
        rows.append((f"{len(rest)} others", sum(one.contribution for one in rest)))
    return sorted(rows, key=lambda row: -row[1])


def contribution_figure(found: Overview, theme: Theme) -> go.Figure:
    """What each instrument added to the time-weighted return; the bars add up to it."""
    rows = contribution_rows(found)
    if not rows:
        return empty_figure("Nothing was held yet.", theme)
    values = np.array([value for _, value in rows])
    low, high = min(0.0, float(values.min())), max(0.0, float(values.max()))
    room = 0.22 * max(high - low, 1e-9)
    trace: Trace = {
        "type": "bar",
        "orientation": "h",
        "x": values,
        "y": [plain(name) for name, _ in rows],
        "marker": {
            "color": [theme.up if value >= 0 else theme.down for value in values],
            "line": {"width": 0},
        },
        "text": [format_value(value, "percent", signed=True) for value in values],
        "textposition": "outside",
        "cliponaxis": False,
        "hovertemplate": "%{y}: %{text}<extra></extra>",
        "showlegend": False,
    }
    return make_figure(
        [trace],
        theme,
        simulated=found.simulated,
        height=bars_height(len(rows)),
        hovermode="closest",
        bargap=0.3,
        margin={"t": 8, "r": 24},
        xaxis={
            "title": {"text": "Part of the return (%)"},
            "type": "linear",
            "tickformat": "~%",
            "range": [low - (room if low < 0 else 0.0), high + (room if high > 0 else 0.0)],
            "showgrid": True,
            "showspikes": False,
        },
        yaxis={"type": "category", "autorange": "reversed", "showgrid": False,
               "showspikes": False, "dtick": 1},
    )  # fmt: skip


def _line(index: pd.DatetimeIndex, values: object, name: str, colour: str, width: float) -> Trace:
    return {
        "type": "scatter",
        "mode": "lines",
        "name": plain(name),
        "x": axis_ms(index),
        "y": values,
        "line": {"color": colour, "width": width},
        "hovertemplate": f"{plain(name)} %{{y:.2%}}<extra></extra>",
    }
