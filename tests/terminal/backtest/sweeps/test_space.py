"""Which combinations there are."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from terminal.backtest.sweeps.space import Space, parse_values, space_of
from terminal.errors import InputError
from terminal.params import ParamSpec, describe
from terminal.strategies.registry import get_strategy

SMA = get_strategy("sma-crossover")
SPECS = {item.name: item for item in describe(SMA.params_type)}
WHOLE = ParamSpec("n", "int", 5, "Number", low=1, high=100, step=1)
SHARE = ParamSpec("x", "float", 0.5, "Share", low=0, high=1, step=0.1)
FLAG = ParamSpec("on", "bool", True, "On")


def sma_space(n_bars: int | None = None) -> Space:
    return space_of(SMA, {"fast": (10, 20, 50), "slow": (20, 50, 100, 200)}, {}, n_bars)


@pytest.mark.parametrize(
    ("spec", "text", "expected"),
    [
        (WHOLE, "10, 20, 50", (10, 20, 50)),
        (WHOLE, "10:50:10", (10, 20, 30, 40, 50)),
        (WHOLE, "50, 10:30:10, 20", (10, 20, 30, 50)),
        (WHOLE, "3:6", (3, 4, 5, 6)),
        (SHARE, "0:0.3:0.1", (0.0, 0.1, 0.2, 0.3)),
        (SHARE, "0.25", (0.25,)),
        (FLAG, "yes, no", (True, False)),
        (SPECS["sizing"], "active names", ("active names",)),
    ],
)
def test_values_are_read_from_text(
    spec: ParamSpec, text: str, expected: tuple[object, ...]
) -> None:
    assert parse_values(spec, text) == expected


@pytest.mark.parametrize("text", ["", "ten", "10:5:1", "1:9:0", "1:2:3:4", "1:1000000:1", "nan"])
def test_text_that_names_no_values_says_how_to(text: str) -> None:
    with pytest.raises(InputError) as refused:
        parse_values(WHOLE, text)
    assert refused.value.field == "n" and refused.value.remedy


def test_whole_numbers_stay_whole_and_fractions_are_refused_by_the_space() -> None:
    assert all(type(value) is int for value in parse_values(WHOLE, "1:5:2"))
    with pytest.raises(InputError, match="whole number"):
        space_of(SMA, {"fast": (10, 20.5)}, {})


def test_combinations_that_the_strategy_refuses_are_left_out_and_counted() -> None:
    space = sma_space()
    found = [(space.values(k)["fast"], space.values(k)["slow"]) for k in space.positions()]
    expected = [(f, s) for f in (10, 20, 50) for s in (20, 50, 100, 200) if f < s]
    assert found == expected
    count = space.count()
    assert (count.size, count.valid, count.exact) == (12, len(expected), True)
    assert "9 combinations; 3 of 12 left out" in count.sentence


def test_combinations_that_need_more_bars_than_there_are_are_left_out() -> None:
    # a slow window of 100 decides first at bar 99 and needs one more to trade on
    assert sma_space(99).count().valid == sma_space(100).count().valid - 3


@given(st.lists(st.integers(1, 6), min_size=1, max_size=2).filter(lambda x: len(x) > 0), st.data())
def test_positions_and_indices_are_inverse(lengths: list[int], data: st.DataObject) -> None:
    names = ("fast", "slow")[: len(lengths)]
    space = space_of(
        SMA, {name: tuple(range(5, 5 + n)) for name, n in zip(names, lengths, strict=True)}, {}
    )
    position = data.draw(st.integers(0, space.size - 1))
    assert space.position(space.indices(position)) == position
    named = zip(space.dimensions, space.indices(position), strict=True)
    assert {item.name: item.values[k] for item, k in named} == space.values(position)


def test_a_huge_space_is_estimated_and_says_so() -> None:
    space = space_of(SMA, {"fast": range(2, 401), "slow": range(3, 1000)}, {})
    count = space.count()
    exact = sum(max(0, 1000 - max(3, fast + 1)) for fast in range(2, 401))
    assert not count.exact and "about" in count.sentence
    assert count.valid == pytest.approx(exact, rel=0.02)


def test_the_parameter_with_the_fewest_values_varies_fastest_in_sharing_order() -> None:
    space = sma_space()
    ordered = [space.values(k) for k in space.sharing_order(range(space.size))]
    assert [row["fast"] for row in ordered[:4]] == [10, 20, 10, 20]  # two of them at a time
    assert [row["slow"] for row in ordered[:2]] == [20, 20] != [row["slow"] for row in ordered[2:4]]
    fast = [row["fast"] for row in ordered]
    assert fast.index(50) == 2 * len({row["slow"] for row in ordered})
    assert sorted(space.sharing_order(range(space.size))) == list(range(space.size))


def test_unknown_and_missing_parameters_are_named() -> None:
    with pytest.raises(InputError, match="no parameter 'speed'"):
        space_of(SMA, {"speed": (1, 2)}, {})
    with pytest.raises(InputError, match="No parameter varies"):
        space_of(SMA, {}, {"fast": 10})
