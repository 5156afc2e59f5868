"""Lots by hand, and against exact fractions over random trades."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from terminal.execution.lots import Lot, LotMethod, average_cost, held, split, trade

D = Decimal
FIFO, AVERAGE = LotMethod.FIFO, LotMethod.AVERAGE
FEW = settings(derandomize=True, deadline=None, max_examples=100)


def traded(
    trades: list[tuple[str, str]], method: LotMethod, lots: tuple[Lot, ...] = ()
) -> tuple[tuple[Lot, ...], Decimal]:
    """(quantity, price) one after the other; lots and all that was realised."""
    total = D(0)
    for number, (quantity, price) in enumerate(trades):
        lots, realised = trade(lots, D(quantity), D(quantity) * D(price), f"t{number}", method)
        total += realised
    return lots, total


def summary(lots: tuple[Lot, ...]) -> list[tuple[str, str]]:
    return [(str(lot.quantity), str(lot.cost.normalize())) for lot in lots]


@pytest.mark.parametrize(
    ("method", "realised", "left"),
    [
        # 100 @ 10, 100 @ 12, sell 150 @ 15: FIFO 100*(15-10) + 50*(15-12); average 150*(15-11)
        (FIFO, "650", [("50", "6E+2")]),
        (AVERAGE, "600", [("50", "5.5E+2")]),
    ],
)
def test_a_sale_realises_against_the_cost_its_method_names(
    method: LotMethod, realised: str, left: list[tuple[str, str]]
) -> None:
    lots, total = traded([("100", "10"), ("100", "12"), ("-150", "15")], method)
    assert total == D(realised)
    assert summary(lots) == left


@pytest.mark.parametrize("method", list(LotMethod))
def test_a_short_earns_when_it_is_bought_back_lower(method: LotMethod) -> None:
    lots, total = traded([("-10", "50"), ("4", "45")], method)
    assert total == D("20")
    assert held(lots) == (D("-6"), D("-300"))
    assert average_cost(*held(lots)) == D("50")


@pytest.mark.parametrize("method", list(LotMethod))
def test_a_sale_beyond_what_is_held_goes_through_zero_into_a_short(method: LotMethod) -> None:
    lots, total = traded([("10", "20"), ("-25", "22")], method)
    assert total == D("20")
    assert lots == (Lot(1, D("-15"), D("-330"), "t1"),)
    lots, total = traded([("15", "21")], method, lots)
    assert (lots, total) == ((), D("15"))


def test_a_reverse_split_rounds_the_sum_and_keeps_the_cost() -> None:
    lots, _ = traded([("1", "3"), ("1", "4"), ("1", "5")], FIFO)
    after, lost = split(lots, D(1), D(3))
    assert [str(lot.quantity) for lot in after] == ["0.333333333", "0.333333334", "0.333333333"]
    assert held(after) == (D("1.000000000"), D("12"))
    assert lost == 0


def test_what_a_split_rounds_away_is_realised_and_not_forgotten() -> None:
    lots, _ = traded([("0.000000001", "5")], FIFO)
    assert split(lots, D(1), D(4)) == ((), D("-0.000000005"))
    lots, _ = traded([("0.000000001", "5"), ("8", "1")], FIFO)
    after, lost = split(lots, D(1), D(4))
    assert (held(after), lost) == ((D("2.000000000"), D("8.000000005")), 0)


QUANTITY = st.integers(-40, 40).filter(bool).map(lambda units: D(units) / 4)
PRICE = st.integers(1, 4_000).map(lambda cents: D(cents) / 100)
STEP = st.one_of(
    st.tuples(st.just("trade"), QUANTITY, PRICE),
    st.tuples(st.just("split"), st.sampled_from([D(2), D(3), D("1.5")]), st.sampled_from([1, 2])),
)


@FEW
@given(steps=st.lists(STEP, max_size=25), method=st.sampled_from(list(LotMethod)))
def test_no_cost_is_lost_whatever_is_traded_and_split(
    steps: list[tuple[str, Decimal, Decimal]], method: LotMethod
) -> None:
    """Paid in = cost of what is held - realised, to the last digit; all lots point one way."""
    lots: tuple[Lot, ...] = ()
    paid = realised = units = D(0)
    for kind, first, second in steps:
        if kind == "trade":
            lots, closed = trade(lots, first, first * second, "t", method)
            paid, units = paid + first * second, units + first
        else:
            lots, closed = split(lots, first, D(second))
            units = (units * first / D(second)).quantize(D("0.000000001"))
        realised += closed
        quantity, cost = held(lots)
        assert quantity == units
        assert cost - realised == paid
        assert len({lot.quantity > 0 for lot in lots}) <= 1
        assert [lot.number for lot in lots] == sorted({lot.number for lot in lots})
        assert method is FIFO or len(lots) <= 1


@FEW
@given(trades=st.lists(st.tuples(QUANTITY, PRICE), max_size=25))
def test_fifo_equals_matching_unit_by_unit(trades: list[tuple[Decimal, Decimal]]) -> None:
    """Quarter units queue up one by one and are closed one by one."""
    queue: list[tuple[int, Fraction]] = []
    expected = Fraction(0)
    lots: tuple[Lot, ...] = ()
    realised = D(0)
    for quantity, price in trades:
        sign = 1 if quantity > 0 else -1
        for _ in range(int(abs(quantity) * 4)):
            if queue and queue[0][0] != sign:
                was, cost = queue.pop(0)
                expected += was * (Fraction(price) - cost) / 4
            else:
                queue.append((sign, Fraction(price)))
        lots, closed = trade(lots, quantity, quantity * price, "t", FIFO)
        realised += closed
    assert Fraction(realised) == expected
    assert Fraction(held(lots)[1]) == sum((sign * cost / 4 for sign, cost in queue), Fraction(0))
