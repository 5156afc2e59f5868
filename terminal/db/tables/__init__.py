"""Every table, on the one `metadata`; importing this package registers them all."""

from terminal.db.tables import accounts, backtest, jobs, market, models, rules, sweeps

__all__ = ["accounts", "backtest", "jobs", "market", "models", "rules", "sweeps"]
