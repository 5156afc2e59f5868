"""Read-modify-write from many processes at once: does any update get lost, does any writer fail?

Each of `--writers` processes adds 1 to the same counter `--each` times, reading it and writing it
back in one `Database.write()`; a fair and correct database ends at writers × each. Prints the rate,
lost updates, failures, and how long the unluckiest transaction waited. Then it measures what a
person waits for whose click must write while `--busy` others write all the time.

    python benchmarks/transactions.py                # 8 × 5,000 on SQLite
    python benchmarks/transactions.py --url postgresql+psycopg://...
"""

from __future__ import annotations

import argparse
import multiprocessing
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import sqlalchemy as sa

from terminal.db.database import Database

counter = sa.Table(
    "benchmark_counter",
    sa.MetaData(),
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("value", sa.Integer, nullable=False),
)


@dataclass(frozen=True)
class Outcome:
    """What the writers did together; times in seconds."""

    asked: int
    done: int
    failures: tuple[str, ...]
    seconds: float
    slowest_s: float
    wall_by_writer: tuple[float, ...]

    @property
    def lost(self) -> int:
        """Updates that were reported as done and are not in the counter."""
        return self.asked - len(self.failures) - self.done


def race(url: str, writers: int, each: int) -> Outcome:
    """Let `writers` processes add to one counter `each` times."""
    database = Database(url)
    with database.write() as conn:
        counter.drop(conn, checkfirst=True)
        counter.create(conn)
        conn.execute(counter.insert().values(id=1, value=0))
    database.close()
    context = multiprocessing.get_context("spawn")
    gate = context.Barrier(writers + 1)
    results = context.Queue()
    crew = [context.Process(target=_add, args=(url, each, gate, results)) for _ in range(writers)]
    for process in crew:
        process.start()
    gate.wait()
    started = time.perf_counter()
    reports = [results.get(timeout=600) for _ in crew]
    seconds = time.perf_counter() - started
    for process in crew:
        process.join()
    with database.read() as conn:
        done = conn.execute(sa.select(counter.c.value)).scalar_one()
    database.close()
    return Outcome(
        asked=writers * each,
        done=done,
        failures=tuple(failure for report in reports for failure in report[0]),
        seconds=seconds,
        slowest_s=max(report[1] for report in reports),
        wall_by_writer=tuple(sorted(report[2] for report in reports)),
    )


def _add(url: str, each: int, gate: object, results: object) -> None:
    database = Database(url)
    with database.read() as conn:
        conn.execute(sa.select(counter.c.value)).scalar_one()
    failures: list[str] = []
    slowest = 0.0
    gate.wait()  # type: ignore[attr-defined]
    began = time.perf_counter()
    for _ in range(each):
        at = time.perf_counter()
        try:
            with database.write() as conn:
                query = sa.select(counter.c.value).where(counter.c.id == 1).with_for_update()
                value = conn.execute(query).scalar_one()
                conn.execute(counter.update().values(value=value + 1))
        except sa.exc.OperationalError as error:
            failures.append(str(error.orig))
        slowest = max(slowest, time.perf_counter() - at)
    results.put((failures, slowest, time.perf_counter() - began))  # type: ignore[attr-defined]
    database.close()


def occasional(url: str, busy: int, samples: int) -> list[float]:
    """Seconds, sorted, that a writer waits who comes now and then among `busy` constant ones."""
    database = Database(url)
    context = multiprocessing.get_context("spawn")
    gate, stop = context.Barrier(busy + 1), context.Event()
    crew = [context.Process(target=_keep_writing, args=(url, gate, stop)) for _ in range(busy)]
    for process in crew:
        process.start()
    gate.wait()
    waits = []
    for _ in range(samples):
        time.sleep(0.02)
        began = time.perf_counter()
        with database.write() as conn:
            conn.execute(counter.update().values(value=counter.c.value + 1))
        waits.append(time.perf_counter() - began)
    stop.set()
    for process in crew:
        process.join()
    database.close()
    return sorted(waits)


def _keep_writing(url: str, gate: object, stop: object) -> None:
    database = Database(url)
    gate.wait()  # type: ignore[attr-defined]
    while not stop.is_set():  # type: ignore[attr-defined]
        with database.write() as conn:
            conn.execute(counter.update().values(value=counter.c.value + 1))
            time.sleep(0.002)
    database.close()


def main() -> int:
    """Run the race and print its figures; 0 when nothing was lost and nobody failed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--writers", type=int, default=8)
    parser.add_argument("--each", type=int, default=5000)
    parser.add_argument("--busy", type=int, default=4)
    parser.add_argument("--url", default="")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        url = chosen.url or f"sqlite+pysqlite:///{folder}/race.db"
        outcome = race(url, chosen.writers, chosen.each)
        waits = occasional(url, chosen.busy, 100)
    locked = sum("locked" in failure for failure in outcome.failures)
    print(
        f"{chosen.writers} processes x {chosen.each:,} read-modify-write on "
        f"{sa.make_url(url).get_backend_name()}: {outcome.asked / outcome.seconds:,.0f}/s, "
        f"lost {outcome.lost}, locked {locked}, other failures {len(outcome.failures) - locked}, "
        f"slowest transaction {outcome.slowest_s * 1000:,.0f} ms, "
        f"{outcome.seconds:.1f} s (writers {outcome.wall_by_writer[0]:.1f}"
        f"..{outcome.wall_by_writer[-1]:.1f} s)"
    )
    print(
        f"an occasional writer among {chosen.busy} constant ones waits: "
        f"median {waits[50] * 1000:.0f} ms, 95th of 100 {waits[94] * 1000:.0f} ms, "
        f"longest {waits[-1] * 1000:.0f} ms"
    )
    return 0 if outcome.lost == 0 and not outcome.failures else 1


if __name__ == "__main__":
    raise SystemExit(main())
