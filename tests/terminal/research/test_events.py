"""Events as they are looked at: every row against the label and the bars it was made from."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from terminal.labels.registry import get_label
from terminal.labels.weights import average_uniqueness
from terminal.market.panel import Panel
from terminal.params import validate
from terminal.research import events
from terminal.research.events import (
    class_frame,
    event_frame,
    instrument_frame,
    spread_frame,
)
from tests.terminal.backtest.panels import panel


@pytest.fixture(scope="module")
def bars() -> Panel:
    """Two instruments; the second lacks a bar."""
    rng = np.random.default_rng(29)
    open_ = np.exp(np.cumsum(0.01 * rng.normal(size=(120, 2)), axis=0))
    close = open_ * np.exp(0.005 * rng.normal(size=open_.shape))
    open_[60, 1] = close[60, 1] = np.nan
    return panel(close, open_, symbols=("AA", "BB"))


def made(bars: Panel, **given: object):  # type: ignore[no-untyped-def]
    kind = get_label("triple-barrier")
    params = validate(kind.params_type, {"horizon": 8, "span": 20, **given})
    return kind.make(bars, params), params


def test_the_barriers_say_which_was_touched(bars: Panel) -> None:
    labels, params = made(bars, target=1.0, stop=2.0, watched="high and low")
    table = event_frame(bars, labels, params)
    assert len(table) == len(labels) and list(table["symbol"].unique()) == ["AA", "BB"]
    assert (table["upper"] > 0).all()
    np.testing.assert_allclose(table["lower"], -2 * table["upper"])
    target, stop = table[table["touched"] == 1], table[table["touched"] == -1]
    assert len(target) > 10 and len(stop) > 3
    assert (target["outcome"] >= target["upper"] - 1e-12).all()
    assert (stop["outcome"] <= stop["lower"] + 1e-12).all()
    late = table[table["touched"] == 0]
    assert late["bars"].between(8, 9).all(), "time runs out after the horizon"


def test_entry_follows_the_decision_and_skips_a_missing_bar(bars: Panel) -> None:
    labels, params = made(bars)
    table = event_frame(bars, labels, params)
    assert (table["entry"] > table["at"]).all() and (table["end"] >= table["entry"]).all()
    own = table[table["symbol"] == "BB"].set_index("at")
    ts = pd.DatetimeIndex(bars.ts, tz="UTC")
    assert own.loc[ts[59], "entry"] == ts[61], "row 60 has no bar of BB"
    assert own.loc[ts[55], "vertical"] == ts[64], "eight own bars later"
    same, params = made(bars, entry="this close")
    table = event_frame(bars, same, params)
    assert (table["entry"] == table["at"]).all()


def test_a_barrier_that_is_switched_off_is_not_there(bars: Panel) -> None:
    labels, params = made(bars, target=0.0)
    assert event_frame(bars, labels, params)["upper"].isna().all()


def test_classes_add_up_and_a_number_has_rises_and_falls(bars: Panel) -> None:
    labels, _ = made(bars)
    unique = average_uniqueness(labels.bar, labels.end, labels.instrument)
    table = class_frame(labels, unique, (-1.0, 0.0, 1.0))
    assert table["events"].sum() == len(labels)
    assert table["share"].sum() == pytest.approx(1) and table["weight"].sum() == pytest.approx(1)
    wins = labels.outcome[labels.label == 1]
    assert table.set_index("label").loc["1", "mean_outcome"] == pytest.approx(wins.mean())
    kind = get_label("forward-return")
    number = kind.make(bars, kind.params_type(horizon=5, span=20))
    two = class_frame(number, np.ones(len(number)), ())
    assert list(two["label"]) == ["falls", "rises"] and two["events"].sum() == len(number)


def test_instruments_and_spreads_count_every_event(bars: Panel) -> None:
    labels, _ = made(bars)
    unique = average_uniqueness(labels.bar, labels.end, labels.instrument)
    assert instrument_frame(bars, labels, unique)["events"].sum() == len(labels)
    table = spread_frame(labels, unique)
    for name in ("held", "uniqueness", "outcome"):
        assert table[table["of"] == name]["count"].sum() == len(labels)
    held = table[table["of"] == "held"]
    assert (held["high"] - held["low"]).unique().tolist() == [1.0], "a bin a bar"


def test_of_very_many_events_every_kth_is_shown(
    bars: Panel, monkeypatch: pytest.MonkeyPatch
) -> None:
    labels, params = made(bars)
    whole = event_frame(bars, labels, params)
    monkeypatch.setattr(events, "MOST_SHOWN", 50)
    some = event_frame(bars, labels, params)
    step = -(-len(whole) // 50)
    assert len(some) <= 50
    assert some["at"].tolist() == whole["at"].tolist()[::step]


def test_the_side_turns_the_barriers(bars: Panel) -> None:
    labels, params = made(bars, target=1.0, stop=3.0)
    short = replace(labels, side=-labels.side)
    table = event_frame(bars, short, params)
    np.testing.assert_allclose(table["upper"], -3 * table["lower"])
