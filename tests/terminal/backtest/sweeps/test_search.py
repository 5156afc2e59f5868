"""Which combinations are run, and that it does not matter who runs them."""

from __future__ import annotations

import pytest

from terminal.backtest.sweeps.search import (
    NSGA2,
    STARTUP,
    TPE,
    Seen,
    falls_behind,
    grid,
    objective_values,
    random_positions,
    round_size,
    suggest,
)
from terminal.backtest.sweeps.space import Space, space_of
from terminal.errors import InputError
from terminal.strategies.registry import get_strategy

SMA = get_strategy("sma-crossover")


@pytest.fixture(scope="module")
def space() -> Space:
    values = {
        "fast": tuple(range(5, 100, 5)),
        "slow": tuple(range(20, 300, 10)),
        "sizing": ("equal slots", "active names"),
    }
    return space_of(SMA, values, {})


def hill(space: Space, position: int) -> tuple[float, ...]:
    """One summit: fast 30, slow 150, active names."""
    at = space.params(position)
    away = (at.fast - 30) ** 2 / 1e3 + (at.slow - 150) ** 2 / 1e4
    return (float(at.sizing == "active names") - away,)


def test_the_grid_is_every_combination_once(space: Space) -> None:
    found = grid(space)
    assert found == list(space.positions()) and len(found) == space.count().valid


def test_a_grid_without_a_combination_says_why() -> None:
    with pytest.raises(InputError, match="No combination"):
        grid(space_of(SMA, {"fast": (50,), "slow": (20,)}, {}))


def test_random_positions_are_drawn_without_repetition_and_by_the_seed(space: Space) -> None:
    found = random_positions(space, 100, 7)
    assert len(set(found)) == 100 and all(space.params(k) is not None for k in found)
    assert found == random_positions(space, 100, 7) != random_positions(space, 100, 8)
    assert not set(found) & set(random_positions(space, 100, 7, without=found))
    assert len(random_positions(space, 10_000, 7)) == space.count().valid


def test_a_large_space_is_drawn_from_without_a_list_of_it() -> None:
    large = space_of(SMA, {"fast": range(2, 401), "slow": range(3, 1000)}, {})
    found = random_positions(large, 50, 1)
    assert len(set(found)) == 50 and all(large.params(k) is not None for k in found)


@pytest.mark.parametrize("method", [TPE, NSGA2])
def test_rounds_learn_and_never_repeat(space: Space, method: str) -> None:
    seen: list[Seen] = []
    means = []
    for _ in range(5):
        new = suggest(space, method, seen, 20, seed=3)
        assert len(new) == 20 and not set(new) & {point.position for point in seen}
        assert all(space.params(position) is not None for position in new)
        seen += [Seen(position, hill(space, position)) for position in new]
        means.append(sum(hill(space, position)[0] for position in new) / 20)
    drawn = random_positions(space, 200, 1)
    blind = sum(hill(space, position)[0] for position in drawn) / 200
    assert means[4] > blind + 0.4


@pytest.mark.parametrize("method", [TPE, NSGA2])
def test_a_round_depends_on_the_finished_points_alone(space: Space, method: str) -> None:
    first = suggest(space, method, [], 20, seed=3)
    seen = [Seen(position, hill(space, position)) for position in first]
    again = suggest(space, method, seen, 20, seed=3)
    assert again == suggest(space, method, seen, 20, seed=3)
    other = [Seen(point.position, (-point.values[0],)) for point in seen if point.values]
    assert again != suggest(space, method, other, 20, seed=3)


def test_failed_and_pruned_points_are_remembered(space: Space) -> None:
    first = suggest(space, TPE, [], 20, seed=3)
    seen = [Seen(first[0], None), Seen(first[1], None, leading=-1.0)]
    seen += [Seen(position, hill(space, position)) for position in first[2:]]
    assert not set(suggest(space, TPE, seen, 20, seed=3)) & set(first)


def test_several_objectives_at_once(space: Space) -> None:
    first = suggest(space, NSGA2, [], 20, seed=3, n_objectives=2)
    seen = [Seen(k, (hill(space, k)[0], -float(space.params(k).fast))) for k in first]
    assert len(suggest(space, NSGA2, seen, 20, seed=3, n_objectives=2)) == 20


def test_a_space_that_runs_out_ends_the_search() -> None:
    small = space_of(SMA, {"fast": (5, 10), "slow": (20, 40)}, {})
    assert sorted(suggest(small, TPE, [], 20, seed=1)) == [0, 1, 2, 3]
    assert suggest(small, TPE, [Seen(k, (1.0,)) for k in range(4)], 20, seed=1) == []


def test_the_median_rule() -> None:
    others = [float(k) for k in range(STARTUP)]  # median 4.5
    assert falls_behind(4.4, others) and not falls_behind(4.6, others)
    assert not falls_behind(-9.0, others[:-1])  # too few to judge by
    assert not falls_behind(None, others)


def test_objectives_of_a_point_and_sizes_of_rounds() -> None:
    metrics = {"sharpe": 1.0, "sortino": None, "max_drawdown": -0.2}
    assert objective_values(metrics, ("sharpe", "max_drawdown")) == (1.0, -0.2)
    assert objective_values(metrics, ("sharpe", "sortino")) is None
    assert round_size("grid", 500) == 500
    assert (round_size(TPE, 10), round_size(TPE, 80), round_size(TPE, 800)) == (10, 20, 100)
