"""What a person asks of a sweep: one frozen value, stored as JSON on the job row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from terminal.backtest.request import BacktestRequest
from terminal.backtest.sweeps.windows import WalkForwardRequest


@dataclass(frozen=True)
class SweepRequest:
    """Everything that determines a sweep, besides code, data and seed.

    Attributes
    ----------
    backtest : the run that is varied; its parameters stand where none varies.
    values : the values of each parameter that varies.
    method : one of `search.METHODS`. objectives : of `search.OBJECTIVES`, all to be as large as
        possible; several for NSGA-II only. The first one ranks the points.
    n_trials : combinations to run, where the method is not the grid.
    prune : give a combination up whose score on the leading part of the period is below the median.
    walk_forward : how the period is cut; None: no walk-forward.
    """

    backtest: BacktestRequest
    values: Mapping[str, tuple[float | int | str | bool, ...]]
    method: str = "grid"
    objectives: tuple[str, ...] = ("sharpe",)
    n_trials: int = 200
    prune: bool = False
    walk_forward: WalkForwardRequest | None = None
    name: str = ""


@dataclass(frozen=True)
class PartRequest:
    """A share of the points of a round.

    positions : in the order in which they are run. first : number of the first in the sweep's own
    order, round_first that of the first of the round; part : number of the part, from 0.
    """

    sweep_id: str
    part: int
    round_first: int
    first: int
    positions: tuple[int, ...]


@dataclass(frozen=True)
class StepRequest:
    """What follows a round: the next one, or the end."""

    sweep_id: str
