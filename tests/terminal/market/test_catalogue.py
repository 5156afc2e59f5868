"""The one door to market data."""

from __future__ import annotations

import time
from datetime import UTC, date, datetime

import numpy as np
import pandas as pd
import pytest

from terminal import clock
from terminal.accounts.actor import SYSTEM, Actor, Role
from terminal.db.database import Database
from terminal.errors import Conflict, InputError, NotFound
from terminal.market.calendars import get_calendar
from terminal.market.catalogue import Catalogue
from terminal.market.dataset import Adjustment, Dataset, NewSeries
from terminal.market.publish import publish, sweep
from terminal.market.store import ParquetStore
from terminal.market.timeframe import Timeframe
from tests.terminal.market.conftest import new_user
from tests.terminal.market.panels import bars_frame

VIEWER = Actor(user_id=7, username="v", role=Role.VIEWER)
CALENDAR = get_calendar("XNYS")


def test_built_in_data_is_everybodys(built_in: Catalogue) -> None:
    found = {dataset.slug: dataset for dataset in built_in.datasets(VIEWER)}
    assert list(found) == ["sp500-20", "us-tech-4", "us-indices"]
    twenty = found["sp500-20"]
    assert (twenty.n_series, twenty.n_rows) == (20, 166_260)
    assert twenty.first_ts == datetime(1990, 1, 2, 14, 30, tzinfo=UTC)
    assert twenty.owner_id is None and not twenty.simulated
    assert all(d.source and d.licence and d.version for d in found.values())


def test_twenty_stocks_over_8313_days_become_a_panel_in_150_ms(built_in: Catalogue) -> None:
    symbols = [part.symbol for part in built_in.series(VIEWER, "sp500-20")]

    def seconds() -> float:
        began = time.perf_counter()
        built_in.panel(VIEWER, "sp500-20", symbols)
        return time.perf_counter() - began

    panel = built_in.panel(VIEWER, "sp500-20", symbols)
    assert (panel.n_bars, panel.n_instruments) == (8313, 20)
    assert panel.close_only and not panel.simulated
    assert panel.data_version == built_in.dataset(VIEWER, "sp500-20").version
    assert np.isfinite(panel.close).all()
    assert min(seconds() for _ in range(5)) < 0.15


def test_splits_stand_at_the_open_of_their_session(built_in: Catalogue) -> None:
    panel = built_in.panel(VIEWER, "us-tech-4", ["MSFT", "AAPL"], end=date(2003, 12, 31))
    row = int(np.flatnonzero(panel.split[:, 0] != 1.0)[0])
    assert str(panel.ts[row])[:16] == "2003-02-18T14:30"
    assert panel.split[row].tolist() == [2.0, 1.0]


def test_a_date_means_the_whole_day_at_the_exchange(built_in: Catalogue) -> None:
    panel = built_in.panel(
        VIEWER, "us-tech-4", ["IBM"], start=date(2010, 1, 4), end=date(2010, 1, 8)
    )
    assert panel.n_bars == 5
    assert str(panel.ts[0])[:10] == "2010-01-04" and str(panel.ts[-1])[:10] == "2010-01-08"


def test_a_panel_of_weeks_has_whole_weeks_only(built_in: Catalogue) -> None:
    panel = built_in.panel(
        VIEWER, "us-tech-4", ["IBM"], Timeframe.WEEK_1, date(2010, 1, 6), date(2010, 1, 27)
    )
    # From a Wednesday to a Wednesday: the weeks of the 11th and the 19th (the 18th is a holiday).
    assert [str(t)[:10] for t in panel.ts] == ["2010-01-11", "2010-01-19"]
    assert (panel.close_ts <= np.datetime64("2010-01-28")).all()


def test_the_month_in_which_the_data_ends_is_left_out(built_in: Catalogue) -> None:
    panel = built_in.panel(VIEWER, "sp500-20", ["AAPL"], Timeframe.MONTH_1)
    assert str(panel.ts[-1])[:10] == "2022-11-01"  # the data ends on 28 December


def test_an_unknown_symbol_is_refused_with_the_nearest_ones(built_in: Catalogue) -> None:
    with pytest.raises(InputError, match="'APPL' is not in the data set") as caught:
        built_in.panel(VIEWER, "sp500-20", ["AAPL", "APPL"])
    assert "AAPL" in (caught.value.remedy or "")
    assert caught.value.field == "symbols"


