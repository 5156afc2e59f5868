"""A terminal with two small data sets: one whose next return can be foretold, one that is noise."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from terminal import clock
from terminal.db.database import Database
from terminal.features.feature_set import FeatureChoice, FeatureSet
from terminal.market.calendars import get_calendar
from terminal.market.dataset import Adjustment, Dataset, NewSeries
from terminal.market.publish import publish
from terminal.market.store import open_store
from terminal.market.timeframe import Timeframe
from terminal.settings import ROOT, load_settings
from terminal.training.request import TrainingRequest
from tests.terminal.backtest.conftest import Terminal
from tests.terminal.market.conftest import new_user

SYMBOLS = ("AAA", "BBB", "CCC", "DDD")
FEATURES = FeatureSet(
    (
        FeatureChoice("log-return", {"window": 1}),
        FeatureChoice("rsi", {"window": 5}),
        FeatureChoice("sma-gap", {"window": 10}),
    )
)


def walk(seed: int, memory: float, bars: int) -> np.ndarray:
    """Log returns of which a share `memory` of the last one comes back."""
    random = np.random.default_rng(seed)
    found = random.normal(scale=0.01, size=bars)
    for t in range(1, bars):
        found[t] += memory * found[t - 1]
    return found


def made(slug: str, memory: float, seed: int, bars: int = 700) -> tuple[Dataset, list[NewSeries]]:
    """A data set of daily bars whose returns follow one another with `memory`."""
    calendar = get_calendar("XNYS")
    sessions = calendar.sessions_in(
        pd.Timestamp("2015-01-01").date(), pd.Timestamp("2022-12-30").date()
    )
    days = np.array(sessions[:bars], dtype="datetime64[D]")
    opens = pd.DatetimeIndex(calendar.open_of(days), tz="UTC", name="ts")
    parts = []
    for k, symbol in enumerate(SYMBOLS):
        close = 50.0 * np.exp(np.cumsum(walk(seed * 100 + k, memory, bars)))
        before = np.concatenate([[50.0], close[:-1]])
        frame = pd.DataFrame(
            {
                "open": before,
                "high": np.maximum(before, close) * 1.001,
                "low": np.minimum(before, close) * 0.999,
                "close": close,
                "volume": np.full(bars, 1e6),
            },
            index=opens,
        )
        parts.append(NewSeries(symbol, frame, symbol, sector="AB"[k % 2]))
    dataset = Dataset(
        slug=slug,
        title=slug.capitalize(),
        source="made by a test",
        licence="none",
        adjustment=Adjustment.AS_TRADED,
        timeframe=Timeframe.DAY_1,
        calendar="XNYS",
        simulated=True,
        fields="ohlcv",
        currency="USD",
        version="",
        note="",
    )
    return dataset, parts


REQUEST = TrainingRequest(
    dataset="signal",
    symbols=SYMBOLS,
    timeframe=Timeframe.DAY_1,
    features=FEATURES,
    label="fixed-horizon",
    label_params={"horizon": 1, "span": 20, "entry": "this close"},
    model="lightgbm",
    model_params={"rounds": 12, "leaves": 4, "min_rows_leaf": 30, "learning_rate": 0.2},
    splitter="cpcv",
    splitter_params={"groups": 4, "test_groups": 2},
    threads=2,
    seed=3,
    name="Follower",
)


@dataclass(frozen=True)
class TrainingTerminal(Terminal):
    """A terminal with data sets of a test's own making."""

    def publish(self, dataset: Dataset, parts: list[NewSeries]) -> None:
        store = open_store(self.settings, self.db)
        _, save = publish(store, dataset, parts, clock.now())
        with self.db.write() as conn:
            save(conn)

    @property
    def shelves(self) -> Path:
        return self.settings.storage.root / "training"


@pytest.fixture(scope="module")
def terminal(
    tmp_path_factory: pytest.TempPathFactory, migrated_sqlite: Path
) -> Iterator[TrainingTerminal]:
    """On SQLite, without MLflow; the tests of a module add to it."""
    folder = tmp_path_factory.mktemp("training")
    shutil.copyfile(migrated_sqlite, folder / "terminal.db")
    database = Database(f"sqlite+pysqlite:///{folder / 'terminal.db'}")
    settings = load_settings(
        ROOT / "config",
        {"ATT_STORAGE__DATA_DIR": str(folder / "var"), "ATT_TRAINING__MLFLOW_URI": "off"},
    )
    found = TrainingTerminal(database, settings, new_user(database))
    found.publish(*made("signal", 0.25, 1))
    found.publish(*made("noise", 0.0, 2))
    yield found
    database.close()


@pytest.fixture
def ask() -> Callable[..., TrainingRequest]:
    """The usual request with other values."""

    def change(**given: Any) -> TrainingRequest:
        return replace(REQUEST, **given)

    return change
