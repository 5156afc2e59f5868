"""The terminal with the built-in data, as backtests have it."""

from __future__ import annotations

from tests.terminal.backtest.conftest import Terminal, terminal

__all__ = ["Terminal", "terminal"]
