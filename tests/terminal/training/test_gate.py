"""The gate: three questions, and sentences a person understands."""

from __future__ import annotations

import pytest

from terminal.training.gate import confidence_for, decide
from terminal.training.request import GateRequest
from terminal.training.score import Score

NAN = float("nan")


def scored(value: float, low: float, high: float, p_shift: float = NAN) -> Score:
    return Score("AUC", value, 0.01, 0.5, low, high, 0.95, p_shift, 1000, 50.0)


GOOD = scored(0.56, 0.52, 0.60)
PATHS = [0.55, 0.56, 0.57, 0.49]


def test_it_opens_when_all_three_agree_and_says_the_score() -> None:
    found = decide(GateRequest(), GOOD, PATHS, "paths", GOOD, (), 1)
    assert found.passed
    assert found.words == "AUC 0.560 (95 % 0.520 … 0.600) out of sample: better than luck."
    assert "75% of 4 paths better than chance" in found.checks[1].words


@pytest.mark.parametrize(
    ("outside", "words"),
    [
        (scored(0.512, 0.497, 0.528), "AUC 0.512 (95 % 0.497 … 0.528) out of sample: "
         "not distinguishable from luck."),
        (scored(0.45, 0.42, 0.48), "AUC 0.450 (95 % 0.420 … 0.480) out of sample: "
         "worse than a guess."),
        (scored(0.56, 0.52, 0.60, p_shift=0.2), "AUC 0.560 (95 % 0.520 … 0.600) out of sample: "
         "not distinguishable from luck."),
        (scored(NAN, NAN, NAN), "AUC unknown: too few different outcomes out of sample: "
         "not distinguishable from luck."),
    ],
)  # fmt: skip
def test_it_stays_shut_when_the_end_cannot_be_told_from_luck(outside: Score, words: str) -> None:
    found = decide(GateRequest(), outside, PATHS, "paths", GOOD, (), 1)
    assert not found.passed
    assert found.words == words


def test_it_stays_shut_when_cross_validation_does_not_agree() -> None:
    few = decide(GateRequest(paths=0.8), GOOD, PATHS, "paths", GOOD, (), 1)
    assert not few.passed
    assert few.words == (
        "Cross-validation does not agree: 75% of 4 paths better than chance, 80% wanted."
    )
    pooled = decide(GateRequest(), GOOD, PATHS, "paths", scored(0.51, 0.49, 0.53), (), 1)
    assert not pooled.passed
    assert pooled.words.startswith("Cross-validation does not agree: AUC 0.510")


def test_a_leak_keeps_it_shut_whatever_the_scores() -> None:
    found = decide(
        GateRequest(), GOOD, PATHS, "paths", GOOD, ("rsi knows tomorrow.", "so does x."), 1
    )
    assert not found.passed
    assert found.words == "The leakage checker found something: rsi knows tomorrow. and 1 more"


def test_a_period_that_was_asked_often_must_answer_more_clearly() -> None:
    gate = GateRequest()
    assert confidence_for(gate, 1) == 0.95
    assert confidence_for(gate, 20) == pytest.approx(0.95 ** (1 / 20))  # 0.9974
    assert confidence_for(GateRequest(count_trainings=False), 20) == 0.95
    assert "looked at 20 times" in decide(gate, GOOD, PATHS, "paths", GOOD, (), 20).words
