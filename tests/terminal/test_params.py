"""Parameters describe themselves, and say no with the field, the value and what is allowed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from terminal.errors import InputError
from terminal.params import ParamSpec, describe, param, validate


@dataclass(frozen=True)
class Sample:
    """One field of each kind."""

    window: int = param(20, title="Window", low=2, high=500, step=1, unit="bars", help="Bars.")
    level: float = param(1.5, title="Level", low=0.5)
    most: float = param(1.0, title="Most", high=9)
    strict: bool = param(False, title="Strict")
    side: str = param("long", title="Side", choices=("long", "short"))
    symbol: str = param("", title="Symbol")


def test_a_form_learns_everything_from_the_dataclass() -> None:
    window, level, _, strict, side, symbol = describe(Sample)
    assert window == ParamSpec(
        "window", "int", 20, "Window", low=2, high=500, step=1, unit="bars", help="Bars."
    )
    assert (level.kind, level.low, level.high) == ("float", 0.5, None)
    assert (strict.kind, strict.default) == ("bool", False)
    assert (side.kind, side.choices) == ("choice", ("long", "short"))
    assert (symbol.kind, symbol.default, symbol.choices) == ("str", "", ())


def test_what_a_form_sends_becomes_the_dataclass() -> None:
    given = {"window": "30", "level": 2, "strict": True, "side": "short", "symbol": " SPY"}
    assert validate(Sample, given) == Sample(30, 2.0, 1.0, True, "short", "SPY")
    assert validate(Sample, {}) == Sample()
    assert type(validate(Sample, {"window": 30.0}).window) is int


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"window": 1}, "Window is 1; allowed: 2 to 500 bars."),
        ({"window": 501}, "Window is 501; allowed: 2 to 500 bars."),
        ({"window": 2.5}, "Window is 2.5; allowed: a whole number bars."),
        ({"window": "many"}, "Window is 'many'; allowed: a number bars."),
        ({"window": ""}, "Window is nothing; allowed: a number bars."),
        ({"window": None}, "Window is nothing; allowed: a number bars."),
        ({"window": True}, "Window is True; allowed: a number bars."),
        ({"level": float("nan")}, "Level is nan; allowed: a number."),
        ({"level": float("inf")}, "Level is inf; allowed: a number."),
        ({"level": 0.4}, "Level is 0.4; allowed: at least 0.5."),
        ({"most": 9.5}, "Most is 9.5; allowed: at most 9."),
        ({"strict": "yes"}, "Strict is 'yes'; allowed: yes or no."),
        ({"symbol": 7}, "Symbol is 7; allowed: text."),
        ({"side": "up"}, "Side is 'up'; allowed: one of long, short."),
    ],
)
def test_a_wrong_value_is_named_with_what_is_allowed(given: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError) as caught:
        validate(Sample, given)
    assert caught.value.message == message
    assert caught.value.field == next(iter(given))


def test_an_unknown_parameter_is_refused_with_the_known_ones() -> None:
    with pytest.raises(InputError, match="no parameter 'windw'; known: window, level") as caught:
        validate(Sample, {"windw": 3})
    assert caught.value.field == "windw"
