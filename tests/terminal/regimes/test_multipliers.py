"""What states do to sizes, and the panel that shows them."""

from __future__ import annotations

import numpy as np
import orjson
import pytest

from terminal.codec import from_json, to_json
from terminal.errors import InputError
from terminal.regimes.hidden import Schedule
from terminal.regimes.indicator import Indicator
from terminal.regimes.multipliers import (
    MultiplierRules,
    factor_path,
    multiplier_path,
    multipliers_now,
    volatility_scale,
)
from terminal.regimes.panel import RegimePanel, regime_panel
from tests.terminal.regimes.test_indicators import MARKET, NAMES, universe
from tests.terminal.risk.books import days

SHORT = Schedule(first=150, refit=200)


def indicator(key: str, *states: str, probability: object = None) -> Indicator:
    made = np.array(states, dtype=object)
    return Indicator(
        key, key.title(), "ratio", made, np.ones(len(states)), "",
        None if probability is None else np.array(probability), "turbulent",
    )  # fmt: skip


def test_factors_multiply_between_floor_and_cap() -> None:
    trend = indicator("trend", "", "rising", "falling", "falling")
    wild = indicator("volatility", "wild", "calm", "wild", "wild")
    hidden = indicator(
        "hidden", "", "calm", "calm", "turbulent", probability=[np.nan, 0.0, 0.4, 1.0]
    )
    rules = MultiplierRules(floor=0.3)
    assert factor_path(trend, rules).tolist() == [1.0, 1.0, 0.7, 0.7]
    assert factor_path(hidden, rules) == pytest.approx([1.0, 1.0, 0.8, 0.5])
    path = multiplier_path([trend, wild, hidden], rules)
    assert path == pytest.approx([0.7, 1.0, 0.7 * 0.7 * 0.8, 0.3])
    now = multipliers_now([trend, hidden], rules)
    assert [(m.key, m.state, m.factor) for m in now] == [
        ("trend", "falling", 0.7),
        ("hidden", "turbulent", 0.5),
    ]


def test_rules_out_of_range_are_refused() -> None:
    with pytest.raises(InputError, match="factor of trend falling is 5"):
        MultiplierRules({"trend": {"falling": 5.0}})
    with pytest.raises(InputError, match="above the cap"):
        MultiplierRules(floor=2.0)


def test_volatility_is_brought_to_its_target() -> None:
    assert volatility_scale(0.10, 0.16, 2.0) == pytest.approx(0.625)
    assert volatility_scale(0.10, 0.02, 2.0) == 2.0
    with pytest.raises(InputError, match="realised volatility is 0"):
        volatility_scale(0.1, 0.0)


def test_the_panel_goes_through_json_and_its_path_knows_nothing_of_the_future() -> None:
    returns, dates = universe(MARKET), days(len(MARKET))
    panel = regime_panel(dates, MARKET, returns, NAMES, schedule=SHORT)
    assert from_json(RegimePanel, orjson.loads(orjson.dumps(to_json(panel)))) == panel
    assert [r.key for r in panel.readings] == [
        "hidden", "trend", "volatility", "breadth", "turbulence", "absorption",
    ]  # fmt: skip
    assert panel.multiplier == panel.path[-1]
    whole = dict(zip(panel.dates, panel.path, strict=True))
    part = regime_panel(dates[:900], MARKET[:900], returns[:900], NAMES, schedule=SHORT)
    common = [
        (whole[d], value) for d, value in zip(part.dates, part.path, strict=True) if d in whole
    ]
    assert len(common) > 100
    assert [a for a, _ in common] == pytest.approx([b for _, b in common])


def test_a_short_or_narrow_history_says_what_is_missing() -> None:
    panel = regime_panel(days(120), MARKET[:120], universe(MARKET)[:120, :1], NAMES[:1])
    assert panel.multiplier == 1.0
    assert any("No absorption: one instrument" in note for note in panel.notes)
    assert any("Trend is not known yet" in note for note in panel.notes)
    with pytest.raises(InputError, match="120 sessions and 2 instruments"):
        regime_panel(days(120), MARKET[:120], universe(MARKET)[:120, :1], NAMES[:2])
