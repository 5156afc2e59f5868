"""What cannot be used is named: the instrument, the row, the number."""

from __future__ import annotations

import numpy as np
import pytest

from terminal.errors import InputError
from terminal.portfolio.checks import (
    checked_covariance,
    checked_returns,
    correlation_of,
    require_invertible,
)
from tests.terminal.portfolio.examples import covariance, history

NAMES = ("AAPL", "IBM", "KO", "PEP", "WMT", "XOM")


def test_a_missing_return_is_named_with_its_row() -> None:
    returns = history()
    returns[41, 2] = np.nan
    with pytest.raises(InputError, match=r"return of KO in row 42 is missing") as caught:
        checked_returns(returns, NAMES)
    assert caught.value.row == 42


def test_a_short_history_says_how_long_it_is() -> None:
    with pytest.raises(InputError, match=r"has 1 periods; 2 are needed"):
        checked_returns(history()[:1])


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda c: c.__setitem__((1, 4), np.nan), r"covariance of IBM and WMT is nan"),
        (lambda c: c.__setitem__((3, 3), 0.0), r"variance of PEP is 0: its price does not move"),
        (lambda c: c.__setitem__((0, 1), 1.0), r"not symmetric"),
    ],
)
def test_a_covariance_that_is_none_says_why(spoil: object, said: str) -> None:
    matrix = covariance()
    spoil(matrix)  # type: ignore[operator]
    with pytest.raises(InputError, match=said):
        checked_covariance(matrix, NAMES)


def test_two_instruments_that_move_as_one_are_named() -> None:
    returns = history()
    returns[:, 4] = 2.0 * returns[:, 1]
    with pytest.raises(InputError, match=r"singular: IBM and WMT move as one"):
        require_invertible(np.cov(returns, rowvar=False), NAMES)


def test_fewer_periods_than_instruments_are_singular_and_a_ridge_mends_it() -> None:
    matrix = np.cov(history(8, 5), rowvar=False)
    with pytest.raises(InputError, match=r"covariance of 8 instruments is singular") as caught:
        require_invertible(matrix)
    assert "shrunk" in str(caught.value.remedy)
    require_invertible(matrix + 1e-5 * np.eye(8))


def test_a_matrix_with_a_negative_eigenvalue_is_no_covariance() -> None:
    matrix = np.array([[1.0, 0.9, -0.9], [0.9, 1.0, 0.9], [-0.9, 0.9, 1.0]])
    with pytest.raises(InputError, match=r"not positive definite: .* -0\.8"):
        require_invertible(matrix)


def test_instruments_of_very_different_volatility_are_not_singular() -> None:
    require_invertible(np.diag([1e-10, 1.0]))
    assert np.array_equal(correlation_of(np.diag([4.0, 9.0])), np.eye(2))
