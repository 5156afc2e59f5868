"""Tables, transactions and repositories. The owner filter lives in the repositories."""

from terminal.db.database import Database, get_database
from terminal.db.schema import Json, UtcDateTime, metadata

__all__ = ["Database", "Json", "UtcDateTime", "get_database", "metadata"]
