"""Compile every loop once, at set-up, so that no backtest waits for a compiler.

python -m terminal.backtest.compile_all
"""

from __future__ import annotations

from terminal.backtest import engine, orders
from terminal.backtest.sweeps import evaluate


def main() -> None:
    """Each room's own warm-up, one after the other."""
    for warm_up in (engine.warm_up, orders.warm_up, evaluate.warm_up):
        warm_up()


if __name__ == "__main__":
    main()
