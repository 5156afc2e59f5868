"""Lines a person types are read as they stand, or the line that is wrong is named."""

from __future__ import annotations

from typing import Any

import pytest

from pages.optimising.lines import read_bounds, read_budgets, read_positions, read_views
from terminal.portfolio.optimise_request import Bound, View


def test_bounds_have_names_with_spaces_and_open_ends() -> None:
    text = "AAPL 2 10\n\nInformation Technology - 30%\nMSFT,-5,–"
    assert read_bounds(text, "a symbol") == (
        Bound("AAPL", 0.02, 0.1),
        Bound("Information Technology", None, 0.3),
        Bound("MSFT", -0.05, None),
    )
    assert read_bounds("", "a symbol") == ()


def test_positions_may_have_a_head() -> None:
    assert read_positions("Symbol,Units\naapl,1,\nMSFT;-2.5") == (("AAPL", 1.0), ("MSFT", -2.5))


def test_views_are_rows_that_say_something() -> None:
    given = {"view-0-long": "aapl", "view-0-against": "MSFT", "view-0-value": "3",
             "view-0-sure": "50", "view-1-sure": "50", "view-2-long": "MSFT",
             "view-2-value": "-1.5", "view-2-sure": "100"}  # fmt: skip
    assert read_views(given, ("AAPL", "MSFT")) == (
        View("AAPL", 0.03, "MSFT", 0.5),
        View("MSFT", -0.015, "", 1.0),
    )


@pytest.mark.parametrize(
    ("read", "text", "said"),
    [
        (lambda t: read_bounds(t, "a symbol"), "AAPL 5", "Line 1: write a symbol"),
        (lambda t: read_bounds(t, "a symbol"), "A 0 1\nB x 2", "Line 2: 'x' is no number"),
        (lambda t: read_bounds(t, "a symbol"), "A 9 1", "A has at least 0.09 and at most 0.01"),
        (lambda t: read_bounds(t, "a symbol"), "A 0 1\nA 0 2", "A stands in two lines"),
        (read_budgets, "A 60\nB 50", "add up to 110.0%"),
        (read_budgets, "A -1", "Line 1: write an instrument"),
        (read_positions, "A,ten", "Line 1: 'ten' is no number of units"),
        (read_positions, "A,1\nB", "Line 2: write symbol,units"),
    ],
)
def test_a_wrong_line_is_named(read: Any, text: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        read(text)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"long": "ZZ", "value": "1", "sure": "50"}, "'ZZ' is not among"),
        ({"long": "", "against": "AAPL", "value": "1", "sure": "50"}, "name an instrument"),
        ({"long": "AAPL", "value": "much", "sure": "50"}, "View 1: Enter a number"),
        ({"long": "AAPL", "value": "1", "sure": "150"}, "150 is outside"),
    ],
)
def test_a_wrong_view_is_named(given: dict[str, str], said: str) -> None:
    row = {f"view-0-{name}": value for name, value in given.items()}
    with pytest.raises(ValueError, match=said):
        read_views(row, ("AAPL", "MSFT"))
