"""The gap between a session and its twin: planted deviations land in their own part."""

from __future__ import annotations

import math
import os
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from terminal.errors import InputError
from terminal.execution.twin import PARTS, Record, TwinFill, compare

BARS = [datetime(2026, 3, 2, 14, 30, tzinfo=UTC) + timedelta(minutes=15 * k) for k in range(6)]
LAST = {"AAA": 110.0, "BBB": 40.0}
DECISIONS = {bar: {"AAA": 0.1 * k, "BBB": 0.5 - 0.1 * k} for k, bar in enumerate(BARS)}


def fill(symbol: str, quantity: float, price: float, bar: int, **more: object) -> TwinFill:
    """Decided at a bar, filled a bar later, 5 cents beyond the market."""
    market = price - math.copysign(0.05, quantity)
    values = {"fee": 0.01 * abs(quantity), "at": BARS[bar] + timedelta(minutes=15),
              "decided_on": BARS[bar], "reference": market} | more  # fmt: skip
    return TwinFill(symbol, quantity, price, **values)  # type: ignore[arg-type]


ENGINE = Record(
    DECISIONS,
    (
        fill("AAA", 100, 100.05, 0),
        fill("BBB", 200, 50.05, 0),
        fill("AAA", -40, 103.95, 2),
        fill("BBB", -200, 45.95, 3),
    ),
)
MANY = settings(
    derandomize=True, deadline=None, max_examples=int(os.environ.get("HYPOTHESIS_EXAMPLES", "40"))
)


def changed(k: int, **what: object) -> Record:
    fills = list(ENGINE.fills)
    fills[k] = replace(fills[k], **what)
    return replace(ENGINE, fills=tuple(fills))


def only(live: Record, part: str, worth: float) -> None:
    """The whole gap is that part, and worth that much."""
    twin = compare(live, ENGINE, LAST)
    assert twin.total == pytest.approx(worth, abs=1e-9)
    expected = dict.fromkeys(PARTS, 0.0) | {part: worth}
    assert twin.parts == pytest.approx(expected, abs=1e-9)
    assert twin.residual == pytest.approx(0.0, abs=1e-9)


def test_a_session_that_did_the_same_has_no_gap() -> None:
    twin = compare(ENGINE, ENGINE, LAST)
    assert twin.parts == dict.fromkeys(PARTS, 0.0) and twin.total == 0.0
    assert twin.in_words() == ("The session earned what its replay earns, to the cent.",)
    assert len(twin.rows) == 4


def test_a_missed_bar_is_a_missed_signal() -> None:
    decisions = {bar: row for bar, row in DECISIONS.items() if bar != BARS[0]}
    only(Record(decisions, ENGINE.fills[2:]), "missed",
         -(100 * (110 - 100.05) - 1.0) - (200 * (40 - 50.05) - 2.0))  # fmt: skip


def test_a_bar_missed_and_made_up_for_later_is_a_missed_signal() -> None:
    decisions = {bar: row for bar, row in DECISIONS.items() if bar != BARS[2]}
    later = fill("AAA", -40, 101.95, 3)
    only(Record(decisions, (*ENGINE.fills[:2], later, ENGINE.fills[3])), "missed",
         -40 * (103.95 - 101.95))  # fmt: skip
    reasons = {row.reason for row in compare(Record(decisions, (*ENGINE.fills[:2], later)), ENGINE,
                                             LAST).rows}  # fmt: skip
    assert {"the session did not decide at this bar", "traded where the replay does not"} <= reasons


def test_another_decision_is_a_missed_signal_even_where_both_traded() -> None:
    other = DECISIONS | {BARS[0]: {"AAA": 0.7, "BBB": 0.5}}
    live = replace(changed(0, quantity=700.0, fee=7.0), decisions=other)
    only(live, "missed", 600 * (110 - 100.05) - 6.0)


def test_a_late_send_is_timing() -> None:
    """Twenty minutes late, the market 0.30 higher, filled as far beyond it as ever."""
    late = changed(0, price=100.35, reference=100.30, at=BARS[2])
    only(late, "timing", -100 * 0.30)
    row = next(r for r in compare(late, ENGINE, LAST).rows if r.timing)
    assert row.late_s == 900.0


def test_a_worse_price_is_price() -> None:
    only(changed(0, price=100.25), "price", -100 * 0.20)
    only(changed(2, price=103.45), "price", -40 * 0.50)
    only(changed(0, price=100.25, reference=None), "price", -100 * 0.20)


def test_an_extra_fee_is_fees() -> None:
    only(changed(1, fee=5.0), "fees", -3.0)


def test_a_smaller_size_is_size() -> None:
    """60 units fewer, and their fee was not paid."""
    only(changed(0, quantity=40.0, fee=0.4), "size", -60 * (110 - 100.05) + 0.6)


