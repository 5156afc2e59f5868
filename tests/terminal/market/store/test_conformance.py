"""Every bar store passes the same tests."""

from __future__ import annotations

import errno
import os
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from terminal.db.database import Database
from terminal.errors import NotFound, StorageFull
from terminal.market.calendars import get_calendar
from terminal.market.store import BarStore, ParquetStore, SqlStore
from terminal.market.store import parquet as parquet_store
from terminal.market.store.protocol import content_hash, dataset_version
from terminal.market.store.sql import prepare
from terminal.market.timeframe import Timeframe
from tests.terminal.market.panels import bars_frame

BARS = bars_frame(get_calendar("XNYS").grid("2024-01-02", "2024-03-28", Timeframe.DAY_1))


class BarStoreConformance:
    """What a store must do; subclasses say which one."""

    @pytest.fixture
    def store(self) -> BarStore:
        pytest.fail("each subclass names its store")

    def test_what_was_written_is_read(self, store: BarStore) -> None:
        store.publish("v1", [("AAA", BARS), ("BBB", BARS * 2)])
        pd.testing.assert_frame_equal(store.read("v1", "AAA"), BARS, check_freq=False)
        pd.testing.assert_frame_equal(store.read("v1", "BBB"), BARS * 2, check_freq=False)
        assert store.versions() == {"v1"}

    def test_the_content_hash_survives_the_store(self, store: BarStore) -> None:
        store.publish("v1", [("AAA", BARS)])
        assert content_hash(store.read("v1", "AAA")) == content_hash(BARS)

    def test_missing_values_stay_missing(self, store: BarStore) -> None:
        closes = BARS.assign(open=np.nan, high=np.nan, low=np.nan, volume=np.nan)
        store.publish("v1", [("AAA", closes)])
        read = store.read("v1", "AAA")
        pd.testing.assert_frame_equal(read, closes, check_freq=False)
        assert (read.dtypes == "float64").all()

    def test_a_range_includes_both_ends(self, store: BarStore) -> None:
        store.publish("v1", [("AAA", BARS)])
        start, end = BARS.index[3].to_pydatetime(), BARS.index[7].to_pydatetime()
        part = store.read("v1", "AAA", start, end)
        pd.testing.assert_frame_equal(part, BARS.iloc[3:8], check_freq=False)

    def test_columns_come_in_the_order_asked_for(self, store: BarStore) -> None:
        store.publish("v1", [("AAA", BARS)])
        assert list(store.read("v1", "AAA", columns=("close", "open"))) == ["close", "open"]

    def test_a_range_without_bars_is_empty_and_typed(self, store: BarStore) -> None:
        store.publish("v1", [("AAA", BARS)])
        nothing = store.read(
            "v1", "AAA", datetime(1999, 1, 1, tzinfo=UTC), datetime(2000, 1, 1, tzinfo=UTC)
        )
        assert nothing.empty
        assert str(nothing.index.tz) == "UTC"

    def test_an_unknown_symbol_or_version_is_not_found(self, store: BarStore) -> None:
        store.publish("v1", [("AAA", BARS)])
        with pytest.raises(NotFound, match="ZZZ"):
            store.read("v1", "ZZZ")
        with pytest.raises(NotFound):
            store.read("v2", "AAA")

    def test_odd_symbols_are_stored_under_their_name(self, store: BarStore) -> None:
        odd = ["BRK/B", "^GSPC", "../../etc", "A B", "ÄÖ", "BRK.B"]
        store.publish("v1", [(symbol, BARS * (k + 1)) for k, symbol in enumerate(odd)])
        for k, symbol in enumerate(odd):
            assert store.read("v1", symbol)["close"].iloc[0] == BARS["close"].iloc[0] * (k + 1)

    def test_a_version_that_fails_half_way_is_not_there_at_all(self, store: BarStore) -> None:
        def parts() -> Iterator[tuple[str, pd.DataFrame]]:
            yield "AAA", BARS
            raise OSError(errno.EIO, "the disk has gone")

        with pytest.raises(OSError, match="gone"):
            store.publish("v1", parts())
        assert store.versions() == set()
        with pytest.raises(NotFound):
            store.read("v1", "AAA")

    def test_publishing_a_version_again_changes_nothing(self, store: BarStore) -> None:
        store.publish("v1", [("AAA", BARS)])
        store.publish("v1", [("AAA", BARS * 5)])
        pd.testing.assert_frame_equal(store.read("v1", "AAA"), BARS, check_freq=False)

    def test_a_discarded_version_is_gone_and_others_stay(self, store: BarStore) -> None:
        store.publish("v1", [("AAA", BARS)])
        store.publish("v2", [("AAA", BARS)])
        store.discard("v1")
        store.discard("never there")
        assert store.versions() == {"v2"}

    def test_sweeping_removes_what_nothing_refers_to(self, store: BarStore) -> None:
        store.publish("v1", [("AAA", BARS)])
        store.publish("v2", [("AAA", BARS)])
        assert store.sweep({"v2"}, older_than_s=-1.0) == 1
        assert store.versions() == {"v2"}


