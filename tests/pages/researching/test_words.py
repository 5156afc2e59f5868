"""The sentences of a study say what its numbers say."""

from __future__ import annotations

import pandas as pd

from pages.researching.luck_words import luck_words
from pages.researching.study_words import stationary_words
from terminal.research.luck import largest_by_luck, t_to_believe


def test_the_same_t_is_worth_less_the_more_was_looked_at() -> None:
    first, tone, remedy = luck_words(1, 5, 2.8, 5)
    assert "your first study" in first and "5 coefficients" in first and tone == "success"
    assert f"{t_to_believe(5):.1f}" in first and "every look is a trial" in remedy
    later, tone, _ = luck_words(12, 60, -2.8, 5)
    assert "12th different study" in later and "60 coefficients" in later and tone == "warning"
    assert f"about {largest_by_luck(60):.1f}" in later and "|t| 2.8" in later
    assert "21st different" in luck_words(21, 21, 1.0, 5)[0]
    assert "113th different" in luck_words(113, 113, 1.0, 5)[0]
    none, tone, _ = luck_words(2, 10, 0.4, 5)
    assert "no more than luck gives" in none and "second different" in none and tone == "warning"
    assert "could not be measured" in luck_words(1, 1, None, 5)[0]


def test_most_instruments_decide_and_all_are_counted() -> None:
    table = pd.DataFrame(
        {
            "verdict": ["stationary", "stationary", "mixed"],
            "adf": [0.0001, 0.0002, 0.01],
            "kpss": [0.1, 0.1, 0.01],
        }
    )
    kind, words, details = stationary_words(table)
    assert kind == "success" and words.startswith("Stationary")
    assert "2 stationary, 1 mixed of 3 instruments." in details
    assert "ADF below 0.001, KPSS at least 0.10" in details
    one = stationary_words(table.iloc[2:].assign(verdict="wandering", adf=0.4))
    assert one[0] == "warning" and "p: ADF 0.400, KPSS at most 0.01" in one[2]
    none = table.iloc[:1].assign(verdict="unknown", adf=float("nan"))
    assert "ADF" not in stationary_words(none)[2]
