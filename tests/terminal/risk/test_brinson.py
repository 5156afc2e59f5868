"""Holdings against a benchmark: Bacon's example, and effects that add up over periods."""

from __future__ import annotations

import numpy as np
import pytest

from terminal.errors import InputError
from terminal.risk.brinson import holdings_attribution

SYMBOLS = ("UK1", "UK2", "JP", "US")
SECTORS = {"UK1": "UK", "UK2": "UK", "JP": "Japan", "US": "US"}


def test_a_period_is_that_of_the_textbook() -> None:
    # Bacon (2008), chapter 5: the UK is two instruments here, so that its return may differ
    weights = np.array([[0.4, 0.0, 0.3, 0.3]])
    benchmark = np.array([[0.0, 0.4, 0.2, 0.4]])
    found = holdings_attribution(
        weights, benchmark, np.array([[0.2, 0.1, -0.04, 0.08]]), SYMBOLS, SECTORS
    )
    assert found is not None
    rows = {row.sector: row for row in found.sectors}
    whole = 0.4 * 0.1 + 0.2 * -0.04 + 0.4 * 0.08
    assert found.benchmark == pytest.approx(whole) == pytest.approx(0.064)
    assert rows["UK"].selection == pytest.approx(0.4 * (0.2 - 0.1))
    assert rows["Japan"].allocation == pytest.approx(0.1 * (-0.04 - whole))
    assert rows["Japan"].allocation == pytest.approx(-0.0104)
    assert rows["US"].allocation == pytest.approx(-0.0016)


def test_effects_of_many_periods_add_up_to_the_difference() -> None:
    rng = np.random.default_rng(0)
    weights = rng.dirichlet(np.ones(4), 60) * 0.9
    benchmark = np.full((60, 4), 0.25)
    found = holdings_attribution(weights, benchmark, rng.normal(0, 0.05, (60, 4)), SYMBOLS, SECTORS)
    assert found is not None
    total = sum(row.allocation + row.selection + row.interaction for row in found.sectors)
    assert total == pytest.approx(found.portfolio - found.benchmark, abs=1e-12)


def test_what_does_not_fit_is_named() -> None:
    ones = np.full((2, 4), 0.25)
    bad = ones.copy()
    bad[1, 2] = np.nan
    with pytest.raises(InputError, match="row 2: benchmark of JP is nan"):
        holdings_attribution(ones, bad, ones, SYMBOLS, SECTORS)
    with pytest.raises(InputError, match="weights have the shape"):
        holdings_attribution(ones[:1], ones, ones, SYMBOLS, SECTORS)
    assert holdings_attribution(ones, ones, ones, SYMBOLS, dict.fromkeys(SYMBOLS, "A")) is None
