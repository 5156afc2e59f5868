"""What is asked of the risk panel: plain values, so a job's request can carry them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from terminal.errors import InputError
from terminal.risk.book import check_level


class Filter(StrEnum):
    """What follows volatility in the filtered simulation and the cone."""

    EXPONENTIAL = "exponential weights"
    GARCH = "GARCH(1,1)"


@dataclass(frozen=True)
class RiskRequest:
    """Levels, horizons and conventions.

    Attributes
    ----------
    levels : of value at risk; the first is the one that positions and cone are shown at.
    horizons : in periods. window : returns a forecast of the backtest is made of.
    decay : of exponential weights. filter : where GARCH fits not, weights stand in and a note says
        so. draws, seed : of simulations.
    participation : share of the average volume that may be taken when leaving.
    alike : correlation from which positions are one cluster.
    components : principal components; None: those beyond noise.
    reverse_loss : that the reverse stress looks for; reverse_horizon : within so many periods.
    """

    levels: tuple[float, ...] = (0.95, 0.99)
    horizons: tuple[int, ...] = (1, 10)
    window: int = 250
    decay: float = 0.94
    draws: int = 10_000
    seed: int = 0
    participation: float = 0.1
    alike: float = 0.5
    components: int | None = None
    reverse_loss: float = 0.1
    reverse_horizon: int = 10
    filter: Filter = Filter.EXPONENTIAL

    def __post_init__(self) -> None:
        """Raises InputError, naming the field."""
        if not self.levels or not self.horizons:
            raise InputError("name at least one level and one horizon.", field="levels")
        for level in self.levels:
            check_level(level)
        for horizon in (*self.horizons, self.reverse_horizon):
            if not 1 <= horizon <= 250:
                raise InputError(
                    f"a horizon of {horizon} periods is outside 1 to 250.", field="horizons"
                )
        if not 100 <= self.draws <= 1_000_000:
            raise InputError(f"{self.draws} draws are outside 100 to 1,000,000.", field="draws")
