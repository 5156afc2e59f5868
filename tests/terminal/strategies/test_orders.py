"""Orders that cannot be are named; every order that can is let through."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pytest

from terminal.errors import InputError
from terminal.strategies.orders import KINDS, NEEDS, Order, bracket, require_orders

PRICES = {"limit": 9.0, "stop": 11.0, "trail": 0.5}


def of(kind: str) -> Order:
    return Order(3, "A", 5.0, kind, **{name: PRICES[name] for name in NEEDS[kind]})


def test_each_kind_with_the_prices_it_needs_is_an_order() -> None:
    entry = bracket(of("limit"), stop_loss=8.0, take_profit=12.0)
    require_orders([*(of(kind) for kind in KINDS), entry], ("A", "B"))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", PRICES)
@pytest.mark.parametrize("value", [math.nan, 0.0, -1.0, math.inf, 10.0])
def test_a_price_is_there_where_it_is_needed_and_nowhere_else(
    kind: str, name: str, value: float
) -> None:
    order = replace(of(kind), **{name: value})
    needed = name in NEEDS[kind]
    if (needed and 0 < value < math.inf) or (not needed and math.isnan(value)):
        require_orders([order], ("A",))
        return
    with pytest.raises(InputError, match=f"A {kind} order has") as caught:
        require_orders([of("market"), order], ("A",))
    assert (caught.value.field, caught.value.row) == (name, 2)


@pytest.mark.parametrize(
    ("changes", "field", "said"),
    [
        ({"kind": "hope"}, "kind", "no order of kind 'hope'"),
        ({"symbol": "Z"}, "symbol", "'Z' is not in the universe"),
        ({"quantity": 0.0}, "quantity", "The quantity is 0"),
        ({"quantity": math.nan}, "quantity", "The quantity is nan"),
        ({"quantity": -math.inf}, "quantity", "The quantity is -inf"),
        ({"bar": -1}, "bar", "decided at bar -1"),
        ({"trail_unit": "miles"}, "trail_unit", "'miles' is no unit"),
        ({"kind": "trailing stop", "trail": 1.0, "trail_unit": "share"}, "trail", "whole price"),
        ({"children": (Order(3, "B", -5.0),)}, "children", "A child closes"),
        ({"children": (Order(3, "A", 5.0),)}, "children", "A child closes"),
        ({"children": (Order(3, "A", -5.0, children=(Order(3, "A", 5.0),)),)}, "children",
         "no children of their own"),
        ({"children": (Order(3, "A", -5.0, "stop"),)}, "stop", "A stop order has a stop above 0"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_an_order_is_named(
    changes: dict[str, Any], field: str, said: str
) -> None:
    with pytest.raises(InputError, match=said) as caught:
        require_orders([replace(of("market"), **changes)], ("A", "B"))
    assert caught.value.field == field and caught.value.remedy
