"""Commission tiers: what a person types is what the engine gets, and a mistake is named."""

from __future__ import annotations

import pytest

from pages.backtests.tier_field import EXAMPLE, MOST_TIERS, read, shown

TIERS = ((300_000.0, 0.002), (3_000_000.0, 0.0015))


def test_the_example_is_read_and_shown_as_it_was_typed() -> None:
    assert read(EXAMPLE) == TIERS
    assert shown(TIERS) == EXAMPLE
    assert read(shown(((0.5, 0.0), (2e9, 1e-05)))) == ((0.5, 0.0), (2e9, 1e-05))


@pytest.mark.parametrize("text", ["", None, "  ", " ; \n"])
def test_nothing_is_no_tier(text: str | None) -> None:
    assert read(text) == ()
    assert shown(()) == ""


def test_lines_and_spaces_do_not_matter() -> None:
    assert read(" 300000 :0.002\n3 000 000:\u00a00.0015; ") == TIERS


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("300000", "Tier 1, '300000', is not units and a commission"),
        ("300000: 0.002; much: 0.001", "Tier 2: Enter a number between 0 and 100000000000 units"),
        ("300000: -0.002", "Tier 1: Enter a number between 0 and 1000 a unit; -0.002 is outside"),
        ("300000: nan", "Tier 1: Enter a number"),
        ("300000:", "Tier 1: Enter a number"),
        ("300000: 0.1: 0.2", "Tier 1: Enter a number"),
        ("3000: 0.002; 3000: 0.001", "Tier 2 begins at 3,000 units, and the one before"),
        ("0: 1;" + ";".join(f"{k}: 1" for k in range(1, MOST_TIERS + 1)), "at most 20 tiers"),
    ],
)  # fmt: skip
def test_a_mistake_is_named(text: str, said: str) -> None:
    with pytest.raises(ValueError) as caught:
        read(text)
    assert said in str(caught.value)
