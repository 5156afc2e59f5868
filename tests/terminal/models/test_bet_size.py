"""Bet sizes: López de Prado (2018), chapter 10, against its snippets and reference numbers."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm

from terminal.errors import InputError
from terminal.models.bet_size import (
    average_active,
    discretise,
    limit_price,
    meta_size,
    power_size,
    power_width,
    sigmoid_size,
    sigmoid_width,
    size_from_probability,
    size_of_answers,
)


@pytest.mark.shared
def test_reference_betsize_power(shared_dir: Path) -> None:
    cases = json.loads((shared_dir / "reference" / "afml.json").read_text())
    own = next(case for case in cases if case["id"] == "betsize-power")
    given_, expected = own["inputs"], own["expected"]
    width = power_width(given_["div"], given_["m_star"])
    assert width == pytest.approx(expected["omega"], rel=own["tolerance"]["rel"])
    size = float(power_size(width, np.array(given_["x"])))
    assert size == pytest.approx(expected["bet_size"], rel=own["tolerance"]["rel"])


def test_size_from_a_probability_is_snippet_10_1() -> None:
    p, side = np.array([0.5, 0.6, 0.9, 0.3]), np.array([1.0, -1.0, 1.0, 1.0])
    expected = side * (2 * norm.cdf((p - 0.5) / np.sqrt(p * (1 - p))) - 1)
    assert np.allclose(size_from_probability(p, side), expected, atol=1e-14)
    assert size_from_probability(np.array([0.5]))[0] == 0.0
    assert size_from_probability(np.array([1.0, 0.0])).tolist() == [1.0, -1.0]
    third = size_from_probability(np.array([1 / 3]), 1.0, 3)
    assert abs(third[0]) < 1e-15
    with pytest.raises(InputError, match="below 0 or above 1"):
        size_from_probability(np.array([1.2]))


def test_sizes_of_a_classifiers_answers_bet_on_its_likeliest_class() -> None:
    answers = np.array([[0.6, 0.3, 0.1], [0.2, 0.2, 0.6], [0.1, 0.8, 0.1]])
    found = size_of_answers(np.array([-1.0, 0.0, 1.0]), answers)
    whole = 2 * norm.cdf((0.6 - 1 / 3) / np.sqrt(0.24)) - 1
    assert found == pytest.approx([-whole, whole, 0.0])
    two = size_of_answers(np.array([0.0, 1.0]), np.array([[0.3, 0.7], [0.7, 0.3]]))
    assert two[0] == pytest.approx(-two[1])
    assert two[0] > 0


def test_a_meta_label_sizes_the_side_and_never_reverses_it() -> None:
    found = meta_size(np.array([1.0, -1.0, -1.0]), np.array([0.8, 0.8, 0.2]))
    assert found[0] == -found[1] > 0
    assert found[2] == 0.0


def test_active_bets_are_averaged_row_by_row() -> None:
    bar, end = np.array([1, 2, 4]), np.array([4, 3, 9])
    found = average_active(bar, end, np.array([0.6, -0.2, 1.0]), 7)
    #           before  1st  1st+2nd  1st   3rd  3rd  3rd
    assert found == pytest.approx([0.0, 0.6, 0.2, 0.6, 1.0, 1.0, 1.0])


@given(seed=st.integers(0, 500))
def test_averages_are_those_of_snippet_10_2_and_know_only_the_past(seed: int) -> None:
    rng = np.random.default_rng(seed)
    bar = np.sort(rng.integers(0, 30, 20))
    end = bar + rng.integers(1, 10, 20)
    size = rng.uniform(-1, 1, 20)
    found = average_active(bar, end, size, 30)
    for t in range(30):
        active = (bar <= t) & (t < end)
        assert found[t] == pytest.approx(size[active].mean() if active.any() else 0.0, abs=1e-12)
    early = bar <= 15
    cut = average_active(bar[early], end[early], size[early], 30)
    assert np.array_equal(cut[:16], found[:16])


def test_sizes_are_rounded_to_steps_within_the_full_position() -> None:
    found = discretise(np.array([0.14, 0.16, -0.96, 1.0]), 0.1)
    assert found == pytest.approx([0.1, 0.2, -1.0, 1.0])
    assert discretise(np.array([0.9]), 0.7)[0] == pytest.approx(0.7)
    with pytest.raises(InputError, match="above 0, at most 1"):
        discretise(np.array([0.5]), 0.0)


def test_target_and_limit_price_are_those_of_snippet_10_4() -> None:
    forecast, price, largest = 115.0, 100.0, 100
    width = sigmoid_width(10.0, 0.95)
    assert float(sigmoid_size(width, np.array(10.0))) == pytest.approx(0.95)
    target = int(sigmoid_size(width, np.array(forecast - price)) * largest)
    assert target == 97
    total = 0.0  # the snippet, word for word
    for j in range(abs(0 + 1), abs(target + 1)):
        m = j / float(largest)
        total += forecast - m * (width / (1 - m**2)) ** 0.5
    assert limit_price(target, 0, forecast, width, largest) == pytest.approx(total / target)
    # a short position mirrors a long one around the forecast
    short = limit_price(-target, 0, forecast, width, largest)
    assert short - forecast == pytest.approx(forecast - total / target)
    with pytest.raises(InputError, match="there is no order"):
        limit_price(5, 5, forecast, width, largest)


def test_widths_of_impossible_sizes_are_refused() -> None:
    for wrong in ((0.0, 0.5), (1.0, 1.0), (1.0, 0.0)):
        with pytest.raises(InputError, match="cannot have the size"):
            sigmoid_width(*wrong)
    with pytest.raises(InputError, match=r"lies in -1\.\.1"):
        power_size(0.5, np.array([1.5]))
