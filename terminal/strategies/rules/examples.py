"""Rule sets to start from, in the form they are stored in."""

from __future__ import annotations

from typing import Any

from terminal.strategies.rules.reading import read_rules
from terminal.strategies.rules.rule_set import RuleSet


def _feature(name: str, **params: float) -> dict[str, Any]:
    return {"feature": name, **params}


def _is(left: dict[str, Any], operator: str, right: Any) -> dict[str, Any]:
    return {"left": left, "operator": operator, "right": right}


CLOSE = _feature("close")
SMA_50, SMA_200 = _feature("sma", window=50), _feature("sma", window=200)

_DATA: dict[str, dict[str, Any]] = {
    "golden-cross": {
        "name": "Golden cross with RSI filter",
        "entry_long": {
            "all": [
                _is(SMA_50, "above", SMA_200),
                {"left": _feature("rsi", window=14), "operator": "between", "low": 50, "high": 70},
            ]
        },
        "exit_long": {
            "any": [
                _is(SMA_50, "crosses below", SMA_200),
                _is(_feature("rsi", window=14), "above", 80),
            ]
        },
    },
    "dip-in-a-trend": {
        "name": "Dip in an up-trend",
        "entry_long": {
            "all": [
                _is(CLOSE, "above", SMA_200),
                {
                    "any": [
                        _is(_feature("rsi", window=3), "below", 20),
                        _is(CLOSE, "crosses below", _feature("bollinger-lower", window=20)),
                    ]
                },
            ]
        },
        "exit_long": {
            "any": [
                _is(CLOSE, "above", _feature("ema", window=10)),
                _is(_feature("rsi", window=3), "above", 70),
            ]
        },
        "sizing": {"method": "fixed", "weight": 0.1},
        "most": 10,
        "ranking": {"by": _feature("rsi", window=3), "order": "lowest"},
    },
    "channel-breakout": {
        "name": "Channel breakout, long and short",
        "entry_long": {
            "all": [
                _is(CLOSE, "above", _feature("donchian-high", window=55)),
                _is(_feature("adx", window=14), "above", 20),
            ]
        },
        "exit_long": {"all": [_is(CLOSE, "below", _feature("donchian-low", window=20))]},
        "entry_short": {
            "all": [
                _is(CLOSE, "below", _feature("donchian-low", window=55)),
                _is(_feature("adx", window=14), "above", 20),
            ]
        },
        "exit_short": {"all": [_is(CLOSE, "above", _feature("donchian-high", window=20))]},
        "sizing": {"method": "inverse volatility", "window": 60},
    },
}

EXAMPLES: dict[str, RuleSet] = {slug: read_rules(data) for slug, data in _DATA.items()}
"""By the name addresses use, the one a new rule set starts from first."""
