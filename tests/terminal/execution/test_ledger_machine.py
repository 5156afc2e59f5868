"""Random histories of a broker against the ledger, pure and in both databases.

`LEDGER_EXAMPLES` sets how many sequences of the pure book are tried (the databases get a tenth and
a hundredth of it); the suite's own few are the same on every run. Each guard is also taken away
once, and the machine must notice.
"""

from __future__ import annotations

import os
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from terminal.db.database import Database
from terminal.execution import book, events, tape
from terminal.execution.book import Book
from terminal.execution.lots import LotMethod
from tests.terminal.execution import ledgers, test_book
from tests.terminal.execution.desks import Desk
from tests.terminal.execution.ledger_machine import DatabaseMachine, LedgerMachine

ASKED = int(os.environ.get("LEDGER_EXAMPLES", "0"))


def tried(examples: int, steps: int = 30) -> settings:
    return settings(
        derandomize=not ASKED,
        database=None,
        deadline=None,
        max_examples=max(1, examples),
        stateful_step_count=steps,
        suppress_health_check=list(HealthCheck),
        phases=(Phase.generate,),
        print_blob=False,
    )


def run(machine: type[LedgerMachine], examples: int, **more: Any) -> None:
    run_state_machine_as_test(machine, settings=tried(examples, **more))


def in_database(database: Database, method: LotMethod) -> type[DatabaseMachine]:
    desk = Desk(database, method=method)
    about = {"database": database, "account": desk.id, "method": method}
    return type("Machine", (DatabaseMachine,), about)


@pytest.mark.parametrize("method", list(LotMethod))
@pytest.mark.timeout(600)
def test_the_book_survives_any_history(method: LotMethod) -> None:
    run(type("Machine", (LedgerMachine,), {"method": method}), ASKED // 2 or 25)


@pytest.mark.timeout(600)
def test_the_tables_survive_any_history(shared_database: Database) -> None:
    database = shared_database
    method = LotMethod.FIFO if database.is_sqlite else LotMethod.AVERAGE
    most = 10 if database.is_sqlite else 100
    run(in_database(database, method), ASKED // most or (8 if database.is_sqlite else 3))


def fails(machine: type[LedgerMachine]) -> None:
    """The machine finds something wrong within a few sequences."""
    with pytest.raises((AssertionError, BaseExceptionGroup)):
        run(machine, 400)  # it stops at the first


def test_without_dedupe_a_fill_counts_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    numbers = iter(range(1_000_000))

    def nameless(*given: Any) -> str | None:
        name = events.external_name(*given)
        return name if name is None or name.startswith("order:") else f"{name}:{next(numbers)}"

    monkeypatch.setattr(ledgers, "external_name", nameless)
    fails(LedgerMachine)


def test_without_late_fills_units_are_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = Book._fill

    def only_while_open(self: Book, event: events.LedgerEvent) -> None:
        record = self.record(event.client_order_id or "")
        if record.quantity is None or not record.state.is_end:
            whole(self, event)

    monkeypatch.setattr(Book, "_fill", only_while_open)
    fails(LedgerMachine)


def test_without_busts_taken_off_the_tape_units_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tape.Tape, "remove", lambda self, execution_id: None)
    fails(LedgerMachine)


def test_without_a_place_in_time_lots_depend_on_the_telling(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def as_heard(event: events.LedgerEvent) -> tape.Entry | None:
        entry = tape.entry_of(event)
        return None if entry is None else tape.Entry(
            f"{event.seq:015d}", entry.execution_id, entry.quantity, entry.amount, entry.at,
            entry.ratio, entry.per,
        )  # fmt: skip

    monkeypatch.setattr(book, "entry_of", as_heard)
    with pytest.raises(AssertionError):
        test_book.test_an_older_fill_that_arrives_later_stands_where_it_belongs()
