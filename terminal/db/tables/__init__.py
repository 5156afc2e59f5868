"""Every table, on the one `metadata`; importing this package registers them all."""

from terminal.db.tables import (
    accounts,
    backtest,
    drift,
    jobs,
    market,
    models,
    portfolios,
    rules,
    sweeps,
    trading,
)

__all__ = [
    "accounts",
    "backtest",
    "drift",
    "jobs",
    "market",
    "models",
    "portfolios",
    "rules",
    "sweeps",
    "trading",
]
