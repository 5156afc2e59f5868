"""Compounding of many series at once: the measures of each, bands, and ruin."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from terminal.backtest import return_metrics as m
from terminal.backtest.inference.wealth_paths import follow
from terminal.errors import InputError
from terminal.market.panel import FloatArray
from tests.terminal.backtest.return_series import walk


def rows(n_rows: int = 40, n: int = 60) -> FloatArray:
    return np.stack([walk(seed, n, deviation=0.03) for seed in range(n_rows)])


@settings(derandomize=True, deadline=None, max_examples=30)
@given(at=st.lists(st.integers(1, 39), unique=True).map(sorted))
def test_every_path_has_the_measures_of_its_returns_however_they_are_chunked(at: list[int]) -> None:
    r = rows()
    found = follow(np.split(r, at), 40, 60)
    assert found.final == pytest.approx([m.wealth(row)[-1] for row in r])
    assert found.max_drawdown == pytest.approx([m.max_drawdown(row) for row in r])
    assert found.after.tolist() == list(range(61))
    byhand = np.quantile([m.wealth(row) for row in r], found.levels, axis=0)
    assert found.bands == pytest.approx(byhand)


def test_few_points_are_drawn_but_drawdowns_see_every_bar() -> None:
    r = rows()
    whole, few = follow([r], 40, 60), follow([r], 40, 60, max_points=4)
    assert few.after.tolist() == [0, 20, 40, 60]
    assert (few.bands == whole.bands[:, few.after]).all()
    assert (few.max_drawdown == whole.max_drawdown).all() and (few.final == whole.final).all()


def test_a_total_loss_ends_a_path() -> None:
    r = np.array([[0.1, -1.0, 5.0], [0.1, -1.5, 5.0], [0.1, -0.5, 5.0]])
    found = follow([r], 3, 3)
    assert found.final == pytest.approx([0.0, 0.0, 3.3])
    assert found.max_drawdown == pytest.approx([-1.0, -1.0, -0.5])
    assert (found.bands >= 0).all()


def test_a_path_that_only_rounds_below_its_high_has_not_fallen() -> None:
    assert follow(
        [np.array([[0.1, -1e-16, 0.0], [0.0, 0.0, 0.0]])], 2, 3
    ).max_drawdown.tolist() == [
        0.0,
        0.0,
    ]


@pytest.mark.parametrize(
    ("wrong", "field"), [({"levels": (0.5, 1.0)}, "levels"), ({"max_points": 1}, "max_points")]
)
def test_bands_that_cannot_be_drawn_are_refused(wrong: dict[str, object], field: str) -> None:
    with pytest.raises(InputError) as caught:
        follow([rows()], 40, 60, **wrong)  # type: ignore[arg-type]
    assert caught.value.field == field
