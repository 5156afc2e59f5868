"""The table of transitions is one: in code, in the migration and in the database."""

from __future__ import annotations

import itertools
from decimal import Decimal

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from terminal.db.database import Database
from terminal.db.tables.trading import order_transitions
from terminal.execution.states import TRANSITIONS, Facts, OrderState, is_legal, state_of

CLOSINGS = (
    None,
    OrderState.CANCELLED,
    OrderState.REPLACED,
    OrderState.REJECTED,
    OrderState.EXPIRED,
)


def test_the_database_holds_the_table_of_the_code(database: Database) -> None:
    with database.read() as conn:
        found = {tuple(row) for row in conn.execute(sa.select(order_transitions))}
    assert found == {(before.value, after.value) for before, after in TRANSITIONS}


@given(
    filled=st.integers(0, 3),
    flags=st.tuples(*[st.booleans()] * 5),
    closed=st.sampled_from(CLOSINGS),
)
def test_a_fill_never_makes_a_state_that_does_not_count_it(
    filled: int, flags: tuple[bool, ...], closed: OrderState | None
) -> None:
    denied, sent, unanswered, accepted, cancel_asked = flags
    state = state_of(
        Facts(Decimal(3), Decimal(filled), denied, sent, unanswered, accepted, cancel_asked, closed)
    )
    assert (state is OrderState.FILLED) == (filled == 3)
    if 0 < filled < 3 and closed is None and not denied:
        assert state in (OrderState.PARTIALLY_FILLED, OrderState.CANCELLING)


def test_ends_are_left_only_by_what_the_broker_corrects() -> None:
    ends = [state for state in OrderState if state.is_end]
    for end, after in itertools.product(ends, OrderState):
        if is_legal(end, after) and end is not after:
            assert after is not OrderState.INTENT
            assert after is not OrderState.SENDING


@pytest.mark.parametrize("state", [OrderState.FILLED, OrderState.DENIED, OrderState.CANCELLED])
def test_nothing_returns_to_before_it_was_sent(state: OrderState) -> None:
    assert not is_legal(state, OrderState.INTENT)
