"""Windows, choices from the past alone, and the one run of what was chosen."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from terminal.backtest.request import BacktestRequest
from terminal.backtest.sweeps.evaluate import evaluate, evaluate_many, prepare_ground
from terminal.backtest.sweeps.space import Space, space_of
from terminal.backtest.sweeps.walk_forward import (
    WalkForward,
    choose,
    stitched_targets,
    walk_forward,
    window_scores,
)
from terminal.backtest.sweeps.windows import WalkForwardRequest, make_windows
from terminal.errors import InputError
from terminal.market.calendars import get_calendar
from terminal.market.panel import Panel
from terminal.strategies.registry import get_strategy
from tests.terminal.backtest.sweeps.made import daily

CALENDAR = get_calendar("XNYS")
SMA = get_strategy("sma-crossover")
SPACE = space_of(SMA, {"fast": (2, 3, 5), "slow": (8, 12)}, {})
CUT = WalkForwardRequest(train=60, test=25, purge=3)


def run(bars: Panel, cut: WalkForwardRequest = CUT, space: Space = SPACE) -> WalkForward:
    request = BacktestRequest("sma-crossover", {}, "made", bars.symbols)
    ground = prepare_ground(request, bars, CALENDAR)
    windows = make_windows(cut, int(ground.kept.sum()), 1.0)
    inside, outside = {}, {}
    for k, found in evaluate_many(ground, ((k, space.params(k)) for k in space.positions())):
        inside[k], outside[k] = window_scores(found.returns, windows, "sharpe", ground.periods)
    return walk_forward(ground, windows, inside, outside, space.params)


def test_rolling_windows_by_hand() -> None:
    found = make_windows(WalkForwardRequest(train=20, test=10, purge=2), 45, 1.0)
    assert [vars(window) for window in found] == [
        {"train_first": 0, "train_end": 20, "test_first": 22, "test_end": 32},
        {"train_first": 10, "train_end": 30, "test_first": 32, "test_end": 42},
        {"train_first": 20, "train_end": 40, "test_first": 42, "test_end": 45},
    ]


def test_anchored_windows_start_at_the_first_session() -> None:
    found = make_windows(WalkForwardRequest(train=20, test=10, anchored=True), 45, 1.0)
    assert [(w.train_first, w.train_end) for w in found] == [(0, 20), (0, 30), (0, 40)]


def test_a_purge_in_bars_leaves_out_every_session_it_touches() -> None:
    found = make_windows(WalkForwardRequest(train=20, test=10, purge=27), 60, 26.0)
    assert found[0].test_first - found[0].train_end == 2


@given(st.integers(20, 60), st.integers(1, 40), st.integers(0, 20), st.booleans())
def test_no_window_sees_its_test_and_the_tests_cover_the_rest_once(
    train: int, test: int, purge: int, anchored: bool
) -> None:
    found = make_windows(WalkForwardRequest(train, test, purge, anchored), 200, 1.0)
    assert all(w.train_end + purge == w.test_first for w in found)
    covered = [s for w in found for s in range(w.test_first, w.test_end)]
    assert covered == list(range(found[0].test_first, 200))


@pytest.mark.parametrize(
    ("cut", "field"),
    [
        (WalkForwardRequest(train=5), "train"),
        (WalkForwardRequest(test=0), "test"),
        (WalkForwardRequest(purge=-1), "purge"),
        (WalkForwardRequest(train=90, test=30), "train"),
    ],
)
def test_what_cannot_be_cut_names_its_field(cut: WalkForwardRequest, field: str) -> None:
    with pytest.raises(InputError) as refused:
        make_windows(cut, 100, 1.0)
    assert refused.value.field == field


def test_the_choice_is_the_best_in_training_whatever_comes_after() -> None:
    inside = {4: [1.0, None], 2: [1.0, 0.5], 7: [0.0, 3.0]}
    assert choose(inside, 2) == [2, 7]
    with pytest.raises(InputError, match="window 2"):
        choose({4: [1.0, None]}, 2)


def test_each_test_trades_the_targets_of_its_choice() -> None:
    bars = daily(2, 120, events=False)
    ground = prepare_ground(
        BacktestRequest("sma-crossover", {}, "made", bars.symbols), bars, CALENDAR
    )
    windows = make_windows(CUT, 120, 1.0)
    chosen = [SPACE.params(0), SPACE.params(5), SPACE.params(0)][: len(windows)]
    found = stitched_targets(ground, windows, chosen)
    assert np.isnan(found[: windows[0].test_first]).all()
    for window, params in zip(windows, chosen, strict=True):
        rows = slice(window.test_first, window.test_end)
        np.testing.assert_array_equal(found[rows], SMA.targets(ground.adjusted, params)[rows])


def test_what_was_traded_and_chosen_does_not_change_when_the_future_is_hidden() -> None:
    """The whole walk-forward again on its first 145 bars: the same choices, the same returns."""
    bars = daily(4, 220)
    whole, begun = run(bars), run(bars.truncated(145))
    n = len(begun.table) - 1  # the last test of the shorter one is cut off
    columns = ["train_first", "train_last", "test_first", "position", "in_sample"]
    pd.testing.assert_frame_equal(whole.table[columns][:n], begun.table[columns][:n])
    known = len(begun.dates)
    np.testing.assert_array_equal(whole.dates[:known], begun.dates)
    np.testing.assert_allclose(whole.evaluation.returns[:known], begun.evaluation.returns)


def test_a_choice_that_peeks_into_its_test_would_be_noticed() -> None:
    """The seeded fault: choosing by the out-of-sample score changes when the future is hidden."""
    bars = daily(4, 220)
    request = BacktestRequest("sma-crossover", {}, "made", bars.symbols)
    made = []
    for panel in (bars, bars.truncated(95)):
        ground = prepare_ground(request, panel, CALENDAR)
        windows = make_windows(CUT, panel.n_bars, 1.0)
        scores = {
            k: window_scores(evaluate(ground, SPACE.params(k)).returns, windows, "sharpe", 252.0)
            for k in SPACE.positions()
        }
        peeking = choose({k: outside for k, (_, outside) in scores.items()}, len(windows))
        honest = choose({k: inside for k, (inside, _) in scores.items()}, len(windows))
        made.append((peeking, honest))
    (peek, right), (peek_short, right_short) = made
    assert right[: len(right_short)] == right_short
    assert peek[: len(peek_short)] != peek_short


def test_the_table_compares_the_choice_with_all_others() -> None:
    found = run(daily(9, 220))
    assert found.table["beaten"].between(0.0, 1.0).all()
    assert (found.table["train_last"] < found.table["test_first"]).all()
    assert found.sentence.startswith(f"Over {len(found.table)} windows")
    assert len(found.evaluation.returns) == len(found.dates) == 220 - 63
    total = np.prod(1.0 + found.evaluation.returns) - 1.0
    assert found.evaluation.metrics["total_return"] == pytest.approx(total)