class TestParquetStore(BarStoreConformance):
    @pytest.fixture
    def store(self, tmp_path: Path) -> BarStore:
        return ParquetStore(tmp_path / "bars")

    def test_a_full_disk_is_said_and_leaves_nothing(
        self, store: ParquetStore, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        written = []

        def full(*args: object, **kwargs: object) -> None:
            written.append(args)
            if len(written) == 2:
                raise OSError(errno.ENOSPC, "no space left")

        monkeypatch.setattr(parquet_store, "_to_disk", full)
        with pytest.raises(StorageFull, match="is full; nothing of the data set was stored"):
            store.publish("v1", [("AAA", BARS), ("BBB", BARS)])
        assert list(store.root.iterdir()) == []

    def test_below_the_least_free_space_nothing_is_written(self, tmp_path: Path) -> None:
        store = ParquetStore(tmp_path / "bars", min_free_mb=10**9)
        with pytest.raises(StorageFull):
            store.publish("v1", [("AAA", BARS)])
        assert list(store.root.iterdir()) == []

    def test_young_leftovers_of_a_writer_stay_and_old_ones_go(self, store: ParquetStore) -> None:
        store.publish("v1", [("AAA", BARS)])
        young, old = store.root / ".staging-young", store.root / ".staging-old"
        for folder in (young, old):
            folder.mkdir()
        os.utime(old, (time.time() - 7200, time.time() - 7200))
        assert store.sweep({"v1"}, older_than_s=3600.0) == 1
        assert young.exists() and not old.exists()
        assert store.versions() == {"v1"}

    def test_a_million_bars_are_read_quickly_and_a_window_of_them_at_once(
        self, store: BarStore
    ) -> None:
        ts = np.datetime64("2020-01-01", "ns") + np.arange(1_000_000) * np.timedelta64(1, "m")
        bars = bars_frame(ts)
        store.publish("v1", [("AAA", bars)])
        best = min(_seconds(lambda: store.read("v1", "AAA")) for _ in range(3))
        start, end = bars.index[500_000], bars.index[502_000]
        window = min(_seconds(lambda: store.read("v1", "AAA", start, end)) for _ in range(3))
        assert len(store.read("v1", "AAA", start, end)) == 2_001
        assert best < 1.0, best  # about 0.05 s on an idle core
        assert window < best


class TestSqlStore(BarStoreConformance):
    @pytest.fixture
    def store(self, database: Database) -> BarStore:
        return SqlStore(database)

    def test_without_timescale_the_plain_table_is_kept(self, database: Database) -> None:
        if not database.is_sqlite:
            with database.read() as conn:
                query = "SELECT 1 FROM pg_available_extensions WHERE name = 'timescaledb'"
                if conn.exec_driver_sql(query).scalar():
                    pytest.skip("this server has TimescaleDB")
        assert prepare(database) is False


def test_a_version_names_content_in_any_order() -> None:
    pairs = [("AAA", "1"), ("BBB", "2")]
    assert dataset_version(pairs) == dataset_version(reversed(pairs))
    assert dataset_version(pairs) != dataset_version([("AAA", "2"), ("BBB", "1")])


def test_any_changed_bit_changes_the_content_hash() -> None:
    assert content_hash(BARS) == content_hash(BARS.copy())
    changed = BARS.copy()
    changed.iloc[5, 3] = np.nextafter(changed.iloc[5, 3], np.inf)
    assert content_hash(changed) != content_hash(BARS)
    shifted = BARS.set_axis(BARS.index + pd.Timedelta(1, "ns"))
    assert content_hash(shifted) != content_hash(BARS)


def _seconds(work: object) -> float:
    began = time.perf_counter()
    work()  # type: ignore[operator]
    return time.perf_counter() - began