@pytest.mark.parametrize(
    ("symbols", "start", "end", "sentence"),
    [
        ([], None, None, "No instrument is chosen"),
        (["AAPL", "AAPL"], None, None, "AAPL is chosen twice"),
        (["AAPL"], date(2020, 1, 2), date(2019, 1, 2), "before it starts"),
        (["AAPL"], date(2023, 6, 1), None, "no bars from 2023-06-01 to 2022-12-28"),
        (["AAPL"], date(2020, 1, 4), date(2020, 1, 5), "no bars from 2020-01-04"),
        (["AAPL"], datetime(2020, 1, 4), None, "has no time zone"),
    ],
)
def test_an_impossible_range_or_universe_is_a_sentence(
    built_in: Catalogue, symbols: list[str], start: date, end: date, sentence: str
) -> None:
    with pytest.raises(InputError, match=sentence) as caught:
        built_in.panel(VIEWER, "sp500-20", symbols, start=start, end=end)
    assert caught.value.field in ("symbols", "start")


def test_an_unknown_data_set_is_not_found(built_in: Catalogue) -> None:
    with pytest.raises(NotFound, match="no data set 'nope'"):
        built_in.panel(VIEWER, "nope", ["AAPL"])


def test_a_shown_price_is_scaled_the_same_in_every_window(built_in: Catalogue) -> None:
    whole = built_in.bars(VIEWER, "us-tech-4", "AAPL", adjusted=True)
    part = built_in.bars(
        VIEWER, "us-tech-4", "AAPL", None, date(2000, 6, 1), date(2000, 7, 1), adjusted=True
    )
    pd.testing.assert_frame_equal(part, whole.loc["2000-06-01":"2000-07-01"])
    raw = built_in.bars(VIEWER, "us-tech-4", "AAPL")
    assert whole["close"].iloc[-1] == raw["close"].iloc[-1]
    assert raw["close"].iloc[0] / whole["close"].iloc[0] == pytest.approx(4.0, rel=0.03)


def test_all_symbols_can_be_searched_at_once(built_in: Catalogue) -> None:
    found = built_in.symbols(VIEWER)
    assert len(found) == 27
    assert {(s.dataset, s.symbol) for s in found} >= {("us-indices", "VIX"), ("sp500-20", "XOM")}
    assert [s.symbol for s in found if not s.tradable] == ["COMP", "SPX", "VIX"]


def own_dataset(owner: Actor | None, slug: str = "mine") -> Dataset:
    return Dataset(
        slug=slug, title="Mine", source="me", licence="mine", adjustment=Adjustment.AS_TRADED,
        timeframe=Timeframe.DAY_1, calendar="XNYS", simulated=False, fields="ohlcv",
        currency="USD", version="", owner_id=owner.user_id if owner else None,
    )  # fmt: skip


BARS = bars_frame(CALENDAR.grid("2024-01-02", "2024-03-28", Timeframe.DAY_1))


def stored(database: Database, store: ParquetStore, owner: Actor | None) -> Dataset:
    made, save = publish(store, own_dataset(owner), [NewSeries("AAA", BARS)], clock.now())
    with database.write() as conn:
        save(conn)
    return made


def test_a_persons_data_set_is_seen_by_them_and_administrators_only(
    database: Database, tmp_path: object
) -> None:
    store = ParquetStore(tmp_path / "bars")  # type: ignore[operator]
    owner, other = new_user(database), new_user(database)
    stored(database, store, owner)
    catalogue = Catalogue(database, store)
    assert catalogue.dataset(owner, "mine").title == "Mine"
    assert catalogue.dataset(SYSTEM, "mine").n_rows == len(BARS)
    assert catalogue.datasets(other) == []
    assert list(catalogue.symbols(other)) == []
    for call in (catalogue.dataset, catalogue.series, catalogue.actions, catalogue.delete):
        with pytest.raises(NotFound):
            call(other, "mine")
    with pytest.raises(NotFound):
        catalogue.panel(other, "mine", ["AAA"])


def test_deleting_removes_rows_and_bars_and_built_in_data_cannot_be_deleted(
    database: Database, tmp_path: object
) -> None:
    store = ParquetStore(tmp_path / "bars")  # type: ignore[operator]
    owner = new_user(database)
    catalogue = Catalogue(database, store)
    stored(database, store, owner)
    catalogue.delete(owner, "mine")
    assert store.versions() == set() and catalogue.datasets(owner) == []
    stored(database, store, None)
    with pytest.raises(NotFound, match="cannot be deleted"):
        catalogue.delete(owner, "mine")


