"""What is remembered of training data."""

from __future__ import annotations

import numpy as np
import orjson
import pytest

from terminal.codec import from_json, to_json
from terminal.drift.baseline import Baseline, ColumnKind, effective_size, make_baseline
from terminal.errors import InputError

RNG = np.random.default_rng(3)
N = 4_000


def table() -> np.ndarray:
    number = RNG.normal(size=N)
    number[:40] = np.nan
    return np.column_stack(
        [number, np.full(N, 7.0), RNG.integers(0, 3, N), np.full(N, np.nan)]
    )  # fmt: skip


def test_columns_are_told_apart_by_what_they_hold() -> None:
    made = make_baseline(table(), ("number", "constant", "side", "nothing"))
    kinds = [column.kind for column in made.features]
    assert kinds == [
        ColumnKind.NUMBER,
        ColumnKind.CONSTANT,
        ColumnKind.CATEGORIES,
        ColumnKind.MISSING,
    ]
    number, constant, side, nothing = made.features
    assert number.missing == 40 and sum(number.counts) == N - 40
    assert len(number.counts) == 10 and max(number.counts) - min(number.counts) <= 1
    assert constant.edges == (7.0,) and constant.counts == (N,)
    assert side.edges == (0.0, 1.0, 2.0) and sum(side.counts) == N
    assert nothing.missing == N and not nothing.quantiles


def test_a_baseline_is_plain_json_and_comes_back_equal() -> None:
    chance = RNG.random(N)
    made = make_baseline(
        table(),
        ("number", "constant", "side", "nothing"),
        answers=np.column_stack([1 - chance, chance]),
        classes=[-1.0, 1.0],
        outcome=np.where(RNG.random(N) < chance, 1.0, -1.0),
    )
    text = orjson.dumps(to_json(made))
    assert from_json(Baseline, orjson.loads(text)) == made
    assert len(text) < 40_000
    assert [column.name for column in made.predictions] == ["probability of class 1"]


def test_rows_that_follow_each_other_closely_count_for_fewer() -> None:
    noise = RNG.normal(size=N)
    walk = np.empty(N)
    walk[0] = noise[0]
    for t in range(1, N):  # autoregression of 0.9: (1 - 0.9) / (1 + 0.9) of the rows
        walk[t] = 0.9 * walk[t - 1] + noise[t]
    one = np.zeros(N, dtype=np.int64)
    assert effective_size(walk, one) == pytest.approx(N * 0.1 / 1.9, rel=0.15)
    assert effective_size(noise, one) > 0.9 * N
    # two instruments in turns: each is compared with its own next row
    turns = np.arange(N) % 2
    both = np.empty(N)
    both[0::2], both[1::2] = walk[: N // 2], -walk[: N // 2]
    assert effective_size(both, turns) < 0.2 * N


def test_edges_that_coincide_are_joined() -> None:
    values = np.concatenate([np.zeros(900), RNG.random(100)])
    (column,) = make_baseline(values[:, None], ("mostly zero",)).features
    assert column.kind is ColumnKind.NUMBER
    assert sum(column.counts) == 1_000 and min(column.counts) > 0


def test_rows_of_another_width_are_refused() -> None:
    with pytest.raises(InputError, match="2 columns"):
        make_baseline(np.zeros((5, 3)), ("a", "b"))
