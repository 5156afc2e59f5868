"""Events of a label as a person looks at them: what became of each, and how they are spread."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from terminal.labels.event_params import NEXT_OPEN
from terminal.labels.events import ground
from terminal.labels.labels import IntArray, Labels
from terminal.labels.weights import average_uniqueness, scaled
from terminal.market.panel import FloatArray, Panel

MOST_SHOWN = 20_000
BINS = 40


def event_frame(panel: Panel, labels: Labels, params: Any) -> pd.DataFrame:
    """One row an event, in the order of (symbol, bar); at most about `MOST_SHOWN`, every k-th.

    Columns: symbol; at, entry, end, vertical (UTC opens of the bars of the decision, of the entry,
    of the end, of the last bar it may be held); upper, lower (distance of the barriers from the
    entry as simple returns, NaN where there is none); outcome, label, touched, side, weight,
    uniqueness, bars (own bars held).
    """
    base = ground(panel, params)
    bars = base.bars
    flat = bars.instrument * panel.n_bars + bars.row
    at = np.searchsorted(flat, labels.instrument * panel.n_bars + labels.bar)
    last = bars.start[labels.instrument + 1] - 1
    end = _held_until(flat, labels, panel.n_bars)
    target, stop = float(getattr(params, "target", 0.0)), float(getattr(params, "stop", 0.0))
    up = np.where(labels.side > 0, target, stop)
    down = np.where(labels.side > 0, stop, target)
    unit = base.volatility[at]
    entry = np.minimum(at + int(params.entry == NEXT_OPEN), last)
    vertical = np.minimum(at + params.horizon, last)
    shown = _every(labels)
    uniqueness = average_uniqueness(labels.bar, labels.end, labels.instrument)
    ts = pd.DatetimeIndex(panel.ts, tz="UTC")
    frame = pd.DataFrame(
        {
            "symbol": np.array(panel.symbols)[labels.instrument],
            "at": ts[labels.bar],
            "entry": ts[bars.row[entry]],
            "end": ts[labels.end],
            "vertical": ts[bars.row[vertical]],
            "upper": np.where(up > 0, up * unit, np.nan),
            "lower": np.where(down > 0, -down * unit, np.nan),
            "outcome": labels.outcome,
            "label": labels.label,
            "touched": labels.touched,
            "side": labels.side,
            "weight": scaled(uniqueness),
            "uniqueness": uniqueness,
            "bars": end - at,
        }
    )
    return frame.iloc[shown].reset_index(drop=True)


def class_frame(labels: Labels, uniqueness: FloatArray, classes: tuple[float, ...]) -> pd.DataFrame:
    """One row a class: events, share of events and of weight, mean and median outcome, held rows.

    A label that is a number has the classes "falls" (below 0) and "rises".
    """
    kinds = [(f"{value:g}", labels.label == value) for value in classes] or [
        ("falls", labels.label < 0),
        ("rises", labels.label >= 0),
    ]
    held = labels.end - labels.bar
    rows = []
    for name, inside in kinds:
        n = int(inside.sum())
        rows.append(
            {
                "label": name,
                "events": n,
                "share": n / max(len(labels), 1),
                "weight": float(uniqueness[inside].sum() / max(uniqueness.sum(), 1e-300)),
                "uniqueness": float(uniqueness[inside].mean()) if n else np.nan,
                "mean_outcome": float(labels.outcome[inside].mean()) if n else np.nan,
                "median_outcome": float(np.median(labels.outcome[inside])) if n else np.nan,
                "median_rows": float(np.median(held[inside])) if n else np.nan,
            }
        )
    return pd.DataFrame(rows)


def instrument_frame(panel: Panel, labels: Labels, uniqueness: FloatArray) -> pd.DataFrame:
    """One row an instrument: events, mean uniqueness, mean outcome, mean label."""
    frame = pd.DataFrame(
        {
            "symbol": np.array(panel.symbols)[labels.instrument],
            "uniqueness": uniqueness,
            "outcome": labels.outcome,
            "label": labels.label,
        }
    )
    found = frame.groupby("symbol", sort=True).agg(
        events=("label", "size"),
        uniqueness=("uniqueness", "mean"),
        outcome=("outcome", "mean"),
        label=("label", "mean"),
    )
    return found.reset_index()


def spread_frame(labels: Labels, uniqueness: FloatArray) -> pd.DataFrame:
    """Histograms of `held` (rows), `uniqueness` and `outcome`: columns of, low, high, count."""
    parts = []
    for name, values in (
        ("held", (labels.end - labels.bar).astype(np.float64)),
        ("uniqueness", uniqueness),
        ("outcome", np.clip(labels.outcome, *np.quantile(labels.outcome, [0.001, 0.999]))),
    ):
        low, high = float(values.min()), float(values.max())
        if name == "held":
            step = max(1, int(np.ceil((high - low + 1) / BINS)))
            edges = np.arange(low, high + 1 + step, step) - 0.5
        else:
            edges = np.linspace(low, high if high > low else low + 1e-9, BINS + 1)
        counts, edges = np.histogram(values, edges)
        parts.append(
            pd.DataFrame({"of": name, "low": edges[:-1], "high": edges[1:], "count": counts})
        )
    return pd.concat(parts, ignore_index=True)


def _held_until(flat: IntArray, labels: Labels, n_bars: int) -> IntArray:
    """Position in the flat bars of the last own bar up to each event's end."""
    wanted = labels.instrument * n_bars + labels.end
    return np.asarray(np.searchsorted(flat, wanted, side="right") - 1)


def _every(labels: Labels) -> IntArray:
    """Positions of the events that are kept, in the order of (instrument, bar)."""
    order = np.lexsort((labels.bar, labels.instrument))
    step = max(1, -(-len(order) // MOST_SHOWN))
    return np.asarray(order[::step])
