"""Feature sets to begin with."""

from __future__ import annotations

from terminal.features.catalogue import FEATURES, get_feature
from terminal.features.feature_set import FeatureChoice, FeatureSet

CORE = (
    "log-return roc momentum-atr rsi stoch-k cci tsi ultimate elder-bull elder-bear streak "
    "sma-gap ema-gap kama-gap ema-spread macd-histogram di-spread adx aroon-oscillator "
    "regression-slope regression-fit supertrend-gap ichimoku-cloud efficiency choppiness "
    "natr true-range yang-zhang volatility-ratio bollinger-place keltner-place donchian-place "
    "squeeze volume-zscore price-volume-correlation amihud close-location price-zscore "
    "return-zscore residual-return relative-return rank-return rank-momentum breadth"
)
"""Of every family what can be compared between instruments, for bars of any length."""
CLOSES = (
    "log-return roc rsi rsi-cross stoch-rsi cmo tsi streak sma-gap ema-gap kama-gap macd-histogram "
    "regression-slope regression-fit efficiency realised ewma-volatility volatility-ratio "
    "volatility-rank skewness jumps bollinger-place bollinger-width price-zscore return-zscore "
    "autocorrelation variance-ratio beta residual-return relative-return rank-return rank-momentum "
    "rank-volatility breadth dispersion weekday-sin weekday-cos"
)
"""What closes alone can tell: for data without highs, lows and volumes."""


def columns(slugs: str) -> FeatureSet:
    """A set of these features with their defaults."""
    return FeatureSet(tuple(FeatureChoice(slug) for slug in slugs.split()))


def full() -> FeatureSet:
    """Every feature that is not heavy and needs no price, with its defaults."""
    return columns(" ".join(slug for slug in FEATURES if not get_feature(slug).heavy))


PRESETS: dict[str, FeatureSet] = {
    "core": columns(CORE),
    "closes": columns(CLOSES),
    "full": full(),
}
