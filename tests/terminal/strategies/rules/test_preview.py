from __future__ import annotations

import numpy as np
import pytest

from terminal.market.adjust import backward_adjusted
from terminal.strategies.rules.positions import rule_targets
from terminal.strategies.rules.preview import preview, preview_words
from terminal.strategies.rules.reading import read_rules
from tests.terminal.backtest.panels import panel, random_panel
from tests.terminal.strategies.rules.test_positions import CLOSE, SHORT, rules, when

UP_AND_DOWN = panel([7, 11, 12, 4, 7, 2, 2, 9])


def test_entries_exits_and_shares_are_those_of_the_state() -> None:
    found = preview(UP_AND_DOWN, rules(**SHORT))
    assert found.state.tolist() == [0, 1, 1, 0, 0, -1, -1, 0]
    assert found.entries(1).tolist() == [1] and found.entries(-1).tolist() == [5]
    assert found.exits.tolist() == [3, 7]
    assert preview_words(found) == (
        "1 entry, 25 % of bars long · 1 short entry, 25 % of bars short · 8 bars, first decision "
        "after 0"
    )


def test_turning_is_an_exit_and_an_entry() -> None:
    found = preview(panel([11, 2, 9]), rules(**SHORT))
    assert found.state.tolist() == [1, -1, 0]
    assert found.entries(-1).tolist() == [1] and found.exits.tolist() == [1, 2]


def test_the_share_of_a_condition_is_of_the_bars_that_can_be_decided_on() -> None:
    found = preview(UP_AND_DOWN, rules())
    assert [found.shares[item] for item in found.rules.conditions] == [2 / 8, 3 / 8]
    late = read_rules({"entry_long": when("above", 10), "exit_long": {
        "any": [{"left": CLOSE, "operator": "falling", "bars": 6}]}})  # fmt: skip
    found = preview(UP_AND_DOWN, late)
    assert found.decided == 2
    assert set(found.shares.values()) == {0.0}


def test_the_state_is_the_sign_of_the_targets_and_knows_no_limit() -> None:
    ranked = rules(most=1, ranking={"by": CLOSE, "order": "highest"}, **SHORT)
    bars = random_panel(4, 80, 1, ragged=False, volatility=0.3)
    scaled = preview(bars, ranked)
    assert scaled.state.any()
    np.testing.assert_array_equal(
        scaled.state, np.sign(rule_targets(scaled.panel, rules(**SHORT)))[:, 0]
    )


def test_quoted_prices_are_those_of_the_market_chart() -> None:
    bars = random_panel(6, 80, 1, ragged=False)
    found = preview(bars, rules())
    np.testing.assert_allclose(found.panel.close * found.quoted, backward_adjusted(bars).close)
    assert found.quoted != pytest.approx(1.0)


def test_a_feature_without_values_is_named() -> None:
    busy = {"left": {"feature": "volume-mean", "window": 5}, "operator": "above", "right": 0}
    asked = rules(exit_long={"all": [busy]})
    found = preview(UP_AND_DOWN, asked)
    assert [feature.words for feature in found.silent] == ["mean volume 5"]
    few = preview(panel([11, 12]), asked)
    assert few.decided == 0 and preview_words(few).startswith("0 entries, 0 % of bars long")
