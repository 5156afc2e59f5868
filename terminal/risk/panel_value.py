"""The risk panel as a value: what page and report show, ready for JSON."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from terminal.backtest.attribution.factors import FactorFit
from terminal.risk.concentration import Concentration
from terminal.risk.cone import ConePoint
from terminal.risk.coverage import Coverage
from terminal.risk.drawdowns import Episode
from terminal.risk.exposures import Exposures
from terminal.risk.factors.model import FactorRisk
from terminal.risk.liquidity import Liquidity
from terminal.risk.positions import PositionRisk
from terminal.risk.request import RiskRequest
from terminal.risk.stress.replay import NotReplayed, Replay
from terminal.risk.stress.shocks import CorrelationStress, ReverseStress, Shocked
from terminal.risk.tail_table import TailRow
from terminal.risk.value_at_risk import Method


@dataclass(frozen=True)
class Cluster:
    """Positions that move together: net and gross share of equity, share of the book's variance."""

    symbols: tuple[str, ...]
    net: float
    gross: float
    variance_share: float


@dataclass(frozen=True)
class CorrelationMap:
    """The largest positions, in an order that shows blocks; `values` by row, in that order."""

    symbols: tuple[str, ...]
    values: tuple[tuple[float, ...], ...]
    clusters: tuple[Cluster, ...]


@dataclass(frozen=True)
class Underwater:
    """Drawdowns of today's weights over the past: numbers, the deepest falls, and the curve.

    Attributes
    ----------
    maximum, now, ulcer, conditional : deepest (<= 0), today's (<= 0), ulcer index (>= 0), mean of
        the deepest share of rows (>= 0).
    dates, curve : at most 500 rows, each the deepest of its stretch.
    """

    maximum: float
    now: float
    ulcer: float
    conditional: float
    episodes: tuple[Episode, ...]
    dates: tuple[date, ...]
    curve: tuple[float, ...]


@dataclass(frozen=True)
class VarTest:
    """A method's forecasts out of sample at a level."""

    method: Method
    level: float
    result: Coverage
    sentence: str


@dataclass(frozen=True)
class RiskPanel:
    """The risk of a book as of its last date; fractions of equity unless said otherwise.

    Attributes
    ----------
    mean, volatility, volatility_now : of the book a period: mean, standard deviation (ddof 1),
        and the exponentially weighted one for the next period.
    tails, cone : value at risk and shortfall, losses positive; the cone's are returns.
    tests : of the tails, forecast by forecast. positions : largest part of the shortfall first.
    factors : models that could be fitted, and `factor_notes` why others could not.
    fama_french : regression of the book's months, or None.
    """

    first: date
    last: date
    periods: int
    equity: float
    request: RiskRequest
    mean: float
    volatility: float
    volatility_now: float
    skewness: float | None
    excess_kurtosis: float | None
    tails: tuple[TailRow, ...]
    cone: tuple[ConePoint, ...]
    tests: tuple[VarTest, ...]
    underwater: Underwater
    positions: tuple[PositionRisk, ...]
    exposures: Exposures
    concentration: Concentration
    correlations: CorrelationMap
    liquidity: Liquidity
    factors: tuple[FactorRisk, ...]
    factor_notes: tuple[str, ...]
    fama_french: FactorFit | None
    replays: tuple[Replay, ...]
    not_replayed: tuple[NotReplayed, ...]
    shocks: tuple[Shocked, ...]
    correlation_stress: CorrelationStress
    reverse: ReverseStress
    notes: tuple[str, ...]
