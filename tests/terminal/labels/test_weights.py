"""Concurrency, uniqueness and the sequential bootstrap: the book's example and its definitions."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from terminal.errors import InputError
from terminal.labels.bootstrap import draw, draw_probabilities
from terminal.labels.weights import (
    average_uniqueness,
    concurrency,
    return_attribution,
    scaled,
    sequential_bootstrap,
    time_decay,
)

# López de Prado (2018), section 4.5.3: three events over six bars
BAR, END, ONE = np.array([0, 2, 4]), np.array([2, 3, 5]), np.zeros(3, dtype=np.int64)


def test_concurrency_of_the_books_example() -> None:
    assert concurrency(BAR, END, ONE, 6).tolist() == [[1, 1, 2, 1, 1, 1]]


def test_average_uniqueness_of_the_books_example() -> None:
    assert average_uniqueness(BAR, END, ONE).tolist() == pytest.approx([5 / 6, 3 / 4, 1.0])


def test_draw_probabilities_of_the_books_example() -> None:
    none = np.empty(0, dtype=np.int64)
    assert draw_probabilities(BAR, END, ONE, none).tolist() == pytest.approx([1 / 3] * 3)
    second = draw_probabilities(BAR, END, ONE, np.array([1]))
    assert second.tolist() == pytest.approx([5 / 14, 3 / 14, 6 / 14])
    # after events 2 and 3: ū = 5/6, 1/2, 1/2
    third = draw_probabilities(BAR, END, ONE, np.array([1, 2]))
    assert third.tolist() == pytest.approx([5 / 11, 3 / 11, 3 / 11])


def test_draws_have_the_probabilities_of_the_definition() -> None:
    pairs = np.array([draw(BAR, END, ONE, 3, seed) for seed in range(6000)])
    for first in range(3):
        chosen = pairs[pairs[:, 0] == first]
        for k, chance in enumerate(draw_probabilities(BAR, END, ONE, np.array([first]))):
            share = float((chosen[:, 1] == k).mean())
            assert abs(share - chance) < 4.0 * np.sqrt(chance * (1 - chance) / len(chosen))
    twice = pairs[(pairs[:, 0] == 1) & (pairs[:, 1] == 2)]
    for k, chance in enumerate(draw_probabilities(BAR, END, ONE, np.array([1, 2]))):
        share = float((twice[:, 2] == k).mean())
        assert abs(share - chance) < 4.0 * np.sqrt(chance * (1 - chance) / len(twice))


def test_sequential_and_plain_bootstrap_have_the_medians_of_the_books_experiment() -> None:
    """Snippets 4.7 - 4.9, figure 4.2: ten events of up to five bars; the book gives one digit."""
    random = np.random.default_rng(0)
    plain, sequential = [], []
    for seed in range(2000):
        bar = random.integers(0, 100, 10)
        end, one = bar + random.integers(1, 5, 10), np.zeros(10, dtype=np.int64)
        for found, drawn in (
            (plain, random.integers(0, 10, 10)),
            (sequential, sequential_bootstrap(bar, end, one, 10, seed)),
        ):
            found.append(average_uniqueness(bar[drawn], end[drawn], one[drawn]).mean())
    assert round(float(np.median(plain)), 1) == 0.6
    assert round(float(np.median(sequential)), 1) == 0.7


def test_the_same_seed_draws_the_same_and_events_may_come_in_any_order() -> None:
    bar, end = np.array([5, 0, 2]), np.array([9, 3, 3])
    instrument = np.array([0, 1, 1])
    first = sequential_bootstrap(bar, end, instrument, 50, 7)
    assert first.tolist() == sequential_bootstrap(bar, end, instrument, 50, 7).tolist()
    assert set(first.tolist()) == {0, 1, 2}
    assert not len(sequential_bootstrap(bar, end, instrument, 0, 7))


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 60), st.integers(1, 3), st.integers(0, 2**31))
def test_uniqueness_is_its_definition_for_any_events(n: int, instruments: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    bar = np.sort(random.integers(0, 40, n))
    end = bar + random.integers(0, 9, n)
    instrument = random.integers(0, instruments, n)
    found = average_uniqueness(bar, end, instrument)
    for i in range(n):
        shares = []
        for t in range(bar[i], end[i] + 1):
            alive = (instrument == instrument[i]) & (bar <= t) & (t <= end)
            shares.append(1.0 / alive.sum())
        assert found[i] == pytest.approx(np.mean(shares), rel=1e-12)
    assert ((found > 0.0) & (found <= 1.0 + 1e-12)).all()


def test_returns_are_shared_among_the_events_alive() -> None:
    logs = np.array([0.0, 0.01, 0.03, 0.02, 0.05, 0.04])
    found = return_attribution(np.exp(logs)[:, None], BAR, END, ONE)
    # r = 0, .01, .02, -.01, .03, -.01; c = 1, 1, 2, 1, 1, 1
    raw = np.array([0.01 + 0.02 / 2, abs(0.02 / 2 - 0.01), 0.03 - 0.01])
    assert found.tolist() == pytest.approx((raw * 3 / raw.sum()).tolist())


def test_a_missing_bar_has_no_return() -> None:
    close = np.array([[100.0], [np.nan], [110.0], [110.0]])
    zero = np.zeros(2, dtype=np.int64)
    found = return_attribution(close, np.array([0, 2]), np.array([1, 3]), zero)
    assert found.tolist() == [0.0, 2.0]


def test_decay_runs_from_the_oldest_to_the_newest() -> None:
    unique = np.array([1.0, 1.0, 1.0, 1.0])
    assert time_decay(unique, 1.0).tolist() == [1.0] * 4
    assert time_decay(unique, 0.0).tolist() == pytest.approx([0.25, 0.5, 0.75, 1.0])
    assert time_decay(unique, -0.5).tolist() == pytest.approx([0.0, 0.0, 0.5, 1.0])
    with pytest.raises(InputError, match="oldest events is -1"):
        time_decay(unique, -1.0)


def test_weights_of_nothing_are_all_alike() -> None:
    assert scaled(np.zeros(3)).tolist() == [1.0, 1.0, 1.0]
    assert scaled(np.array([1.0, 3.0])).tolist() == [0.5, 1.5]
