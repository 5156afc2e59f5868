"""Our Plotly figures drawn by matplotlib, for PDF: the same values, the same marks.

Drawn from the figure itself (`go.Figure`), so that page and paper cannot differ. Understood are
the marks that `terminal.charts` uses: scatter (lines, markers, fills, steps), bar (beside each
other, or lying), heat map with cell texts, candlestick; date, category, linear and log axes with
domains; lines and rectangles as shapes; text annotations. Anything else raises ValueError, so that
a mark added to the charts cannot silently be missing on paper.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence
from html import unescape
from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection, PolyCollection
from matplotlib.colors import LinearSegmentedColormap, to_rgba
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, MaxNLocator, NullFormatter, NullLocator

from terminal.reports.figure_axes import AxisScale, format_tick

Box = tuple[float, float, float, float]
FONT_PT = 7.0
PX = 0.75
_DASHES: dict[str, Any] = {
    "solid": "-", "dash": (0, (4, 2.5)), "dot": (0, (1.2, 1.8)), "dashdot": "-.",
}  # fmt: skip
_MARKERS = {"triangle-up": "^", "triangle-down": "v", "square": "s", "square-open": "s",
            "circle": "o"}  # fmt: skip
_DTYPES = {"f8": "<f8", "f4": "<f4", "i1": "i1", "i2": "<i2", "i4": "<i4", "u1": "u1",
           "u2": "<u2", "u4": "<u4"}  # fmt: skip


def draw_figure(figure: Any, page: Figure, box: Box) -> None:
    """Draw a Plotly figure into `box` = (left, bottom, width, height) of a page, in 0..1.

    Raises
    ------
    ValueError : the figure holds a mark or axis this does not know.
    """
    _Drawing(figure.to_dict(), page, box).draw()


class _Drawing:
    """One figure on its way to paper."""

    def __init__(self, spec: dict[str, Any], page: Figure, box: Box) -> None:
        self.data: list[dict[str, Any]] = spec["data"]
        self.layout: dict[str, Any] = spec["layout"]
        self.theme: dict[str, Any] = self.layout["template"]["layout"]
        self.page = page
        self.box = box
        self.axes: dict[tuple[str, str], Axes] = {}
        self.x: dict[str, AxisScale] = {}
        self.tonext: dict[Axes, tuple[Any, Any]] = {}

    def draw(self) -> None:
        for trace in self.data:
            self._trace(trace, self._axes(trace.get("xaxis", "x"), trace.get("yaxis", "y")))
        for shape in self.layout.get("shapes", ()):
            self._shape(shape)
        for note in self.layout.get("annotations", ()):
            self._annotation(note)
        for (x, y), axes in self.axes.items():
            self._finish(axes, x, y)
        self._legend()

    # axes

    def _spec(self, name: str) -> dict[str, Any]:
        kind = "xaxis" if name.startswith("x") else "yaxis"
        own = self.layout.get(kind + name[1:], {})
        return {**self.theme[kind], **own}

    def _axes(self, x: str, y: str) -> Axes:
        if (x, y) in self.axes:
            return self.axes[(x, y)]
        left, bottom, width, height = self.box
        across, up = self._spec(x).get("domain", (0, 1)), self._spec(y).get("domain", (0, 1))
        axes = self.page.add_axes(
            (
                left + across[0] * width,
                bottom + up[0] * height,
                (across[1] - across[0]) * width,
                (up[1] - up[0]) * height,
            )
        )
        axes.set_facecolor("none")
        if self._spec(y).get("type") == "log":
            axes.set_yscale("log")
        if x not in self.x:
            self.x[x] = AxisScale(self._spec(x), self.data, x)
        self.axes[(x, y)] = axes
        return axes

    def _finish(self, axes: Axes, x: str, y: str) -> None:
        across, up = self._spec(x), self._spec(y)
        muted, border = self.theme["xaxis"]["tickfont"]["color"], self.theme["xaxis"]["linecolor"]
        for side in ("top", "left", "right"):
            axes.spines[side].set_visible(False)
        axes.spines["bottom"].set(color=border, linewidth=0.6)
        axes.tick_params(length=0, labelsize=FONT_PT, labelcolor=muted, pad=2.5)
        axes.set_axisbelow(True)
        if up.get("showgrid", True) and across.get("visible", True):
            axes.grid(axis="y", color=self.theme["yaxis"]["gridcolor"], linewidth=0.5)
        if up.get("side") == "right":
            axes.yaxis.tick_right()
            axes.yaxis.set_label_position("right")
        if across.get("visible") is False:
            axes.set_axis_off()
            return
        self._scale_y(axes, up, y)
        self.x[x].apply(axes)
        shared = across.get("anchor", "y")
        if shared != y and any(name == shared for _, name in self.axes):
            axes.tick_params(labelbottom=False)
        else:
            axes.set_xlabel(_title(across), fontsize=FONT_PT, color=muted, labelpad=2)
        # The second heat map of a row shares the first one's years.
        if x != "x" and y == "y":
            axes.set_yticks([])
        else:
            axes.set_ylabel(_title(up), fontsize=FONT_PT, color=muted, labelpad=3)

    def _scale_y(self, axes: Axes, spec: dict[str, Any], name: str) -> None:
        shown = spec.get("range")
        log = spec.get("type") == "log"
        if spec.get("type") == "category":
            years = [label for t in self.data if t.get("yaxis", "y") == name for label in t["y"]]
            labels = list(dict.fromkeys(years))
            axes.set_yticks(range(len(labels)), labels)
            axes.set_ylim(len(labels) - 0.5, -0.5)
            return
        if shown:
            axes.set_ylim(*(10.0**v for v in shown) if log else shown)
        elif spec.get("rangemode") == "tozero":
            low, high = axes.get_ylim()
            axes.set_ylim(min(low, 0.0), max(high, 0.0))
        pattern = spec.get("tickformat", "")
        axes.yaxis.set_major_formatter(FuncFormatter(lambda v, _: format_tick(v, pattern)))
        if log:
            axes.yaxis.set_minor_formatter(NullFormatter())
            _log_ticks(axes)
        else:
            axes.yaxis.set_major_locator(
                MaxNLocator(spec.get("nticks", 6), steps=[1, 2, 2.5, 5, 10])
            )

    # marks

    def _trace(self, trace: dict[str, Any], axes: Axes) -> None:
        kind = trace["type"]
        drawers = {"scatter": self._scatter, "bar": self._bar, "heatmap": self._heatmap,
                   "candlestick": self._candles}  # fmt: skip
        if kind not in drawers:
            raise ValueError(f"a PDF cannot draw a {kind} trace yet")
        drawers[kind](trace, axes)

    def _scatter(self, trace: dict[str, Any], axes: Axes) -> None:
        y = values(trace["y"])
        x = self.x[trace.get("xaxis", "x")].positions(trace, len(y))
        mode = trace.get("mode", "lines")
        if mode not in ("lines", "markers"):
            raise ValueError(f"a PDF cannot draw scatter mode {mode!r} yet")
        if mode == "markers":
            self._markers(trace, axes, x, y)
            return
        style = trace.get("line", {})
        step = "mid" if style.get("shape") == "hvh" else None
        self._fill(trace, axes, x, y, step)
        self.tonext[axes] = (x, y)
        if style.get("width", 1.5) <= 0:
            return
        axes.plot(
            x, y, color=_colour(style["color"]), linewidth=style.get("width", 1.5) * PX * 0.8,
            linestyle=_DASHES[style.get("dash", "solid")], solid_joinstyle="round",
            drawstyle="steps-mid" if step else "default",
        )  # fmt: skip

    def _fill(self, trace: dict[str, Any], axes: Axes, x: Any, y: Any, step: str | None) -> None:
        fill = trace.get("fill")
        if fill is None:
            return
        if fill == "tozeroy":
            other: Any = np.zeros_like(y)
        elif fill == "tonexty" and axes in self.tonext:
            other = self.tonext[axes][1]
        else:
            raise ValueError(f"a PDF cannot draw fill {fill!r} yet")
        axes.fill_between(
            x,
            y,
            other,
            color=_colour(trace["fillcolor"]),
            linewidth=0,
            step=step,  # type: ignore[arg-type]
        )

    def _markers(self, trace: dict[str, Any], axes: Axes, x: Any, y: Any) -> None:
        marker = trace["marker"]
        symbols = _each(marker.get("symbol", "circle"), len(y))
        colours = _each(marker["color"], len(y))
        size = (marker.get("size", 6) * PX * 0.75) ** 2
        for symbol in dict.fromkeys(symbols):
            at = [k for k, own in enumerate(symbols) if own == symbol]
            shade = [_colour(colours[k]) for k in at]
            hollow = str(symbol).endswith("-open")
            axes.scatter(
                x[at], y[at], s=size, marker=_MARKERS[str(symbol)], linewidths=0.5, zorder=3,
                facecolors="none" if hollow else shade, edgecolors=shade if hollow else "white",
            )  # fmt: skip

    def _bar(self, trace: dict[str, Any], axes: Axes) -> None:
        if trace.get("orientation") == "h":
            self._lying_bar(trace, axes)
            return
        y = values(trace["y"])
        x = self.x[trace.get("xaxis", "x")].positions(trace, len(y))
        bars = [t for t in self.data if t["type"] == "bar"]
        gap = self.layout.get("bargap", 0.2)
        whole = float(np.median(np.diff(x))) if len(x) > 1 else 1.0
        width = float(trace.get("width", whole * (1 - gap) / len(bars)))
        shift = (bars.index(trace) - (len(bars) - 1) / 2) * width
        if trace.get("xperiodalignment") == "start":
            shift += whole / 2
        colours = [_colour(c) for c in _each(trace["marker"]["color"], len(y))]
        base = values(trace["base"]) if "base" in trace else 0.0
        axes.bar(x + shift, np.nan_to_num(y), width=width, bottom=base, color=colours, linewidth=0,
                 alpha=trace.get("opacity"))  # fmt: skip

    def _lying_bar(self, trace: dict[str, Any], axes: Axes) -> None:
        """One bar a category of the y axis, from zero."""
        x, rows = values(trace["x"]), list(dict.fromkeys(trace["y"]))
        colours = [_colour(c) for c in _each(trace["marker"]["color"], len(x))]
        axes.barh(
            [rows.index(label) for label in trace["y"]], np.nan_to_num(x), color=colours,
            height=1 - self.layout.get("bargap", 0.2), linewidth=0,
        )  # fmt: skip

    def _heatmap(self, trace: dict[str, Any], axes: Axes) -> None:
        z = values(trace["z"])
        ramp = LinearSegmentedColormap.from_list("scale", [tuple(p) for p in trace["colorscale"]])
        rows, columns = z.shape
        axes.pcolormesh(
            np.arange(columns + 1) - 0.5, np.arange(rows + 1) - 0.5, np.ma.masked_invalid(z),
            cmap=ramp, vmin=trace["zmin"], vmax=trace["zmax"], edgecolors="white", linewidth=0.6,
        )  # fmt: skip
        size = min(FONT_PT - 0.5, 300.0 / max(rows, 12))
        for r, c in zip(*np.nonzero(np.isfinite(z)), strict=True):
            axes.text(c, r, trace["text"][r][c], ha="center", va="center_baseline", fontsize=size,
                      color=trace["textfont"]["color"])  # fmt: skip

    def _candles(self, trace: dict[str, Any], axes: Axes) -> None:
        opened, high, low, close = (values(trace[k]) for k in ("open", "high", "low", "close"))
        x = np.arange(len(close), dtype=float)
        known = np.isfinite(opened) & np.isfinite(high) & np.isfinite(low) & np.isfinite(close)
        for mask, side in ((close >= opened, "increasing"), (close < opened, "decreasing")):
            at = np.flatnonzero(mask & known)
            colour = _colour(trace[side]["line"]["color"])
            wicks = np.stack([np.c_[x[at], low[at]], np.c_[x[at], high[at]]], axis=1)
            axes.add_collection(LineCollection(list(wicks), colors=colour, linewidths=0.4))
            left, right = x[at] - 0.35, x[at] + 0.35
            bottom, top = np.minimum(opened, close)[at], np.maximum(opened, close)[at]
            bodies = np.stack(
                [np.c_[left, bottom], np.c_[right, bottom], np.c_[right, top], np.c_[left, top]],
                axis=1,
            )
            axes.add_collection(
                PolyCollection(list(bodies), facecolors=colour, edgecolors=colour, linewidths=0.2)
            )
        axes.autoscale_view()

    # what is laid over the marks

    def _shape(self, shape: dict[str, Any]) -> None:
        axes = next(iter(self.axes.values()))
        if shape.get("xref") != "x" or shape.get("yref") != "paper":
            raise ValueError("a PDF can draw shapes only over the full height")
        if shape["type"] == "rect":
            axes.axvspan(shape["x0"], shape["x1"], color=_colour(shape["fillcolor"]), linewidth=0)
        elif shape["type"] == "line":
            line = shape["line"]
            axes.axvline(shape["x0"], color=_colour(line["color"]), linewidth=line["width"] * PX,
                         linestyle=_DASHES[line.get("dash", "solid")])  # fmt: skip
        else:
            raise ValueError(f"a PDF cannot draw a {shape['type']} shape yet")

    def _annotation(self, note: dict[str, Any]) -> None:
        left, bottom, width, height = self.box
        across = {"left": "left", "right": "right"}.get(note.get("xanchor", ""), "center")
        up = {"bottom": "bottom", "top": "top"}.get(note.get("yanchor", ""), "center")
        font = note.get("font", {})
        style: dict[str, Any] = {
            "ha": across, "va": up, "fontsize": FONT_PT, "color": font.get("color", "black"),
        }  # fmt: skip
        if note.get("xref") == "x" and self.axes:
            axes = next(iter(self.axes.values()))
            axes.text(note["x"], note["y"], f" {note['text']} ",
                      transform=axes.get_xaxis_transform(), **style)  # fmt: skip
        else:
            self.page.text(left + note["x"] * width, bottom + note["y"] * height, note["text"],
                           **style)  # fmt: skip

    def _legend(self) -> None:
        if not self.layout.get("showlegend"):
            return
        shown = [t for t in self.data if t.get("name") and t.get("showlegend", True)]
        if self.layout.get("legend", {}).get("traceorder") == "reversed":
            shown.reverse()
        left, bottom, _, height = self.box
        x, y = left, bottom + height + 0.009
        text_colour = self.theme["legend"]["font"]["color"]
        aspect = self.page.get_figwidth()
        for trace in shown:
            colour = _legend_colour(trace)
            self.page.add_artist(_swatch(x, y, colour, self.page))
            label = _spoken(trace["name"])
            self.page.text(x + 0.022, y, label, fontsize=FONT_PT, color=text_colour, va="center")
            x += 0.036 + len(label) * FONT_PT * 0.55 / 72 / aspect


def values(item: Any) -> npt.NDArray[np.float64]:
    """A Plotly array - list, NumPy, or base64 typed array - as float64; None is NaN."""
    if isinstance(item, dict):
        raw = np.frombuffer(base64.b64decode(item["bdata"]), dtype=_DTYPES[item["dtype"]])
        if "shape" in item:
            raw = raw.reshape([int(n) for n in item["shape"].split(",")])
        return raw.astype(np.float64)
    return np.asarray([np.nan if v is None else v for v in item], dtype=np.float64)


def _each(item: Any, size: int) -> list[Any]:
    if isinstance(item, str) or not isinstance(item, Sequence):
        return [item] * size
    return list(item)


def _colour(text: str) -> Any:
    """A CSS colour (#rrggbb or rgba()) as matplotlib's."""
    found = re.fullmatch(r"rgba\((\d+),(\d+),(\d+),([\d.]+)\)", text)
    if not found:
        return to_rgba(text)
    red, green, blue, alpha = (float(part) for part in found.groups())
    return (red / 255, green / 255, blue / 255, alpha)


def _legend_colour(trace: dict[str, Any]) -> Any:
    if "line" in trace and trace.get("mode") != "markers":
        return _colour(trace["line"]["color"])
    colour = trace["marker"]["color"]
    return _colour(colour if isinstance(colour, str) else colour[0])


def _swatch(x: float, y: float, colour: Any, page: Figure) -> Any:
    return Line2D([x, x + 0.016], [y, y], color=colour, linewidth=2, transform=page.transFigure)


def _title(spec: dict[str, Any]) -> str:
    title = spec.get("title") or {}
    return _spoken(title.get("text", "")) if isinstance(title, dict) else str(title)


def _spoken(text: str) -> str:
    """Text as written, without the entities that keep Plotly from reading markup into it."""
    return unescape(text)


def _log_ticks(axes: Axes) -> None:
    """1, 2, 5 a decade; every half step where less than a decade is shown."""
    low, high = axes.get_ylim()
    decades = np.log10(high / low)
    steps = (1, 2, 5) if decades > 0.9 else (1, 1.5, 2, 2.5, 3, 4, 5, 6, 7, 8)
    powers = range(int(np.floor(np.log10(low))), int(np.ceil(np.log10(high))) + 1)
    ticks = [s * 10.0**p for p in powers for s in steps if low <= s * 10.0**p <= high]
    axes.set_yticks(ticks)
    axes.yaxis.set_minor_locator(NullLocator())
