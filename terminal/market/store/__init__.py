"""Bar stores behind one protocol."""

from terminal.db.database import Database
from terminal.market.store.parquet import ParquetStore
from terminal.market.store.protocol import BarStore
from terminal.market.store.sql import SqlStore
from terminal.settings import Settings

__all__ = ["BarStore", "ParquetStore", "SqlStore", "open_store"]


def open_store(settings: Settings, db: Database) -> BarStore:
    """The store that the settings name."""
    if settings.storage.bars == "sql":
        return SqlStore(db)
    return ParquetStore(settings.storage.root / "bars", settings.storage.min_free_mb)
