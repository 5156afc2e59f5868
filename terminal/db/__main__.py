"""`python -m terminal.db`: bring the database to the schema of this code version."""

from __future__ import annotations

import sys

from terminal.db.database import get_database
from terminal.db.migrate import current, upgrade


def main() -> int:
    """Migrate and say where the schema was and is."""
    database = get_database()
    before = current(database)
    upgrade(database)
    sys.stdout.write(f"database schema: {before or 'empty'} -> {current(database)}\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
