"""Cross-sectional quantiles: which part of the field an instrument's return falls into."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from terminal.errors import InputError
from terminal.labels.event_params import EventParams, horizon_of
from terminal.labels.kind import LabelKind
from terminal.labels.labels import Labels
from terminal.market.panel import Panel
from terminal.params import param


@dataclass(frozen=True)
class QuantileRankParams(EventParams):
    """Parameters of quantiles of the forward return."""

    quantiles: int = param(5, title="Quantiles", low=2, high=20)


def make_quantile_rank(panel: Panel, params: QuantileRankParams) -> Labels:
    """0 .. quantiles - 1 by the return over the horizon among the events of the same bar.

    Bars with fewer events than quantiles are left out. A rank depends on the outcomes of all
    events of its bar, so it is known when the last of them is.
    """
    from terminal.labels.events import Outcomes, ground, labels_from, outcomes

    if panel.n_instruments < params.quantiles:
        raise InputError(
            f"{panel.n_instruments} instruments cannot be split into {params.quantiles} quantiles.",
            field="quantiles",
            remedy="Choose more instruments or fewer quantiles.",
        )
    base = ground(panel, params)
    at = np.flatnonzero(base.wanted)
    made = outcomes(base, at, np.ones(len(at), dtype=np.int8), params)
    bar = base.bars.row[made.at]
    order = np.lexsort((made.outcome, bar))
    _, first, size = np.unique(bar[order], return_index=True, return_counts=True)
    place = np.arange(len(order)) - np.repeat(first, size)
    many = np.repeat(size, size)
    label = np.empty(len(order))
    label[order] = place * params.quantiles // np.maximum(many, 1)
    full = np.empty(len(order), dtype=bool)
    full[order] = many >= params.quantiles
    last = np.zeros(panel.n_bars, dtype=np.int64)
    np.maximum.at(last, bar, made.end)
    kept = Outcomes(
        at=made.at[full],
        end=last[bar[full]],
        outcome=made.outcome[full],
        touched=made.touched[full],
        side=made.side[full],
    )
    return labels_from(panel, base, kept, label[full])


def _classes(params: QuantileRankParams) -> tuple[float, ...]:
    return tuple(float(k) for k in range(params.quantiles))


QUANTILE_RANK = LabelKind(
    slug="quantile-rank",
    title="Cross-sectional quantile",
    description="Which fifth of the instruments of the same bar the forward return falls into.",
    source="Grinold and Kahn (1999), ch. 6",
    params_type=QuantileRankParams,
    make=make_quantile_rank,
    horizon=horizon_of,
    classes=_classes(QuantileRankParams()),
    classes_of=_classes,
)
