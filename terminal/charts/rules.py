"""A rule set on one instrument: price with the features on it, the others in panels below.

Triangles stand where a position is entered, squares where it is left, all at the close that
decides; the order fills on the bar after. The price area is tinted while a position is held. There
is no legend: `legend` says what the page writes above the figure, with the colours used here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from terminal.charts.candles import price_digits, price_layout, price_trace
from terminal.charts.layout import compact, empty_figure, make_figure, plain
from terminal.charts.theme import Theme, translucent
from terminal.charts.time_axis import bar_labels, bar_start
from terminal.market.panel import FloatArray
from terminal.strategies.rules.catalogue import PRICE
from terminal.strategies.rules.preview import Preview
from terminal.strategies.rules.rule_set import Feature

PRICE_HEIGHT, PANEL_HEIGHT = 330, 100  # pixels
TITLE_HEIGHT = 20  # pixels above each panel, for its title
TINT = "y20"  # the hidden axis of the held state
BAR_FIELDS = ("close", "open", "high", "low")


@dataclass(frozen=True)
class Line:
    """A feature as it is drawn: its name, its colour (k-th of the theme), its place."""

    feature: Feature
    colour: int
    place: str


def drawn_lines(found: Preview) -> list[Line]:
    """The features in colours, those on the price first; the bars themselves need no line."""
    shown = [f for f in found.values if f.name not in BAR_FIELDS and f not in found.silent]
    shown.sort(key=lambda feature: feature.kind.place != PRICE)
    return [Line(feature, k + 1, feature.kind.place) for k, feature in enumerate(shown)]


def panels_of(found: Preview) -> list[str]:
    """Titles of the panels below the price, in order of appearance."""
    return list(dict.fromkeys(line.place for line in drawn_lines(found) if line.place != PRICE))


def figure_height(found: Preview) -> int:
    """Pixels this figure wants."""
    return PRICE_HEIGHT + PANEL_HEIGHT * len(panels_of(found))


def rules_figure(
    found: Preview,
    theme: Theme,
    *,
    symbol: str,
    timezone: str,
    first: int,
    last: int,
    simulated: bool = False,
) -> go.Figure:
    """The bars from position `first` to `last` of the preview, prices in quoted units."""
    bars = _bars(found, first, last)
    if not len(bars):
        return empty_figure("There are no bars in this range.", theme)
    rows, lines, panels = slice(first, last + 1), drawn_lines(found), panels_of(found)
    axes = {PRICE: "y"} | {place: f"y{k + 2}" for k, place in enumerate(panels)}
    traces = [price_trace(bars, theme, symbol, timezone=timezone)]
    traces += _held(found, bars, rows, theme, timezone)
    traces += [_line(line, found, bars, rows, axes[line.place], theme, timezone) for line in lines]
    traces += _markers(found, bars, rows, theme, timezone)
    layout = price_layout(bars, timezone, "linear", (0, len(bars) - 1), False)
    total = figure_height(found)
    foot = 1.0 - PRICE_HEIGHT / total if panels else 0.0
    layout["yaxis"] |= {"domain": [foot, 1.0]}
    layout["xaxis"] |= {
        "anchor": axes[panels[-1]] if panels else "y",
        "ticklabeloverflow": "hide past div",
        "tickangle": 0,
        "nticks": 4,
    }
    layout["margin"] |= {"t": 8}
    layout["yaxis20"] = {
        "overlaying": "y", "range": [0, 1], "visible": False, "fixedrange": True,
        "domain": layout["yaxis"]["domain"],
    }  # fmt: skip
    notes = []
    for k, place in enumerate(panels):
        top = foot * (1 - k / len(panels)) - TITLE_HEIGHT / total
        low = foot * (1 - (k + 1) / len(panels))
        layout[f"yaxis{k + 2}"] = {
            "side": "right", "automargin": False, "domain": [low, top], "anchor": "x",
            "nticks": 4, "title": {"text": ""}, "zeroline": True,
        }  # fmt: skip
        notes.append(_note(place, top, theme))
    return make_figure(
        traces,
        theme,
        simulated=simulated,
        shapes=_levels(found, axes, theme),
        annotations=notes,
        **layout,
    ).update_layout(showlegend=False)


def _bars(found: Preview, first: int, last: int) -> pd.DataFrame:
    """The drawn bars in quoted prices."""
    panel, rows = found.panel, slice(first, last + 1)
    names = ("open", "high", "low", "close")
    data = {name: getattr(panel, name)[rows, 0] * found.quoted for name in names}
    index = pd.DatetimeIndex(panel.ts[rows], tz="UTC", name="ts")
    return pd.DataFrame(data, index=index)


def _shown_values(line: Line, found: Preview, rows: slice) -> FloatArray:
    """Values of a feature; those in units of the price follow the quoted price."""
    in_currency = line.place == PRICE or "currency" in line.place
    return found.values[line.feature][rows] * (found.quoted if in_currency else 1.0)


def _line(
    line: Line, found: Preview, bars: pd.DataFrame, rows: slice, axis: str, theme: Theme, zone: str
) -> dict[str, Any]:
    digits = price_digits(bars["close"]) if line.place == PRICE else 2
    return {
        "type": "scatter",
        "mode": "lines",
        "name": plain(line.feature.words),
        **bar_start(bars, zone),
        "y": compact(_shown_values(line, found, rows), digits),
        "yaxis": axis,
        "line": {"color": theme.series(line.colour), "width": 1.3},
        "hovertemplate": f"%{{y:,.{digits}f}}<extra>{plain(line.feature.words)}</extra>",
    }


def _held(
    found: Preview, bars: pd.DataFrame, rows: slice, theme: Theme, zone: str
) -> list[dict[str, Any]]:
    """A tint over the price area while long, another while short."""
    state = found.state[rows]
    return [
        {
            "type": "scatter",
            "mode": "lines",
            "name": name,
            **bar_start(bars, zone),
            "y": (state == side).astype(np.float32),
            "yaxis": TINT,
            "line": {"width": 0, "shape": "hvh", "color": colour},
            "fill": "tozeroy",
            "fillcolor": translucent(colour, 0.12),
            "hoverinfo": "skip",
        }
        for side, name, colour in ((1, "Long", theme.up), (-1, "Short", theme.down))
        if (state == side).any()
    ]


def _markers(
    found: Preview, bars: pd.DataFrame, rows: slice, theme: Theme, zone: str
) -> list[dict[str, Any]]:
    """Entries and exits at the close that decides."""
    labels = bar_labels(pd.DatetimeIndex(bars.index), zone)
    close = bars["close"].to_numpy(dtype=float)
    wanted = (
        ("Enter long", found.entries(1), "triangle-up", theme.up, 12),
        ("Enter short", found.entries(-1), "triangle-down", theme.down, 12),
        ("Leave", found.exits, "square", theme.tokens.text, 7),
    )
    traces = []
    for name, places, symbol, colour, size in wanted:
        inside = places[(places >= rows.start) & (places < rows.stop)] - rows.start
        if not inside.size:
            continue
        traces.append(
            {
                "type": "scatter",
                "mode": "markers",
                "name": name,
                "x": [labels[k] for k in inside],
                "y": close[inside],
                "marker": {
                    "symbol": symbol,
                    "size": size,
                    "color": colour,
                    "line": {"color": theme.tokens.panel, "width": 1},
                },
                "hovertemplate": "decided at this close<extra>" + name + "</extra>",
            }
        )
    return traces


def _levels(found: Preview, axes: dict[str, str], theme: Theme) -> list[dict[str, Any]]:
    """A dotted line at every number that a drawn feature is compared with."""
    wanted: set[tuple[str, float]] = set()
    for item in found.rules.conditions:
        place = item.left.kind.place
        if place in axes and (place != PRICE or found.quoted == 1.0):
            wanted |= {(axes[place], v) for v in (item.right, item.high) if isinstance(v, float)}
    return [
        {
            "type": "line",
            "xref": "paper",
            "yref": axis,
            "x0": 0,
            "x1": 1,
            "y0": value,
            "y1": value,
            "line": {"color": theme.tokens.muted, "width": 1, "dash": "dot"},
            "layer": "below",
        }
        for axis, value in sorted(wanted)
    ]


def _note(place: str, top: float, theme: Theme) -> dict[str, Any]:
    """The title of a panel, above its upper left corner."""
    return {
        "text": place,
        "xref": "paper",
        "yref": "paper",
        "x": 0,
        "y": top,
        "xanchor": "left",
        "yanchor": "bottom",
        "showarrow": False,
        "font": {"color": theme.tokens.muted, "size": 10},
    }
