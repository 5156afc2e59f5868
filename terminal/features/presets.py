"""Feature sets to begin with."""

from __future__ import annotations

from terminal.features.catalogue import FEATURES, get_feature
from terminal.features.feature_set import FeatureChoice, FeatureSet

CORE = (
    "log-return roc momentum-atr rsi stoch-k cci tsi ultimate elder-bull elder-bear streak "
    "sma-gap ema-gap kama-gap ema-spread macd-histogram di-spread adx aroon-oscillator "
    "regression-slope regression-fit supertrend-gap ichimoku-cloud efficiency choppiness "
    "natr true-range yang-zhang volatility-ratio bollinger-place keltner-place donchian-place "
    "squeeze"
)


def full() -> FeatureSet:
    """Every feature that is not heavy and needs no price, with its defaults."""
    slugs = [slug for slug in FEATURES if not get_feature(slug).heavy]
    return FeatureSet(tuple(FeatureChoice(slug) for slug in slugs))


PRESETS: dict[str, FeatureSet] = {
    "core": FeatureSet(tuple(FeatureChoice(slug) for slug in CORE.split())),
    "full": full(),
}