def test_decided_alike_but_never_filled_is_size() -> None:
    live = Record(DECISIONS, (*ENGINE.fills[:2], ENGINE.fills[3]))
    only(live, "size", 40 * (110 - 103.95) + 0.4)
    row = next(r for r in compare(live, ENGINE, LAST).rows if r.size)
    assert row.reason == "decided, but never filled"


def test_an_order_nobody_decided_on_is_no_signal_of_the_strategy() -> None:
    extra = fill("AAA", 10, 105.0, 4, decided_on=None)
    live = replace(ENGINE, fills=(*ENGINE.fills, extra))
    only(live, "missed", 10 * (110 - 105) - 0.1)
    assert compare(live, ENGINE, LAST).rows[0].reason == "not asked for by the strategy"


def test_a_fill_in_pieces_is_one_fill() -> None:
    whole = ENGINE.fills[0]
    pieces = tuple(replace(whole, quantity=q, fee=q / 100) for q in (10.0, 30.0, 60.0))
    twin = compare(replace(ENGINE, fills=(*pieces, *ENGINE.fills[1:])), ENGINE, LAST)
    assert twin.parts == pytest.approx(dict.fromkeys(PARTS, 0.0), abs=1e-9)


def test_all_deviations_at_once_keep_to_their_parts() -> None:
    """Late, dearer, with a higher fee and half the size, on one decision."""
    live = changed(0, quantity=50.0, price=100.55, reference=100.40, fee=2.0)
    row = next(r for r in compare(live, ENGINE, LAST).rows if r.total)
    assert row.parts() == pytest.approx({
        "missed": 0.0, "timing": -50 * 0.40, "price": -50 * 0.10, "fees": 0.5 - 2.0,
        "size": -50 * (110 - 100.05) + 0.5,
    })  # fmt: skip


numbers = st.floats(-1e4, 1e4, allow_nan=False)
some_fills = st.lists(
    st.builds(
        TwinFill, st.sampled_from(["AAA", "BBB"]), st.integers(-300, 300).filter(bool).map(float),
        st.floats(1, 500), st.floats(-1, 5), st.sampled_from(BARS),
        st.none() | st.sampled_from(BARS), st.none() | st.floats(1, 500),
    ),
    max_size=8,
).map(tuple)  # fmt: skip
decisions = st.dictionaries(
    st.sampled_from(BARS),
    st.fixed_dictionaries({}, optional={"AAA": st.none() | st.sampled_from([0.0, 0.1]),
                                        "BBB": st.sampled_from([0.0, math.nan])}),
)  # fmt: skip


@MANY
@given(decisions, some_fills, decisions, some_fills, st.floats(1, 500), st.floats(1, 500))
def test_the_parts_add_up_to_the_gap(
    a: dict, mine: tuple, b: dict, its: tuple, x: float, y: float
) -> None:
    last = {"AAA": x, "BBB": y}
    twin = compare(Record(a, mine), Record(b, its), last)
    scale = 1.0 + sum(abs(f.quantity) * (f.price + last[f.symbol]) for f in (*mine, *its))
    earned = [sum(f.quantity * (last[f.symbol] - f.price) - f.fee for f in side)
              for side in (mine, its)]  # fmt: skip
    assert twin.total == pytest.approx(earned[0] - earned[1], abs=1e-9 * scale)
    assert abs(twin.residual) <= 1e-12 * scale
    for row in twin.rows:
        assert math.fsum(row.parts().values()) == pytest.approx(row.total, abs=1e-12 * scale)
    for sums in (twin.by_symbol(), twin.by_bar()):
        whole = math.fsum(value for parts in sums.values() for value in parts.values())
        assert whole == pytest.approx(twin.total, abs=1e-10 * scale)
    assert twin.in_words()


def test_words_name_the_gap_and_where_most_of_it_is() -> None:
    twin = compare(changed(0, price=100.25), ENGINE, LAST)
    assert twin.in_words() == (
        "The session earned 20.00 less than its replay.",
        "Fills at another price cost 20.00; most in AAA of 2026-03-02 14:30 UTC (-20.00).",
    )


def test_what_the_fills_do_not_explain_stands_apart() -> None:
    live, engine = replace(ENGINE, profit=1_000.0), replace(ENGINE, profit=988.0)
    assert compare(live, engine, LAST).other == pytest.approx(12.0)
    assert compare(live, ENGINE, LAST).other is None


def test_a_symbol_without_a_last_price_is_refused() -> None:
    with pytest.raises(InputError, match="no last price of BBB"):
        compare(ENGINE, ENGINE, {"AAA": 1.0})
    with pytest.raises(InputError, match="not a finite number"):
        compare(changed(0, price=math.nan), ENGINE, LAST)
