"""What holds of every label on any panel: causality, ranges, order; and compiled = plain loops."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import date
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import pytest

from terminal.labels import barriers, bootstrap, cusum, events, volatility, weights
from terminal.labels.event_params import CUSUM, PER_DAY, THIS_CLOSE
from terminal.labels.labels import Labels
from terminal.labels.meta import MetaParams
from terminal.labels.own_bars import own_bars
from terminal.labels.registry import LABELS, get_label
from terminal.labels.triple_barrier import HIGH_LOW, TripleBarrierParams
from terminal.labels.volatility import bar_volatility
from terminal.market.calendars import get_calendar
from terminal.market.panel import Panel
from terminal.market.panels import build_panel
from terminal.market.simulate import SimulationSpec, dataset, simulate


@cache
def market() -> Panel:
    """Six stocks of 15-minute bars; one halted for a while, one delisted, one listed late."""
    calendar = get_calendar("XNYS")
    spec = SimulationSpec(seed=3, start=date(2024, 6, 20), end=date(2024, 7, 31), n_symbols=6)
    parts = list(simulate(spec, calendar))
    about = dataset(spec)
    actions = pd.concat([part.actions.assign(symbol=part.symbol) for part in parts])
    frames = {part.symbol: part.bars for part in parts}
    panel = build_panel(about, frames, actions, about.timeframe, calendar)
    holes: dict[str, Any] = {}
    for name in ("open", "high", "low", "close", "volume"):
        values = getattr(panel, name).copy()
        values[300:321, 0] = np.nan
        values[500:, 1] = np.nan
        values[:200, 2] = np.nan
        holes[name] = values
    split = panel.split.copy()
    split[400, 3] = 2.0
    for name in ("open", "high", "low", "close"):
        holes[name][400:, 3] /= 2.0
    return replace(panel, **holes, split=split)


SHORT = {"horizon": 9, "span": 30}
CASES: list[tuple[str, dict[str, Any]]] = [
    *((slug, {}) for slug in LABELS),
    ("triple-barrier", {"watched": HIGH_LOW}),
    ("triple-barrier", {"entry": THIS_CLOSE, "stop": 1.0, "target": 3.0}),
    ("triple-barrier", {"session_end": True}),
    ("triple-barrier", {"session_end": True, "watched": HIGH_LOW, "entry": THIS_CLOSE}),
    ("triple-barrier", {"events": CUSUM, "threshold": 3.0}),
    ("triple-barrier", {"volatility": PER_DAY}),
    ("meta", {"changes_only": True, "rule": "momentum"}),
    ("fixed-horizon", {"entry": "this close"}),
]


def make(panel: Panel, slug: str, given: dict[str, Any]) -> tuple[Labels, Any]:
    kind = get_label(slug)
    own = SHORT | given
    if kind.params_type is MetaParams:
        own |= {"fast": 5, "slow": 20}
    if slug == "quantile-rank":
        own |= {"quantiles": 3}
    params = kind.params_type(**own)
    return kind.make(panel, params), kind.horizon(params)


@pytest.mark.parametrize(("slug", "given"), CASES)
def test_a_label_that_ended_by_bar_t_is_the_same_on_data_cut_there(
    slug: str, given: dict[str, Any]
) -> None:
    panel = market()
    whole, _ = make(panel, slug, given)
    for last in (250, 305, 412, 499, 623):
        part, _ = make(panel.truncated(last + 1), slug, given)
        known = np.flatnonzero(whole.end <= last)
        place = {pair: k for k, pair in enumerate(zip(part.bar, part.instrument, strict=True))}
        same = [place[(whole.bar[i], whole.instrument[i])] for i in known]
        for name in ("end", "outcome", "label", "touched", "side"):
            assert (getattr(part, name)[same] == getattr(whole, name)[known]).all(), name
        assert part.end.max() <= last


@pytest.mark.parametrize(("slug", "given"), CASES)
def test_labels_are_in_order_in_range_and_weigh_one_on_average(
    slug: str, given: dict[str, Any]
) -> None:
    panel = market()
    labels, horizon = make(panel, slug, given)
    kind = get_label(slug)
    assert len(labels) > 20
    keys = labels.bar * panel.n_instruments + labels.instrument
    assert (np.diff(keys) > 0).all()
    assert (labels.end > labels.bar).all()
    assert labels.end.max() < panel.n_bars
    assert labels.weight.mean() == pytest.approx(1.0)
    assert (labels.weight >= 0).all()
    assert np.isfinite(panel.close[labels.bar, labels.instrument]).all()
    for item in fields(Labels):
        assert np.isfinite(getattr(labels, item.name)).all(), item.name
    classes = kind.classes_of(kind.params_type(**({"quantiles": 3} if "rank" in slug else {})))
    if classes:
        assert set(np.unique(labels.label)) <= set(classes)
    whole = ~np.isin(labels.instrument, (0, 1, 2))
    if slug != "quantile-rank" and not given.get("session_end"):
        assert (labels.end - labels.bar)[whole].max() <= horizon


def test_a_barrier_is_met_at_its_distance() -> None:
    panel = market()
    params = TripleBarrierParams(
        horizon=9, span=30, watched=HIGH_LOW, target=2.0, stop=1.0, entry=THIS_CLOSE
    )
    labels = get_label("triple-barrier").make(panel, params)
    bars = own_bars(panel)
    at = {pair: k for k, pair in enumerate(zip(bars.row, bars.instrument, strict=True))}
    unit = bar_volatility(bars, 30)[
        [at[pair] for pair in zip(labels.bar, labels.instrument, strict=True)]
    ]
    up, down = labels.touched == 1, labels.touched == -1
    assert (labels.outcome[up] >= 2.0 * unit[up] - 1e-12).all()
    assert (labels.outcome[down] <= -unit[down] + 1e-12).all()
    inside = labels.touched == 0
    assert up.any() and down.any() and inside.any()
    assert (np.abs(labels.outcome[inside]) < 2.0 * unit[inside]).all()


def test_ewm_std_is_that_of_pandas_and_of_the_plain_loop() -> None:
    random = np.random.default_rng(0)
    values = random.normal(0, 0.01, 400)
    values[[0, 7, 100, 101, 260]] = np.nan
    start = np.array([0, 150, 150, 400])
    for span in (2.0, 20.0, 100.0):
        fast, slow = np.empty(400), np.empty(400)
        volatility.ewm_std(values, start, span, 2, fast)
        volatility.ewm_std_python(values, start, span, 2, slow)
        assert np.array_equal(fast, slow, equal_nan=True)
        for first, stop in ((0, 150), (150, 400)):
            theirs = pd.Series(values[first:stop]).ewm(span=span).std().to_numpy()
            np.testing.assert_allclose(fast[first:stop], theirs, rtol=1e-9, atol=1e-15)


def test_the_compiled_cusum_is_the_plain_loop() -> None:
    bars = own_bars(market())
    logs = np.log(bars.close)
    h = np.full(len(logs), 0.006)
    fast, slow = np.empty(len(logs), dtype=bool), np.empty(len(logs), dtype=bool)
    cusum.cusum(logs, h, bars.start, fast)
    cusum.cusum_python(logs, h, bars.start, slow)
    assert fast.sum() > 50
    assert (fast == slow).all()


@pytest.mark.parametrize("by_close", [True, False])
@pytest.mark.parametrize("session_end", [True, False])
@pytest.mark.parametrize("threads", [1, 3])
def test_the_compiled_barriers_are_the_plain_loop(
    by_close: bool, session_end: bool, threads: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    bars = own_bars(market())
    prices = events._prices(bars, True, session_end)
    random = np.random.default_rng(2)
    at = np.sort(random.choice(len(bars.close), 1200, replace=False))
    side = random.choice(np.array([-1, 1], dtype=np.int8), 1200)
    unit = np.full(len(bars.close), 0.004)
    asked = {"target": 1.5, "loss": 1.0, "horizon": 8, "by_close": by_close, "threads": threads}
    fast = barriers.touch(prices, at, side, unit, **asked)
    monkeypatch.setattr(barriers, "_touch", barriers.touch_python)
    slow = barriers.touch(prices, at, side, unit, **asked)
    for ours, plain in zip(fast, slow, strict=True):
        assert np.array_equal(ours, plain, equal_nan=True)
    assert set(np.unique(fast[2])) == {-1, 0, 1, 2}


def test_the_other_compiled_loops_are_the_plain_ones() -> None:
    random = np.random.default_rng(4)
    bar = np.sort(random.integers(0, 60, 80))
    end, instrument = bar + random.integers(1, 9, 80), random.integers(0, 2, 80)
    fast, slow = np.empty(80), np.empty(80)
    weights._uniqueness(bar, end, instrument, np.zeros((70, 2)), fast)
    weights.uniqueness_python(bar, end, instrument, np.zeros((70, 2)), slow)
    assert (fast == slow).all()
    order = np.lexsort((bar, instrument))
    drawn = [np.empty(50, dtype=np.int64) for _ in range(2)]
    for run, out in zip((bootstrap._draw, bootstrap.draw_python), drawn, strict=True):
        alive, uniforms = np.zeros((2, 70)), np.random.default_rng(0).random(50)
        run(bar[order], end[order], instrument[order], 9, uniforms, alive, out)
    assert (drawn[0] == drawn[1]).all()
    mixed = random.integers(0, 20, 100)
    found = [np.empty(100, dtype=np.int64) for _ in range(2)]
    for run, out in zip((events._by_bar, events.by_bar_python), found, strict=True):
        run(mixed, np.zeros(21, dtype=np.int64), out)
        assert (out == np.argsort(mixed, kind="stable")).all()
