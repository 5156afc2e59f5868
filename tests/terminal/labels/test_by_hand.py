"""Labels of a few bars that a person can check."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from terminal.errors import InputError
from terminal.labels.barriers import INCOMPLETE, Prices, touch
from terminal.labels.cusum import cusum_events
from terminal.labels.event_params import THIS_CLOSE
from terminal.labels.fixed_horizon import (
    FIXED_HORIZON,
    FORWARD_RETURN,
    SCALED,
    FixedHorizonParams,
    ForwardReturnParams,
)
from terminal.labels.meta import META, MetaParams, side_of_predictions, side_of_targets
from terminal.labels.quantile_rank import QUANTILE_RANK, QuantileRankParams
from terminal.labels.registry import LABELS, get_label
from terminal.labels.triple_barrier import (
    HIGH_LOW,
    TRIPLE_BARRIER,
    TripleBarrierParams,
)
from terminal.market.calendars import get_calendar
from terminal.market.panel import Panel
from terminal.market.timeframe import Timeframe
from tests.terminal.market.panels import daily_panel

NONE = np.empty(0, dtype=np.int64)


def bars(
    open_: list[float], high: list[float], low: list[float], close: list[float], *, delay: int
) -> Prices:
    """One instrument; a decision is filled at this close (0) or the next open (1)."""
    rows = np.arange(len(close))
    fill = np.array(close if delay == 0 else [*open_[1:], np.nan], dtype=float)
    prices = [np.array(p, dtype=float) for p in (open_, high, low, close)]
    return Prices(np.array([0, len(close)]), rows, *prices, fill, delay, 1, NONE, NONE)


def outcome(
    prices: Prices, *, side: int = 1, by_close: bool = False, target: float = 1.0,
    loss: float = 1.0, horizon: int = 3, at: int = 0,
) -> tuple[int, float, int]:  # fmt: skip
    """End, exit price and barrier of one event; one multiple is 10 %."""
    unit = np.full(len(prices.close), 0.1)
    end, price, touched = touch(
        prices, np.array([at]), np.array([side], dtype=np.int8), unit,
        target=target, loss=loss, horizon=horizon, by_close=by_close,
    )  # fmt: skip
    return int(end[0]), float(price[0]), int(touched[0])


FLAT = [100.0] * 6


def test_a_close_beyond_the_target_ends_the_event_at_that_close_as_in_the_book() -> None:
    close = [100.0, 105.0, 111.0, 90.0, 100.0, 100.0]
    prices = bars(close, close, close, close, delay=0)
    assert outcome(prices, by_close=True) == (2, 111.0, 1)


def test_a_close_beyond_the_target_is_sold_at_the_next_open_as_the_engine_trades() -> None:
    close = [100.0, 105.0, 111.0, 90.0, 100.0, 100.0]
    open_ = [100.0, 100.0, 106.0, 108.0, 95.0, 100.0]
    # bought at the open of bar 1 (100), the close of bar 2 is 11 % up, sold at the open of bar 3
    assert outcome(bars(open_, open_, open_, close, delay=1), by_close=True) == (3, 108.0, 1)


def test_time_runs_out_at_the_open_after_the_horizon() -> None:
    open_ = [100.0, 100.0, 101.0, 102.0, 103.0, 104.0]
    prices = bars(open_, open_, open_, FLAT, delay=1)
    assert outcome(prices, by_close=True) == (4, 103.0, 0)
    assert outcome(prices, by_close=False) == (4, 103.0, 0)
    assert outcome(bars(open_, open_, open_, FLAT, delay=0), by_close=True) == (3, 100.0, 0)


def test_a_bar_that_holds_both_barriers_is_taken_as_the_worse() -> None:
    high = [100.0, 100.0, 115.0, 100.0, 100.0, 100.0]
    low = [100.0, 100.0, 85.0, 100.0, 100.0, 100.0]
    prices = bars(FLAT, high, low, FLAT, delay=1)
    assert outcome(prices) == (2, 90.0, -1)
    end, price, touched = outcome(prices, side=-1)
    assert (end, touched) == (2, -1)
    assert price == pytest.approx(110.0)


def test_a_gap_through_a_barrier_is_filled_at_the_open() -> None:
    open_ = [100.0, 100.0, 80.0, 100.0, 100.0, 100.0]
    assert outcome(bars(open_, open_, open_, FLAT, delay=1)) == (2, 80.0, -1)
    assert outcome(bars(open_, open_, open_, FLAT, delay=1), side=-1) == (2, 80.0, 1)


def test_the_bar_of_the_entry_is_watched_too() -> None:
    low = [100.0, 89.0, 100.0, 100.0, 100.0, 100.0]
    assert outcome(bars(FLAT, FLAT, low, FLAT, delay=1)) == (1, 90.0, -1)
    # entered at the close of bar 0, its low of before is no concern
    low = [80.0, 100.0, 100.0, 100.0, 100.0, 100.0]
    assert outcome(bars(FLAT, FLAT, low, FLAT, delay=0)) == (3, 100.0, 0)


def test_barriers_may_be_of_different_size_or_left_out() -> None:
    close = [100.0, 94.0, 100.0, 121.0, 100.0, 100.0]
    prices = bars(close, close, close, close, delay=0)
    assert outcome(prices, by_close=True, target=2.0, loss=0.5) == (1, 94.0, -1)
    assert outcome(prices, by_close=True, target=2.0, loss=0.0) == (3, 121.0, 1)
    assert outcome(prices, by_close=True, target=0.0, loss=1.0) == (3, 121.0, 0)


def test_an_event_that_the_data_does_not_finish_is_incomplete() -> None:
    prices = bars(FLAT, FLAT, FLAT, FLAT, delay=1)
    assert outcome(prices, at=1)[2] == 0  # bars 2..4, sold at the open of 5
    assert outcome(prices, at=2)[2] == INCOMPLETE
    assert outcome(prices, at=5)[2] == INCOMPLETE
    # but a barrier met in time is an outcome
    low = [100.0, 100.0, 100.0, 100.0, 100.0, 80.0]
    assert outcome(bars(FLAT, FLAT, low, FLAT, delay=1), at=4) == (5, 90.0, -1)


def test_cusum_resets_only_the_side_that_triggered() -> None:
    close = np.exp(np.cumsum([0.0, 0.02, 0.02, 0.0, -0.02, -0.02, 0.05]))
    # S+: .02 .04* | 0 0 0 .05*; S-: 0 0 0 -.02 -.04* 0
    assert np.flatnonzero(cusum_events(close, 0.03)).tolist() == [2, 5, 6]


def ramp(n: int, growth: float = 0.01, wobble: float = 0.004) -> Panel:
    """A price that grows, with a wobble so that its volatility is not 0."""
    steps = growth + wobble * (-1.0) ** np.arange(n)
    return daily_panel(100.0 * np.exp(np.cumsum(steps)))


def test_a_fixed_horizon_label_is_the_sign_of_the_return_the_engine_would_earn() -> None:
    panel = ramp(40)
    panel = replace(panel, open=panel.close * 0.99)
    labels = FIXED_HORIZON.make(panel, FixedHorizonParams(horizon=3, span=4))
    assert labels.bar[0] == 2  # two returns are known
    assert labels.bar[-1] == 40 - 1 - 4  # sold at the open of bar + 4
    assert (labels.end == labels.bar + 4).all()
    opens = panel.open[:, 0]
    expected = opens[labels.bar + 4] / opens[labels.bar + 1] - 1.0
    assert labels.outcome.tolist() == pytest.approx(expected.tolist())
    assert (labels.label == 1.0).all()
    assert FIXED_HORIZON.horizon(FixedHorizonParams(horizon=3)) == 4
    assert FIXED_HORIZON.horizon(FixedHorizonParams(horizon=3, entry=THIS_CLOSE)) == 3


def test_a_return_within_the_dead_zone_is_labelled_nothing() -> None:
    labels = FIXED_HORIZON.make(ramp(40), FixedHorizonParams(horizon=1, span=4, dead_zone=50.0))
    assert (labels.label == 0.0).all()


def test_a_forward_return_may_be_counted_in_volatilities() -> None:
    panel = ramp(40)
    plain = FORWARD_RETURN.make(panel, ForwardReturnParams(horizon=2, span=4))
    scaled = FORWARD_RETURN.make(panel, ForwardReturnParams(horizon=2, span=4, scale=SCALED))
    assert plain.label.tolist() == plain.outcome.tolist()
    own = panel.close[:, 0]
    from pandas import Series

    volatility = Series(own[1:] / own[:-1] - 1.0).ewm(span=4).std().to_numpy()[plain.bar - 1]
    assert scaled.label.tolist() == pytest.approx((plain.outcome / volatility).tolist())


def test_a_split_and_a_dividend_are_no_return() -> None:
    plain = daily_panel(np.full(30, 100.0) * (1 + 0.01 * (np.arange(30) % 2)))
    close = plain.close[:, 0].copy()
    close[20:] /= 2.0
    parted = daily_panel(close, split={20: 2.0})
    for kind, params in (
        (FORWARD_RETURN, ForwardReturnParams(horizon=5, span=4)),
        (TRIPLE_BARRIER, TripleBarrierParams(horizon=5, span=4)),
    ):
        assert kind.make(parted, params).label.tolist() == pytest.approx(
            kind.make(plain, params).label.tolist()
        )
    paid = daily_panel(np.r_[np.full(20, 100.0), np.full(10, 98.0)], dividend={20: 2.0})
    paid = replace(paid, close=paid.close * (1 + 1e-5 * (np.arange(30) % 2))[:, None])
    found = FORWARD_RETURN.make(paid, ForwardReturnParams(horizon=5, span=4))
    assert np.abs(found.label).max() < 1e-4


def test_a_delisted_stock_gives_no_event_whose_outcome_nobody_saw() -> None:
    panel = ramp(60)
    gone = panel.close.copy()
    gone[50:] = np.nan
    panel = replace(panel, open=gone, high=gone, low=gone, close=gone)
    labels = FIXED_HORIZON.make(panel, FixedHorizonParams(horizon=3, span=4))
    assert labels.end.max() == 49


def test_a_gap_is_no_bar_and_the_span_reaches_over_it() -> None:
    panel = ramp(40)
    holed = panel.close.copy()
    holed[20:23] = np.nan
    panel = replace(panel, open=holed, high=holed, low=holed, close=holed)
    labels = FIXED_HORIZON.make(panel, FixedHorizonParams(horizon=2, span=4))
    event = int(np.flatnonzero(labels.bar == 18)[0])
    assert labels.end[event] == 24  # 19, 23, 24
    assert not set(labels.bar.tolist()) & {20, 21, 22}


def two_sessions(close: list[float]) -> Panel:
    """15-minute bars of two days, the first a half day: 14 bars and 26."""
    calendar = get_calendar("XNYS")
    ts = calendar.grid("2023-07-03", "2023-07-05", Timeframe.MIN_15)
    values = np.array(close, dtype=float)[: len(ts), None]
    return Panel(
        Timeframe.MIN_15, "XNYS", ("A",), ts, calendar.bar_close(ts, Timeframe.MIN_15),
        values, values, values, values, np.ones_like(values), np.ones_like(values),
        np.zeros_like(values),
    )  # fmt: skip


def test_a_trade_that_may_not_stay_overnight_ends_with_the_half_day() -> None:
    close = (100.0 + 0.01 * (np.arange(40) % 2)).tolist()
    panel = two_sessions(close)
    assert panel.n_bars == 40
    params = TripleBarrierParams(horizon=20, span=4, target=50.0, stop=50.0, session_end=True)
    labels = TRIPLE_BARRIER.make(panel, params)
    first = labels.bar <= 12
    assert (labels.end[first] == 13).all()
    # decided at the last close of the half day, bought on the next day: held for the horizon
    event = int(np.flatnonzero(labels.bar == 13)[0])
    assert labels.end[event] == 13 + 21
    assert (labels.end[labels.bar >= 19] == 39).all()
    # cut before the close, the day's trades are not finished
    cut = TRIPLE_BARRIER.make(panel.truncated(39), params)
    assert cut.end.max() <= 38
    assert not ((cut.bar >= 19) & (cut.end == 38)).any()


def test_meta_labels_judge_the_side_that_was_taken() -> None:
    panel = ramp(60)
    params = MetaParams(horizon=3, span=4, target=50.0, stop=50.0)
    side = np.zeros((60, 1), dtype=np.int8)
    side[10], side[20] = 1, -1
    labels = META.make(panel, params, side)
    assert labels.bar.tolist() == [10, 20]
    assert labels.side.tolist() == [1, -1]
    assert labels.label.tolist() == [1.0, 0.0]
    assert (labels.outcome > 0).all()  # of a long position, whatever the side
    never = META.make(panel, replace(params, at_time="zero"), side)
    assert never.label.tolist() == [0.0, 0.0]


def test_a_short_meets_its_target_below() -> None:
    panel = daily_panel(100.0 * np.exp(np.cumsum(-0.02 + 0.004 * (-1.0) ** np.arange(40))))
    side = np.full((40, 1), -1, dtype=np.int8)
    labels = META.make(panel, MetaParams(horizon=10, span=4, target=2.0, stop=2.0), side)
    assert (labels.touched == 1).all()
    assert (labels.label == 1.0).all()
    assert (labels.outcome < 0.0).all()


def test_a_rule_gives_sides_of_its_own() -> None:
    panel = ramp(120)
    up = META.make(panel, MetaParams(horizon=3, span=4, fast=5, slow=20))
    assert (up.side == 1).all()
    assert up.bar[0] == 19
    against = META.make(panel, MetaParams(horizon=3, span=4, fast=5, slow=20, rule="reversion"))
    assert (against.side == -1).all()
    once = META.make(panel, MetaParams(horizon=3, span=4, fast=5, slow=20, changes_only=True))
    assert once.bar.tolist() == [19]


def test_sides_come_from_targets_and_from_out_of_fold_predictions() -> None:
    assert side_of_targets(np.array([[0.2, -0.1], [np.nan, 0.0]])).tolist() == [[1, -1], [0, 0]]
    found = side_of_predictions(
        np.array([0, 1]), np.array([1, 0]), np.array([0.3, -2.0]), shape=(3, 2)
    )
    assert found.tolist() == [[0, 1], [-1, 0], [0, 0]]


def test_quantiles_rank_the_instruments_of_the_same_bar() -> None:
    n = 40
    growth = np.array([-0.02, 0.03, 0.0, 0.01])
    steps = growth + 0.004 * (-1.0) ** np.arange(n)[:, None]
    one = daily_panel(np.ones(n))
    close = 100.0 * np.exp(np.cumsum(steps, axis=0))
    panel = replace(
        one, symbols=("A", "B", "C", "D"), open=close, high=close, low=close, close=close,
        volume=np.ones_like(close), split=np.ones_like(close), dividend=np.zeros_like(close),
    )  # fmt: skip
    labels = QUANTILE_RANK.make(panel, QuantileRankParams(horizon=2, span=4, quantiles=4))
    assert (labels.label == np.array([0.0, 3.0, 1.0, 2.0])[labels.instrument]).all()
    halves = QUANTILE_RANK.make(panel, QuantileRankParams(horizon=2, span=4, quantiles=2))
    assert (halves.label == np.array([0.0, 1.0, 0.0, 1.0])[halves.instrument]).all()
    assert QUANTILE_RANK.classes_of(QuantileRankParams(quantiles=3)) == (0.0, 1.0, 2.0)


def test_a_rank_is_known_when_the_last_of_its_bar_is() -> None:
    one = ramp(40)
    close = np.hstack([one.close, one.close[::-1] * 1.5])
    close[21:24, 1] = np.nan
    panel = replace(
        one, symbols=("A", "B"), open=close, high=close, low=close, close=close,
        volume=np.ones_like(close), split=np.ones_like(close), dividend=np.zeros_like(close),
    )  # fmt: skip
    labels = QUANTILE_RANK.make(panel, QuantileRankParams(horizon=2, span=4, quantiles=2))
    assert labels.end[labels.bar == 19].tolist() == [25, 25]


def test_what_cannot_be_is_refused_in_words() -> None:
    closes = replace(ramp(30), open=np.full((30, 1), np.nan))
    with pytest.raises(InputError, match="closes only"):
        TRIPLE_BARRIER.make(closes, TripleBarrierParams(watched=HIGH_LOW))
    with pytest.raises(InputError, match="Bars of 1d have no session to close with"):
        TRIPLE_BARRIER.make(ramp(30), TripleBarrierParams(session_end=True))
    with pytest.raises(InputError, match="no barrier is left but time"):
        TripleBarrierParams(target=0.0, stop=0.0)
    with pytest.raises(InputError, match="1 instruments cannot be split into 5 quantiles"):
        QUANTILE_RANK.make(ramp(30), QuantileRankParams())
    with pytest.raises(InputError, match="fast window is 50 bars"):
        MetaParams(fast=50, slow=50)
    with pytest.raises(InputError, match=r"The sides are 3 × 1, the panel 30 × 1"):
        META.make(ramp(30), MetaParams(), np.zeros((3, 1), dtype=np.int8))
    with pytest.raises(InputError, match="known: fixed-horizon"):
        get_label("best-guess")


def test_a_close_only_source_is_filled_at_the_next_close() -> None:
    panel = replace(ramp(40), open=np.full((40, 1), np.nan))
    labels = FORWARD_RETURN.make(panel, ForwardReturnParams(horizon=3, span=4))
    own = panel.close[:, 0]
    expected = own[labels.bar + 4] / own[labels.bar + 1] - 1.0
    assert labels.outcome.tolist() == pytest.approx(expected.tolist())


@pytest.mark.parametrize("slug", LABELS)
def test_too_little_data_gives_no_events(slug: str) -> None:
    kind = get_label(slug)
    one = ramp(10)
    wide = np.repeat(one.close, 5, axis=1)
    panel = replace(
        one, symbols=tuple("ABCDE"), open=wide, high=wide, low=wide, close=wide,
        volume=wide, split=np.ones_like(wide), dividend=np.zeros_like(wide),
    )  # fmt: skip
    labels = kind.make(panel, kind.params_type())
    assert len(labels) == 0
    assert labels.weight.shape == (0,)
