"""Compile every loop once, at set-up, so that no backtest and no feature waits for a compiler.

python -m terminal.backtest.compile_all
"""

from __future__ import annotations

from terminal.backtest import engine, orders
from terminal.backtest.sweeps import evaluate
from terminal.explain import explainers
from terminal.features import warm_up as features
from terminal.labels import warm_up as labels
from terminal.models.trees import forest_arrays
from terminal.risk import garch_kernels
from terminal.validation import significance


def main() -> None:
    """Each room's own warm-up, one after the other."""
    rooms = (
        engine, orders, evaluate, features, labels, significance, forest_arrays, explainers,
        garch_kernels,
    )  # fmt: skip
    for room in rooms:
        room.warm_up()


if __name__ == "__main__":
    main()
