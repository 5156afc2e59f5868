"""Every feature by its slug, imported on first use."""

from __future__ import annotations

import importlib

from terminal.errors import InputError
from terminal.features.feature import Feature

_BY_MODULE: dict[str, str] = {
    "trend": """sma-gap ema-gap wma-gap dema-gap tema-gap trima-gap kama-gap t3-gap hma-gap
        sma-spread ema-spread sma-cross sma-cross-age sma-slope macd macd-signal macd-histogram
        plus-di minus-di di-spread adx adxr aroon-up aroon-down aroon-oscillator regression-slope
        regression-fit regression-gap""",
    "trend_lines": """supertrend-gap supertrend-side parabolic-gap ichimoku-conversion ichimoku-base
        ichimoku-cross ichimoku-cloud ichimoku-thickness vortex efficiency choppiness
        trend-strength""",
    "momentum": """log-return roc momentum-atr skip-momentum rsi rsi-cross stoch-fast stoch-k
        stoch-d stoch-cross stoch-rsi williams-r cci cmo ultimate tsi trix kst awesome
        balance-of-power elder-bull elder-bear fisher streak qstick intraday-momentum acceleration
        rsi-divergence macd-divergence""",
    "volatility": """natr true-range realised ewma-volatility downside semivariance-balance
        parkinson garman-klass rogers-satchell yang-zhang range-efficiency volatility-ratio
        volatility-rank volatility-of-volatility skewness kurtosis jumps ulcer chaikin-volatility
        mass-index bollinger-place bollinger-width keltner-place keltner-width donchian-place
        donchian-width squeeze squeeze-age squeeze-momentum""",
    "volume": """volume-ratio volume-zscore volume-trend on-balance money-flow chaikin-oscillator
        money-flow-index force-index ease-of-movement price-volume-trend price-volume-correlation
        size-volume-correlation vwma-gap vwap-gap volume-divergence""",
    "ranges": """body upper-shadow lower-shadow close-location gap inside range-rank high-distance
        low-distance high-age low-age breakout session-return session-place opening-gap pivot-gap
        session-high-gap session-low-gap""",
    "stationary": """ffd demeaned detrended price-zscore return-zscore autocorrelation
        variance-ratio half-life root-distance return-rank""",
    "microstructure": """roll-spread corwin-schultz beckers-parkinson amihud kyle-lambda
        hasbrouck-lambda buy-imbalance vpin zero-returns turnover-shock night-share""",
    "cross_asset": """market beta market-correlation residual-return residual-momentum
        residual-volatility relative-return sector-relative sector-return rank-return
        rank-momentum rank-sector rank-volatility rank-volume breadth dispersion""",
    "calendar_times": """hour-sin hour-cos weekday-sin weekday-cos month-sin month-cos
        month-day-sin month-day-cos minutes-since-open minutes-to-close session-progress half-day
        days-away sessions-left days-to-expiry expiry-week""",
    "regime": "turbulence crisis calm garch",
}

FEATURES: dict[str, str] = {
    slug: f"terminal.features.{module}:{slug.replace('-', '_')}"
    for module, slugs in _BY_MODULE.items()
    for slug in slugs.split()
}


def get_feature(slug: str) -> Feature:
    """The feature called `slug`; InputError names those there are."""
    try:
        module, _, name = FEATURES[slug].partition(":")
    except KeyError:
        raise InputError(
            f"There is no feature {slug!r}.",
            field="feature",
            remedy=f"Choose one of {', '.join(FEATURES)}.",
        ) from None
    found: Feature = getattr(importlib.import_module(module), name)
    return found
