"""A finished explanation with everything a reader needs beside the values: whose predictions, when,
in which state of the market, by which model. It travels as frames and one JSON value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from terminal.explain.aggregates import Grouped, grouped
from terminal.explain.explanation import Explanation
from terminal.explain.permutation_result import PermutationImportance
from terminal.explain.regimes import TREND, VOLATILITY
from terminal.market.panel import FloatArray

FRAMES = ("shap", "features", "events")
MOST_PERIODS = 12


@dataclass(frozen=True)
class About:
    """All of an explanation that is no table, as it is kept in JSON.

    Attributes
    ----------
    title : of the model version. lineage : label and text, in the order to be read.
    base, output, method, exact, residual, by_lag : as in `Explanation`; by_lag by columns.
    attention : mean weight of each bar of the window, oldest first; empty where there is none.
    permutation : None where it was not asked for.
    """

    title: str
    simulated: bool
    lineage: Mapping[str, str]
    base: float
    output: str
    method: str
    exact: bool
    residual: float
    by_lag: tuple[tuple[float, ...], ...] = ()
    attention: tuple[float, ...] = ()
    permutation: PermutationImportance | None = None


@dataclass(frozen=True)
class Explained:
    """Explained predictions.

    events : a row a prediction: ts (open of the decision bar, UTC), symbol, volatility, trend (""
    where not known), label (what came true; NaN where not known).
    """

    explanation: Explanation
    events: pd.DataFrame
    about: About

    def frames(self) -> dict[str, pd.DataFrame]:
        """The tables, by the names in `FRAMES`."""
        own = self.explanation
        columns = list(own.columns)
        return {
            "shap": pd.DataFrame(own.values, columns=columns),
            "features": pd.DataFrame(own.data, columns=columns),
            "events": self.events.assign(raw=own.raw),
        }

    def by_volatility(self) -> Grouped:
        """Mean |value| in calm, usual and wild markets."""
        return grouped(self.explanation, self.events["volatility"].tolist(), VOLATILITY)

    def by_trend(self) -> Grouped:
        """Mean |value| in falling, sideways and rising markets."""
        return grouped(self.explanation, self.events["trend"].tolist(), TREND)

    def by_symbol(self, most: int = 40) -> Grouped:
        """Mean |value| by instrument, those with most predictions where there are many."""
        counted = self.events["symbol"].value_counts()
        names = sorted(counted.index[:most])
        return grouped(self.explanation, self.events["symbol"].tolist(), names)

    def by_period(self) -> Grouped:
        """Mean |value| by month, quarter or year, whichever makes at most `MOST_PERIODS`."""
        return grouped(self.explanation, period_names(self.events["ts"]))


def from_frames(frames: Mapping[str, pd.DataFrame], about: About) -> Explained:
    """What `Explained.frames` and its `about` were made of."""
    events = frames["events"]
    shap = frames["shap"]
    by_lag = np.array(about.by_lag) if about.by_lag else None
    explanation = Explanation(
        values=shap.to_numpy(dtype=np.float64),
        base=about.base,
        data=frames["features"].to_numpy(dtype=np.float32),
        raw=events["raw"].to_numpy(dtype=np.float64),
        columns=tuple(str(name) for name in shap.columns),
        output=about.output,
        method=about.method,
        exact=about.exact,
        residual=about.residual,
        by_lag=by_lag,
    )
    return Explained(explanation, events.drop(columns="raw"), about)


def events_frame(
    ts: npt.NDArray[np.datetime64],
    symbol: npt.NDArray[np.object_],
    volatility: npt.NDArray[np.object_],
    trend: npt.NDArray[np.object_],
    label: FloatArray,
) -> pd.DataFrame:
    """The table of `Explained.events`."""
    return pd.DataFrame(
        {
            "ts": pd.DatetimeIndex(ts).tz_localize("UTC"),
            "symbol": symbol.astype(str),
            "volatility": volatility.astype(str),
            "trend": trend.astype(str),
            "label": label,
        }
    )


def period_names(times: pd.Series) -> list[str]:
    """The month ("2021-03"), quarter ("2021 Q1") or year of each time."""
    naive = pd.DatetimeIndex(times).tz_localize(None)
    months = naive.strftime("%Y-%m")
    if len(set(months)) <= MOST_PERIODS:
        return list(months)
    quarters = [
        f"{year} Q{quarter}" for year, quarter in zip(naive.year, naive.quarter, strict=True)
    ]
    if len(set(quarters)) <= MOST_PERIODS:
        return quarters
    return [str(year) for year in naive.year]
