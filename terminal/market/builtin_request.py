"""What is asked of a load of built-in data."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class BuiltinRequest:
    """Which built-in data to load.

    real : the data of installed packages. simulated : the 46 simulated stocks. seed : of the
    simulation; None: that of the settings.
    """

    real: bool = True
    simulated: bool = False
    seed: int | None = None
    name: str = "Built-in data"
