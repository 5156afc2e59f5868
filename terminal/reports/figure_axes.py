"""The x axes of our Plotly figures in matplotlib: dates, categories, bars, plain values."""

from __future__ import annotations

import base64
from typing import Any

import matplotlib.dates as mdates
import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MaxNLocator

from terminal.charts.numbers import MINUS

_MS_PER_DAY = 86_400_000.0


class AxisScale:
    """Positions of traces on one x axis, and its ticks."""

    def __init__(self, spec: dict[str, Any], data: list[dict[str, Any]], name: str) -> None:
        self.spec = spec
        self.kind = spec.get("type", "linear")
        labels: list[str] = list(spec.get("categoryarray", ()))
        if self.kind == "category" and not labels:
            own = [t["x"] for t in data if t.get("xaxis", "x") == name and "x" in t]
            labels = list(dict.fromkeys(label for x in own for label in x))
        self.labels = labels
        self._at = {label: float(k) for k, label in enumerate(labels)}

    def positions(self, trace: dict[str, Any], size: int) -> npt.NDArray[np.float64]:
        """Where the points of a trace stand."""
        if "x" not in trace:
            return self._at.get(trace.get("x0", ""), 0.0) + np.arange(size, dtype=np.float64)
        x = trace["x"]
        if self.kind == "category":
            return np.asarray([self._at.get(label, np.nan) for label in x], dtype=np.float64)
        if isinstance(x, dict):
            array = np.frombuffer(base64.b64decode(x["bdata"]), dtype="<" + x["dtype"])
        else:
            array = np.asarray(x)
        array = array.astype(np.float64)
        return array / _MS_PER_DAY if self.kind == "date" else array

    def apply(self, axes: Axes) -> None:
        """Limits and ticks."""
        if self.kind == "date":
            axes.margins(x=0)
            locator = mdates.AutoDateLocator(minticks=3, maxticks=8)  # type: ignore[no-untyped-call]
            axes.xaxis.set_major_locator(locator)
            written = mdates.ConciseDateFormatter(locator, show_offset=False)  # type: ignore[no-untyped-call]
            axes.xaxis.set_major_formatter(written)
            return
        if self.kind == "category":
            self._categories(axes)
            return
        axes.margins(x=0)
        if "range" in self.spec:
            axes.set_xlim(*self.spec["range"])
        pattern = self.spec.get("tickformat", "")
        axes.xaxis.set_major_locator(MaxNLocator(8))
        axes.xaxis.set_major_formatter(FuncFormatter(lambda v, _: format_tick(v, pattern)))

    def _categories(self, axes: Axes) -> None:
        first, last = self.spec.get("range", (-0.5, len(self.labels) - 0.5))
        axes.set_xlim(first, last)
        low, high = max(0, int(np.ceil(first))), min(len(self.labels) - 1, int(last))
        most = self.spec.get("nticks", 18)
        each = max(1, -(-(high - low + 1) // most))
        at = list(range(low, high + 1, each))
        axes.set_xticks(at, [self.labels[k] for k in at])


def format_tick(value: float, pattern: str) -> str:
    """A tick label for the d3 formats our figures use: "", "~%", ".1f", "~s", ",~f"."""
    sign = MINUS if value < 0 else ""
    size = abs(value)
    if pattern == "~%":
        return f"{sign}{size * 100:.4f}".rstrip("0").rstrip(".") + "%"
    if pattern == ".1f":
        return f"{sign}{size:.1f}"
    if pattern == ",~f":
        return f"{sign}{size:,.6f}".rstrip("0").rstrip(".")
    if pattern not in ("", "~s"):
        raise ValueError(f"a PDF cannot write tick format {pattern!r} yet")
    for unit, letter in ((1e12, "T"), (1e9, "B"), (1e6, "M"), (1e3, "k")):
        if size >= unit:
            return f"{sign}{size / unit:.6g}{letter}"
    return f"{sign}{size:.6g}"
