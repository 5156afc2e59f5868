"""Bad input meets a sentence that names it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from terminal.errors import InputError
from terminal.risk.book import Book, check_covariance, covariance_of
from terminal.risk.history import fill_beginnings
from terminal.risk.request import RiskRequest
from tests.terminal.risk.books import days, made_book, made_returns

NAMES = ("AAA", "BBB", "CCC")


def changed(at: tuple[int, int], value: float) -> np.ndarray[Any, np.dtype[np.float64]]:
    returns, _ = made_returns(3, 80)
    returns[at] = value
    return returns


def still() -> np.ndarray[Any, np.dtype[np.float64]]:
    returns, _ = made_returns(3, 80)
    returns[:, 1] = 0.001
    return returns


@pytest.mark.parametrize(
    ("returns", "weights", "words"),
    [
        (changed((4, 1), np.nan), np.ones(3), "row 5: the return of BBB is nan"),
        (changed((0, 2), np.inf), np.ones(3), "the return of CCC is inf"),
        (changed((0, 2), -1.2), np.ones(3), "CCC is -1.2: it loses more than all"),
        (still(), np.ones(3), "the price of BBB never moves"),
        (made_returns(3, 40)[0], np.ones(3), "there are 40 returns; 60 are needed"),
        (made_returns(2, 80)[0], np.ones(3), "3 instruments need one column each"),
        (made_returns(3, 80)[0], np.array([1.0, np.nan, 0.0]), "the weight of BBB is nan"),
        (made_returns(3, 80)[0], np.zeros(3), "nothing is held"),
        (made_returns(3, 80)[0], np.ones(2), "weights have the shape"),
    ],
    ids=["nan", "inf", "lost", "still", "short", "columns", "weight", "empty", "few"],
)
def test_a_book_that_cannot_be_measured_says_why(returns: Any, weights: Any, words: str) -> None:
    with pytest.raises(InputError, match=words.replace("(", r"\(")):
        Book(NAMES, weights, days(len(returns)), returns)


def test_dates_equity_and_market_are_checked() -> None:
    book = made_book(3, 80)
    for change, words in (
        ({"dates": book.dates[::-1]}, "not in order"),
        ({"dates": book.dates[:-1]}, "79 dates for 80"),
        ({"equity": 0.0}, "equity is 0.0"),
        ({"market": np.full(80, np.nan)}, "market is nan"),
        ({"symbols": ("A", "A", "B")}, "A stands in the book twice"),
    ):
        with pytest.raises(InputError, match=words):
            replace(book, **change)  # type: ignore[arg-type]


def test_a_covariance_that_is_none_names_its_instruments() -> None:
    good = covariance_of(made_returns(3, 80)[0])
    check_covariance(good, NAMES)
    for at, value, words in (
        ((0, 1), np.nan, "covariance of AAA and BBB is nan"),
        ((1, 1), 0.0, "variance of BBB is 0.0"),
        ((0, 2), 0.5 * good[0, 2], "is not that of"),
    ):
        bad = good.copy()
        bad[at] = value
        with pytest.raises(InputError, match=words):
            check_covariance(bad, NAMES)
    with pytest.raises(InputError, match=r"shape \(3, 3\) for 2"):
        check_covariance(good, NAMES[:2])
    assert covariance_of(made_returns(1, 80)[0]).shape == (1, 1)


def test_a_young_instrument_stands_in_by_beta_and_says_so() -> None:
    returns, market = made_returns(3, 200)
    young = returns.copy()
    young[:120, 2] = np.nan
    found = fill_beginnings(young, NAMES, market)
    assert np.array_equal(found.returns[120:], returns[120:])
    beta = np.cov(returns[120:, 2], market[120:])[0, 1] / market[120:].var(ddof=1)
    assert found.returns[:120, 2] == pytest.approx(beta * market[:120])
    assert "CCC has 80 of 200 returns" in found.notes[0]
    assert fill_beginnings(returns, NAMES, None).notes == ()
    gap = young.copy()
    gap[150, 2] = np.nan
    with pytest.raises(InputError, match="row 151: CCC has no return here but had one before"):
        fill_beginnings(gap, NAMES, market)
    young[:190, 2] = np.nan
    with pytest.raises(InputError, match="CCC has 10 returns; 40 are needed"):
        fill_beginnings(young, NAMES, market)
    with pytest.raises(InputError, match="every instrument is younger"):
        fill_beginnings(np.vstack([np.full((1, 3), np.nan), returns]), NAMES, None)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"levels": (0.2,)}, "level of 0.2"),
        ({"horizons": (0,)}, "horizon of 0"),
        ({"draws": 5}, "5 draws"),
        ({"levels": ()}, "at least one"),
    ],
)
def test_a_request_out_of_range_is_refused(change: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError, match=words):
        RiskRequest(**change)
