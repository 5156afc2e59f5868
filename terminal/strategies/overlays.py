"""Overlays: what scales the whole portfolio of any strategy, bar by bar.

An overlay knows nothing of the strategy; it turns the weights that stand at each bar into one
number that all of them are multiplied by. Several multiply each other and each sees the strategy's
own weights, so that their order does not matter. A scale is a step function: it moves only beyond a
stated band, because every move trades the whole portfolio. Row t depends on rows <= t; a scale that
is not known yet (NaN) means no opinion.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar, Protocol

import numpy as np

from terminal.errors import InputError
from terminal.market.panel import FloatArray, Panel
from terminal.params import validate
from terminal.strategies.regimes import TrendFilter, VolatilityFilter
from terminal.strategies.signals import carried
from terminal.strategies.sizing import KEPT_BARS
from terminal.strategies.strategy import Strategy
from terminal.strategies.volatility_target import VolatilityTarget


class Overlay(Protocol):
    """A frozen dataclass whose fields are its parameters; with their defaults it is off."""

    title: ClassVar[str]
    description: ClassVar[str]

    @property
    def on(self) -> bool:
        """Whether it does anything."""

    @property
    def warmup(self) -> int:
        """Bars before its first scale."""

    def scale(self, panel: Panel, standing: FloatArray) -> FloatArray:
        """(n_bars,) factor of all weights, NaN until it is known.

        Parameters
        ----------
        standing : float64 (n_bars, n_instruments), the strategy's weights that stand at each bar;
            0 before the first opinion and where an instrument has ended.
        """


Scaled = Callable[[Panel, FloatArray, Sequence[Overlay]], FloatArray]

OVERLAYS: dict[str, type[Any]] = {
    "volatility-target": VolatilityTarget,
    "trend-filter": TrendFilter,
    "volatility-filter": VolatilityFilter,
}
"""Every overlay by its slug; `describe` draws the form of each."""


def read_overlays(given: Mapping[str, Mapping[str, Any]]) -> tuple[Overlay, ...]:
    """The overlays that are on, from what a form or a stored request holds, by slug.

    Raises
    ------
    InputError : naming the overlay that does not exist, or the parameter that is not allowed.
    """
    for slug in given:
        if slug not in OVERLAYS:
            raise InputError(
                f"There is no overlay {slug!r}; known: {', '.join(OVERLAYS)}.",
                field="overlays",
                remedy="Choose one of those.",
            )
    read = (_read(slug, given[slug]) for slug in OVERLAYS if slug in given)
    return tuple(overlay for overlay in read if overlay.on)


def _read(slug: str, given: Mapping[str, Any]) -> Overlay:
    """One overlay; an error names its field as `overlays.<slug>.<parameter>`."""
    try:
        overlay: Overlay = validate(OVERLAYS[slug], given)
    except InputError as error:
        raise InputError(
            error.message, field=f"overlays.{slug}.{error.field}", remedy=error.remedy
        ) from error
    return overlay


def apply_overlays(panel: Panel, targets: FloatArray, overlays: Sequence[Overlay]) -> FloatArray:
    """The strategy's targets, multiplied by the scales of all overlays that are on.

    Parameters
    ----------
    panel : the bars the strategy saw.
    targets : float64 (n_bars, n_instruments), as `Strategy.targets` returns them.

    Returns
    -------
    The scaled targets. Where the strategy has no opinion (NaN) there is none, but on the bars at
    which the scale moved: there every standing weight is stated again, at an instrument's next bar
    if it has none. Until all scales are known no opinion is passed on.

    Raises
    ------
    InputError : an overlay asks for an instrument that is not in the panel.
    """
    active = [overlay for overlay in overlays if overlay.on]
    if not active:
        return targets
    bar = np.isfinite(panel.close)
    # what is said of a missing bar is not acted on and so does not stand
    stands = carried(np.where(bar, targets, np.nan))
    present = np.isfinite(carried(np.where(bar, 1.0, np.nan), most=KEPT_BARS))
    held = np.where(present & np.isfinite(stands), stands, 0.0)
    scale = scale_of(panel, held, active)
    before = np.full(bar.shape, -1)
    before[1:] = np.maximum.accumulate(np.where(bar, np.arange(len(bar))[:, None], -1), axis=0)[:-1]
    moved = bar & (scale[:, None] != scale[np.maximum(before, 0)])
    return np.asarray(np.where(moved, stands, targets) * scale[:, None])


def scale_of(panel: Panel, standing: FloatArray, overlays: Sequence[Overlay]) -> FloatArray:
    """(n_bars,) the scales of all overlays, which are on, multiplied; as `Overlay.scale`."""
    return np.asarray(np.prod([overlay.scale(panel, standing) for overlay in overlays], axis=0))


def overlaid(
    strategy: Strategy,
    overlays: Sequence[Overlay],
    *,
    long_only: bool = False,
    scaled: Scaled = apply_overlays,
) -> Strategy:
    """The strategy under its overlays, itself a strategy: it is checked and run as any other.

    With `long_only`, what the account cannot hold is no part of what the overlays size. `scaled`
    does what `apply_overlays` does.
    """
    active = tuple(overlay for overlay in overlays if overlay.on)
    if not active:
        return strategy

    def allowed(targets: FloatArray) -> FloatArray:
        return np.where(targets < 0.0, 0.0, targets) if long_only else targets

    return replace(
        strategy,
        warmup=lambda params: max(strategy.warmup(params), *(each.warmup for each in active)),
        targets=lambda panel, params: scaled(
            panel, allowed(strategy.targets(panel, params)), active
        ),
        sides=None,
    )