def test_bars_without_a_row_are_invisible_and_swept_once_old(
    sqlite_database: Database, tmp_path: object
) -> None:
    store = ParquetStore(tmp_path / "bars")  # type: ignore[operator]
    made, _ = publish(store, own_dataset(None), [NewSeries("AAA", BARS)], clock.now())
    assert Catalogue(sqlite_database, store).datasets(SYSTEM) == []
    assert sweep(sqlite_database, store) == 0  # its writer may be about to commit
    assert sweep(sqlite_database, store, older_than_s=-1.0) == 1
    assert made.version not in store.versions()


def test_a_damaged_file_is_named_by_verification(
    sqlite_database: Database, tmp_path: object
) -> None:
    store = ParquetStore(tmp_path / "bars")  # type: ignore[operator]
    made = stored(sqlite_database, store, None)
    catalogue = Catalogue(sqlite_database, store)
    assert catalogue.verify(SYSTEM, "mine") == ()
    file = store.root / made.version / "AAA.parquet"
    frame = pd.read_parquet(file)
    frame.loc[3, "close"] += 0.01
    frame.to_parquet(file)
    assert catalogue.verify(SYSTEM, "mine") == ("AAA",)
    file.write_bytes(file.read_bytes()[:200])
    assert catalogue.verify(SYSTEM, "mine") == ("AAA",)
    file.unlink()
    assert catalogue.verify(SYSTEM, "mine") == ("AAA",)


def test_nothing_to_store_is_refused(tmp_path: object) -> None:
    store = ParquetStore(tmp_path / "bars")  # type: ignore[operator]
    with pytest.raises(InputError, match="no bars to store"):
        publish(store, own_dataset(None), [NewSeries("AAA", BARS.iloc[:0])], clock.now())


def test_the_same_bars_have_the_same_version_and_others_another(tmp_path: object) -> None:
    store = ParquetStore(tmp_path / "bars")  # type: ignore[operator]
    now = clock.now()
    first, _ = publish(store, own_dataset(None), [NewSeries("AAA", BARS)], now)
    again, _ = publish(store, own_dataset(None), [NewSeries("AAA", BARS.copy())], now)
    split = pd.DataFrame({"ts": BARS.index[[5]], "kind": ["split"], "value": [2.0]})
    other, _ = publish(store, own_dataset(None), [NewSeries("AAA", BARS, actions=split)], now)
    assert first.version == again.version != other.version


def test_a_watch_list_keeps_its_order_and_belongs_to_one_person(
    database: Database, tmp_path: object
) -> None:
    store = ParquetStore(tmp_path / "bars")  # type: ignore[operator]
    _, save = publish(
        store,
        own_dataset(None),
        [NewSeries("AAA", BARS), NewSeries("BBB", BARS * 2)],
        clock.now(),
    )
    with database.write() as conn:
        save(conn)
    catalogue = Catalogue(database, store)
    anna, ben = new_user(database), new_user(database)
    assert catalogue.watchlist(anna) == []
    catalogue.watch(anna, [("mine", "BBB"), ("mine", "AAA"), ("mine", "BBB")])
    catalogue.watch(ben, [("mine", "AAA")])
    assert [part.symbol for part in catalogue.watchlist(anna)] == ["BBB", "AAA"]
    assert [part.symbol for part in catalogue.watchlist(ben)] == ["AAA"]
    with pytest.raises(InputError, match="no 'ZZZ' in a data set 'mine'"):
        catalogue.watch(anna, [("mine", "ZZZ")])
    with pytest.raises(InputError, match="more than 200"):
        catalogue.watch(anna, [("mine", f"S{k}") for k in range(201)])
    assert len(catalogue.watchlist(anna)) == 2  # a refused list changes nothing


def test_what_a_person_may_not_see_cannot_be_watched(
    sqlite_database: Database, tmp_path: object
) -> None:
    store = ParquetStore(tmp_path / "bars")  # type: ignore[operator]
    owner, other = new_user(sqlite_database), new_user(sqlite_database)
    stored(sqlite_database, store, owner)
    catalogue = Catalogue(sqlite_database, store)
    with pytest.raises(InputError):
        catalogue.watch(other, [("mine", "AAA")])
    catalogue.watch(owner, [("mine", "AAA")])
    catalogue.delete(owner, "mine")
    assert catalogue.watchlist(owner) == []


def test_bars_that_vanish_before_the_commit_are_noticed(
    sqlite_database: Database, tmp_path: object
) -> None:
    store = ParquetStore(tmp_path / "bars")  # type: ignore[operator]
    made, save = publish(store, own_dataset(None), [NewSeries("AAA", BARS)], clock.now())
    store.discard(made.version)
    with pytest.raises(Conflict, match="removed while"), sqlite_database.write() as conn:
        save(conn)
    assert Catalogue(sqlite_database, store).datasets(SYSTEM) == []
