"""A feature set with what is learnt from training data: orders of differencing, clipping limits.

scikit-learn's contract: `fit` on the training panel only, `transform` on any. What was learnt is
data (`to_json`), so a model package carries it and anybody can read it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import orjson

from terminal.codec import from_json, to_json
from terminal.errors import InputError
from terminal.features.across_bars import bar_known
from terminal.features.feature_set import FeatureChoice, FeatureSet
from terminal.features.fractional import smallest_d
from terminal.features.frame import FeatureFrame
from terminal.features.own_bars import coarse_bars, instrument_bars
from terminal.features.pipeline import compute, validate_set
from terminal.features.plan import resolve
from terminal.market.adjust import forward_adjusted
from terminal.market.panel import Panel

ORDER_OF_NONE_PASSING = 1.0


@dataclass(frozen=True)
class Learnt:
    """What `fit` found.

    Attributes
    ----------
    feature_set : with the orders of differencing chosen.
    low, high : limits of each column, in their order; None where it has no known value.
    """

    feature_set: FeatureSet
    low: tuple[float | None, ...] = ()
    high: tuple[float | None, ...] = ()


class FeaturePipeline:
    """Features with fitted parts.

    Parameters
    ----------
    feature_set : columns to compute.
    clip : share of the training values beyond each limit (0.001 keeps 99.8 %); 0 does not clip.
    choose_d : let every column of fractional differences have the smallest order with which all
        instruments of the training panel pass the ADF test.
    """

    def __init__(
        self,
        feature_set: FeatureSet,
        *,
        clip: float = 0.0,
        choose_d: bool = False,
        threads: int = 1,
        sectors: Mapping[str, str] | None = None,
    ) -> None:
        if not 0.0 <= clip < 0.5:
            raise InputError(
                f"The share to clip is {clip:g}; allowed: 0 to under 0.5.",
                field="clip",
                remedy="Enter 0.001, or 0 for none.",
            )
        self.feature_set = feature_set
        self.clip = clip
        self.choose_d = choose_d
        self.threads = threads
        self.sectors = sectors
        self.learnt_: Learnt | None = None

    def fit(self, panel: Panel) -> FeaturePipeline:
        """Learn from a raw panel of the training period; returns itself."""
        validate_set(self.feature_set, panel.timeframe)
        chosen = self._with_orders(panel) if self.choose_d else self.feature_set
        low: tuple[float | None, ...] = ()
        high: tuple[float | None, ...] = ()
        if self.clip:
            low, high = self._limits(self._compute(panel, chosen))
        self.learnt_ = Learnt(chosen, low, high)
        return self

    def transform(self, panel: Panel) -> FeatureFrame:
        """The frame of a raw panel with what was learnt.

        Raises
        ------
        InputError : `fit` has not been called.
        """
        learnt = self._learnt()
        frame = self._compute(panel, learnt.feature_set)
        if not learnt.low:
            return frame
        limits = [
            np.array([np.nan if limit is None else limit for limit in side], dtype=np.float32)
            for side in (learnt.low, learnt.high)
        ]
        # fmin and fmax: a column without limits stays as it is
        values = np.fmin(np.fmax(frame.values, limits[0]), limits[1])
        values[np.isnan(frame.values)] = np.nan
        state = orjson.dumps([frame.spec_hash, learnt.low, learnt.high])
        return replace(frame, values=values, spec_hash=hashlib.sha256(state).hexdigest())

    def fit_transform(self, panel: Panel) -> FeatureFrame:
        """`fit`, then `transform` of the same panel."""
        return self.fit(panel).transform(panel)

    def to_json(self) -> dict[str, Any]:
        """Everything needed to transform again, as JSON values."""
        return {
            "feature_set": to_json(self.feature_set),
            "clip": self.clip,
            "choose_d": self.choose_d,
            "sectors": dict(self.sectors) if self.sectors is not None else None,
            "learnt": to_json(self._learnt()),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any], *, threads: int = 1) -> FeaturePipeline:
        """The pipeline that `to_json` described; InputError names a field that does not fit."""
        saved = from_json(_Saved, dict(data))
        made = cls(
            saved.feature_set,
            clip=saved.clip,
            choose_d=saved.choose_d,
            threads=threads,
            sectors=saved.sectors,
        )
        made.learnt_ = saved.learnt
        return made

    def _learnt(self) -> Learnt:
        if self.learnt_ is None:
            raise InputError(
                "The features are not fitted yet.",
                field="features",
                remedy="Call fit with the training bars first.",
            )
        return self.learnt_

    def _compute(self, panel: Panel, feature_set: FeatureSet) -> FeatureFrame:
        return compute(panel, feature_set, threads=self.threads, sectors=self.sectors)

    def _with_orders(self, panel: Panel) -> FeatureSet:
        adjusted = forward_adjusted(panel)
        known = bar_known(adjusted)
        columns = resolve(self.feature_set, panel.timeframe)
        made: list[FeatureChoice] = []
        for choice, column in zip(self.feature_set.choices, columns, strict=True):
            if column.feature.slug != "ffd":
                made.append(choice)
                continue
            order = 0.0
            for i in range(panel.n_instruments):
                bars, _ = instrument_bars(adjusted, i, known)
                if column.timeframe is not None:
                    bars = coarse_bars(bars, column.timeframe).bars
                order = max(order, _order(np.log(bars.close), column.params.threshold))
            made.append(replace(choice, params={**choice.params, "d": order}))
        return FeatureSet(tuple(made))

    def _limits(
        self, frame: FeatureFrame
    ) -> tuple[tuple[float | None, ...], tuple[float | None, ...]]:
        low: list[float | None] = []
        high: list[float | None] = []
        for j in range(len(frame.columns)):
            values = frame.values[:, :, j]
            values = values[np.isfinite(values)]
            some = len(values) > 0
            low.append(float(np.quantile(values, self.clip)) if some else None)
            high.append(float(np.quantile(values, 1.0 - self.clip)) if some else None)
        return tuple(low), tuple(high)


@dataclass(frozen=True)
class _Saved:
    feature_set: FeatureSet
    clip: float
    choose_d: bool
    sectors: dict[str, str] | None
    learnt: Learnt


def _order(log_close: np.ndarray[Any, np.dtype[np.float64]], threshold: float) -> float:
    try:
        return smallest_d(log_close, threshold=threshold)
    except InputError:
        return ORDER_OF_NONE_PASSING
