"""Executions on the price chart."""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pandas as pd

from terminal.charts.fills import fills_figure
from terminal.charts.theme import theme_from

THEME = theme_from("dark", "standard")
INDEX = pd.date_range("2025-01-02 14:30", periods=4, freq="15min", tz="UTC")
BARS = pd.DataFrame(
    {"open": 10.0, "high": 11.0, "low": 9.0, "close": 10.5, "volume": 100.0}, index=INDEX
)


def fill(side: str, minutes: int, price: str = "10") -> Any:
    at = datetime(2025, 1, 2, 14, 30, tzinfo=UTC) + pd.Timedelta(minutes=minutes)
    return SimpleNamespace(side=side, quantity=5, price=price, at=at)


def markers(figure: Any) -> dict[str, list[str]]:
    return {
        one.name: list(one.x)
        for one in figure.data
        if "markers" in (one.to_plotly_json().get("mode") or "")
    }


def test_a_fill_stands_at_the_bar_it_happened_in() -> None:
    shown = markers(fills_figure(BARS, [fill("buy", 16), fill("sell", 44)], "AAA", THEME))
    labels = markers(fills_figure(BARS, [fill("buy", 15), fill("sell", 30)], "AAA", THEME))
    assert shown == labels
    assert set(shown) == {"Bought", "Sold"}


def test_fills_before_the_bars_are_left_out_and_later_ones_stand_at_the_last() -> None:
    shown = markers(fills_figure(BARS, [fill("buy", -1), fill("buy", 500)], "AAA", THEME))
    last = markers(fills_figure(BARS, [fill("buy", 45)], "AAA", THEME))
    assert shown == last


def test_without_bars_it_says_so() -> None:
    figure = fills_figure(BARS.iloc[:0], [fill("buy", 1)], "AAA", THEME)
    assert "no bars of AAA" in figure.to_json()
