"""A study as it is kept: small tables for figures, a few numbers for lists."""

from __future__ import annotations

import math
from dataclasses import asdict
from typing import Any

import numpy as np
import pandas as pd

from terminal.market.panel import FloatArray, Panel
from terminal.research.dispersion import QUANTILES
from terminal.research.information import Mode
from terminal.research.study import LAGS, Study

ROLLING_SHARE = 12
"""The rolling coefficient covers a twelfth of the bars: steady enough to read, short enough to
show that an effect has gone."""
FEWEST_ROLLING = 20


def study_frames(found: Study, panel: Panel) -> dict[str, pd.DataFrame]:
    """`horizons`, `groups`, `years`, `rolling`, `autocorrelation`, `histogram`, `instruments`."""
    return {
        "horizons": _horizons(found),
        "groups": _groups(found),
        "years": pd.DataFrame(found.years, columns=["year", "coefficient", "bars"]),
        "rolling": _rolling(found, panel),
        "autocorrelation": _autocorrelation(found),
        "histogram": pd.DataFrame(
            {
                "low": found.distribution.edges[:-1],
                "high": found.distribution.edges[1:],
                "count": found.distribution.counts,
            }
        ),
        "instruments": _instruments(found, panel),
    }


def study_summary(found: Study, panel: Panel, column: str) -> dict[str, Any]:
    """What a list and the head of the page show; None for what is not a number."""
    spread, main = found.distribution, found.main
    lives = [one.half_life for one in found.instruments if not math.isnan(one.half_life)]
    numbers = {
        "coefficient": main.estimate.mean,
        "low": main.estimate.low,
        "high": main.estimate.high,
        "t": main.estimate.t,
        "ratio": main.ratio,
        "positive": main.positive,
        "spread": found.main_groups.spread.mean,
        "spread_low": found.main_groups.spread.low,
        "spread_high": found.main_groups.spread.high,
        "monotone": found.main_groups.monotone,
        "half_life": float(np.median(lives)) if lives else math.nan,
        "turnover": found.turnover,
        "missing": spread.missing,
        "later": spread.later,
        "mean": spread.mean,
        "deviation": spread.deviation,
        "skewness": spread.skewness,
        "excess_kurtosis": spread.excess_kurtosis,
        "same": spread.same,
    }
    return {
        "column": column,
        "mode": found.measures.mode.value,
        "main": found.measures.main,
        "n_groups": found.measures.n_groups,
        "n_horizons": len(found.measures.horizons),
        "n_values": spread.n,
        "n_bars": panel.n_bars,
        "n_instruments": panel.n_instruments,
        "timeframe": panel.timeframe.value,
        "simulated": panel.simulated,
        "first": str(panel.ts[0].astype("datetime64[D]")),
        "last": str(panel.ts[-1].astype("datetime64[D]")),
        "quantiles": {
            f"{share:g}": number(value)
            for share, value in zip(QUANTILES, spread.quantiles, strict=True)
        },
        **{name: number(value) for name, value in numbers.items()},
    }


def number(value: float) -> float | None:
    """A finite number as JSON has it; None for the others."""
    return float(value) if math.isfinite(value) else None


def _horizons(found: Study) -> pd.DataFrame:
    rows = []
    for one, earned in zip(found.information, found.groups, strict=True):
        rows.append(
            {"horizon": one.horizon, "ratio": one.ratio, "positive": one.positive}
            | {f"coefficient_{name}": value for name, value in asdict(one.estimate).items()}
            | {f"spread_{name}": value for name, value in asdict(earned.spread).items()}
            | {"monotone": earned.monotone}
        )
    return pd.DataFrame(rows)


def _groups(found: Study) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {"horizon": earned.horizon, "group": k + 1, **asdict(estimate)}
            for earned in found.groups
            for k, estimate in enumerate(earned.groups)
        ]
    )


def _rolling(found: Study, panel: Panel) -> pd.DataFrame:
    """Across instruments, the mean coefficient of the last bars, known a horizon later; else
    nothing."""
    if found.measures.mode is not Mode.ACROSS:
        return pd.DataFrame({"ts": pd.DatetimeIndex([], tz="UTC"), "coefficient": []})
    window = max(FEWEST_ROLLING, panel.n_bars // ROLLING_SHARE)
    each = pd.Series(found.main.each, index=pd.DatetimeIndex(panel.ts, tz="UTC", name="ts"))
    rolling = each.rolling(window, min_periods=window // 2).mean().dropna()
    step = max(1, len(rolling) // 1_000)
    return rolling.iloc[::step].rename("coefficient").reset_index()


def _autocorrelation(found: Study) -> pd.DataFrame:
    """Median over instruments, the middle 80 % of them, and the band of noise (Bartlett 1946)."""
    each: FloatArray = found.autocorrelations
    known = each[np.isfinite(each).any(axis=1)]
    blank = np.full(LAGS, np.nan)
    low, middle, high = (
        np.nanquantile(known, [0.1, 0.5, 0.9], axis=0) if len(known) else (blank, blank, blank)
    )
    n = max((one.n for one in found.instruments), default=0)
    bound = 1.96 / math.sqrt(n) if n else math.nan
    return pd.DataFrame(
        {"lag": np.arange(1, LAGS + 1), "low": low, "middle": middle, "high": high, "noise": bound}
    )


def _instruments(found: Study, panel: Panel) -> pd.DataFrame:
    rows = []
    for symbol, one in zip(panel.symbols, found.instruments, strict=True):
        tests = one.stationarity
        rows.append(
            {
                "symbol": symbol,
                "n": one.n,
                "missing": one.missing,
                "later": one.later,
                "mean": one.mean,
                "deviation": one.deviation,
                "half_life": one.half_life,
                "coefficient": one.coefficient,
                "adf": tests.adf,
                "kpss": tests.kpss,
                "verdict": tests.verdict.value,
            }
        )
    return pd.DataFrame(rows)
