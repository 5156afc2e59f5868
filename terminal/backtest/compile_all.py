"""Compile every loop once, at set-up, so that no backtest and no feature waits for a compiler.

python -m terminal.backtest.compile_all
"""

from __future__ import annotations

from terminal.backtest import engine, orders
from terminal.backtest.sweeps import evaluate
from terminal.features import warm_up as features
from terminal.labels import warm_up as labels


def main() -> None:
    """Each room's own warm-up, one after the other."""
    rooms = (engine.warm_up, orders.warm_up, evaluate.warm_up, features.warm_up, labels.warm_up)
    for warm_up in rooms:
        warm_up()


if __name__ == "__main__":
    main()
