"""What states do to sizes: a factor for each, multiplied, between a floor and a cap."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from terminal.errors import InputError
from terminal.market.panel import FloatArray
from terminal.regimes.indicator import UNKNOWN, Indicator

DEFAULTS: dict[str, dict[str, float]] = {
    "trend": {"falling": 0.7},
    "volatility": {"wild": 0.7},
    "breadth": {"narrow": 0.85},
    "turbulence": {"turbulent": 0.8},
    "absorption": {"fragile": 0.85},
}


@dataclass(frozen=True)
class MultiplierRules:
    """Factors by indicator and state.

    Attributes
    ----------
    factors : 1 where a state is not named or not known yet.
    hidden : the size kept where the wildest hidden state is certain; its probability scales
        between 1 and this.
    floor, cap : of the product.
    """

    factors: Mapping[str, Mapping[str, float]] = field(default_factory=lambda: dict(DEFAULTS))
    hidden: float = 0.5
    floor: float = 0.25
    cap: float = 1.0

    def __post_init__(self) -> None:
        """Raises InputError for a factor outside 0 to 3 or a floor above the cap."""
        named = {f"{k} {s}": v for k, states in self.factors.items() for s, v in states.items()}
        for name, value in {**named, "hidden": self.hidden}.items():
            if not 0.0 <= value <= 3.0:
                raise InputError(f"the factor of {name} is {value}; 0 to 3 is allowed.", field=name)
        if not 0.0 <= self.floor <= self.cap:
            raise InputError(f"the floor {self.floor} is above the cap {self.cap}.", field="floor")


@dataclass(frozen=True)
class Multiplier:
    """What an indicator does to sizes now."""

    key: str
    title: str
    state: str
    factor: float


def factor_path(indicator: Indicator, rules: MultiplierRules) -> FloatArray:
    """The indicator's factor at each close: float64 (T,), 1 where its state is not known."""
    if indicator.key == "hidden" and indicator.probability is not None:
        known = np.nan_to_num(indicator.probability, nan=0.0)
        return np.asarray(1.0 - (1.0 - rules.hidden) * known)
    own = rules.factors.get(indicator.key, {})
    return np.array([1.0 if s == UNKNOWN else own.get(s, 1.0) for s in indicator.states])


def multiplier_path(indicators: Sequence[Indicator], rules: MultiplierRules) -> FloatArray:
    """The size that all states allow together at each close, to be used from the next open on."""
    paths = [factor_path(indicator, rules) for indicator in indicators]
    return np.asarray(np.clip(np.prod(paths, axis=0), rules.floor, rules.cap))


def multipliers_now(
    indicators: Sequence[Indicator], rules: MultiplierRules
) -> tuple[Multiplier, ...]:
    """The factors at the last row."""
    return tuple(
        Multiplier(i.key, i.title, str(i.states[-1]), float(factor_path(i, rules)[-1]))
        for i in indicators
    )


def volatility_scale(target: float, realised: float, most: float = 1.0) -> float:
    """Size at which the book's volatility is the target's: target / realised, at most `most`.

    Raises
    ------
    InputError : a target or realised volatility that is not above 0.
    """
    for name, value in (("target", target), ("realised", realised)):
        if not (np.isfinite(value) and value > 0):
            raise InputError(f"the {name} volatility is {value}; it must be above 0.", field=name)
    return float(min(target / realised, most))
