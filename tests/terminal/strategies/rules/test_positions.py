from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from terminal.market.adjust import forward_adjusted
from terminal.strategies.rules.positions import rule_targets
from terminal.strategies.rules.reading import read_rules
from terminal.strategies.rules.rule_set import RuleSet
from tests.terminal.backtest.panels import NAN, examples, panel, random_panel, seeds
from tests.terminal.strategies.rules.made import rule_sets
from tests.terminal.strategies.rules.slow_rules import SlowRules

CLOSE = {"feature": "close"}


def when(operator: str, level: float) -> dict[str, Any]:
    return {"all": [{"left": CLOSE, "operator": operator, "right": level}]}


def rules(**more: Any) -> RuleSet:
    """In above 10, out below 5."""
    return read_rules({"entry_long": when("above", 10), "exit_long": when("below", 5)} | more)


SHORT = {"entry_short": when("below", 3), "exit_short": when("above", 8)}


def test_a_position_is_entered_held_and_left() -> None:
    close = [7, 11, 7, 12, 4, 7, 11]
    assert rule_targets(panel(close), rules())[:, 0].tolist() == [0, 1, 1, 1, 0, 0, 1]
    assert rule_targets(panel(close), rules(), 0.4)[1, 0] == 0.4


def test_a_missing_bar_decides_nothing_and_a_position_outlives_it() -> None:
    found = rule_targets(panel([11, NAN, 7, 4]), rules())[:, 0]
    np.testing.assert_array_equal(found, [1, NAN, 1, 0])


def test_turning_needs_the_exit_and_the_other_entry_on_one_bar() -> None:
    close = [11, 2, 4, 9, 11]
    assert rule_targets(panel(close), rules(**SHORT))[:, 0].tolist() == [1, -1, -1, 0, 1]


def test_an_entry_never_wins_against_its_own_exit_nor_against_the_other_side() -> None:
    both = rules(exit_long=when("above", 20), **SHORT)
    assert rule_targets(panel([21, 11, 2]), both)[:, 0].tolist() == [0, 1, 1]
    torn = rules(entry_short=when("above", 11), exit_short=when("below", 2))
    assert rule_targets(panel([12, 10.5, 12]), torn)[:, 0].tolist() == [0, 1, 1]


def test_ranking_decides_when_room_is_short_and_a_freed_place_is_taken() -> None:
    ranked = {"most": 1, "ranking": {"by": CLOSE, "order": "highest"}}
    close = [[11, 12, 13], [11, 12, 4], [11, 12, 4]]
    found = rule_targets(panel(close), rules(**ranked))
    assert found.tolist() == [[0, 0, 1], [0, 1, 0], [0, 1, 0]]
    lowest = {"most": 2, "ranking": {"by": CLOSE, "order": "lowest"}}
    assert rule_targets(panel(close), rules(**lowest))[0].tolist() == [0.5, 0.5, 0]


def test_a_rank_that_is_not_known_comes_last_and_ties_go_by_the_universe() -> None:
    ranked = {"most": 1, "ranking": {"by": {"feature": "open"}, "order": "highest"}}
    found = rule_targets(panel([[11, 11, 11]], [[NAN, 2, 2]]), rules(**ranked))
    assert found.tolist() == [[0, 1, 0]]


def test_fixed_weights_stop_when_the_equity_is_used_up() -> None:
    fixed = rules(sizing={"method": "fixed", "weight": 0.4})
    assert rule_targets(panel([[11, 11, 11]]), fixed).tolist() == [[0.4, 0.4, 0]]


def test_equal_slots_are_of_the_universe_or_of_the_limit() -> None:
    assert rule_targets(panel([[11, 1, 1, 1]]), rules())[0, 0] == 0.25
    ranked = {"most": 2, "ranking": {"by": CLOSE, "order": "highest"}}
    assert rule_targets(panel([[11, 1, 1, 1]]), rules(**ranked))[0, 0] == 0.5


def test_calm_instruments_get_more_and_weights_stand_until_the_exit() -> None:
    wild = [12, 13, 12, 13, 12, 13, 12]
    calm = [12, 12.1, 12, 12.1, 12, 12.1, 12]
    sized = rules(sizing={"method": "inverse volatility", "window": 3})
    found = rule_targets(panel(np.array([wild, calm]).T), sized)
    assert np.isnan(found[:3]).all()
    assert found[3, 1] > 0.85 > 0.15 > found[3, 0] > 0
    assert found[3].sum() == pytest.approx(1)
    assert (found[3:] == found[3]).all()


def test_the_place_of_an_instrument_that_is_gone_is_free_again() -> None:
    close = np.full((14, 2), 11.0)
    close[1:, 0] = NAN
    ranked = {"most": 1, "ranking": {"by": CLOSE, "order": "highest"}}
    second = rule_targets(panel(close), rules(**ranked))[:, 1]
    assert second.tolist() == [0] * 11 + [1] * 3


@examples(60)
@given(seed=seeds, drawn=rule_sets(), n=st.integers(1, 4), close_only=st.booleans())
def test_positions_equal_the_slow_reference(
    seed: int, drawn: RuleSet, n: int, close_only: bool
) -> None:
    bars = forward_adjusted(random_panel(seed, 45, n, close_only=close_only))
    np.testing.assert_allclose(
        rule_targets(bars, drawn), SlowRules(bars, drawn).targets(), rtol=1e-9, atol=1e-12
    )


@examples(40)
@given(seed=seeds, drawn=rule_sets(), n_bars=st.integers(1, 59))
def test_rules_decide_the_same_when_the_future_is_hidden(
    seed: int, drawn: RuleSet, n_bars: int
) -> None:
    bars = random_panel(seed, 60, 3)
    whole = rule_targets(forward_adjusted(bars), drawn)
    hidden = rule_targets(forward_adjusted(bars.truncated(n_bars)), drawn)
    np.testing.assert_allclose(hidden, whole[:n_bars], rtol=0, atol=1e-9)


def test_the_reference_notices_a_place_given_to_the_wrong_instrument(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The seeded fault: the ranking is read upside down."""
    from terminal.strategies.rules import positions

    walk = positions._walk
    monkeypatch.setattr(
        positions, "_walk", lambda moves, size, rank, room: walk(moves, size, -rank, room)
    )
    ranked = rules(most=1, ranking={"by": CLOSE, "order": "highest"})
    bars = panel([[11, 12, 13], [11, 12, 4]])
    with pytest.raises(AssertionError):
        np.testing.assert_allclose(rule_targets(bars, ranked), SlowRules(bars, ranked).targets())
