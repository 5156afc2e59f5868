"""What is said of later data."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from terminal.codec import from_json, to_json
from terminal.drift import distances
from terminal.drift.baseline import make_baseline
from terminal.drift.measure import measure
from terminal.drift.report import DriftReport
from terminal.drift.severity import Severity
from terminal.errors import InputError

N, M = 6_000, 1_500
NAMES = tuple("abcdef")
CLASSES = np.array([-1.0, 1.0])


def drawn(seed: int, n: int = N) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(n, len(NAMES)))


def test_the_same_distribution_is_no_drift_in_twenty_samples() -> None:
    baseline = make_baseline(drawn(0), NAMES)
    found = [measure(baseline, drawn(seed, 250)) for seed in range(1, 21)]
    assert [report.severity for report in found] == [Severity.NONE] * 20
    assert sum(c.adjusted_p < 0.05 for report in found for c in report.features) <= 2
    assert found[0].recommendation.startswith("Keep the model")


def test_few_rows_do_not_cry_wolf_though_their_index_is_high() -> None:
    report = measure(make_baseline(drawn(0), NAMES), drawn(5, 40))
    assert max(column.stability for column in report.features) > 0.25
    assert report.severity is Severity.NONE


def test_a_shifted_column_is_found_and_named() -> None:
    now = drawn(1, M)
    now[:, 2] += 1.0
    report = measure(make_baseline(drawn(0), NAMES), now)
    by_name = {column.name: column for column in report.features}
    moved = by_name["c"]
    assert moved.severity is Severity.SEVERE
    assert moved.shift == pytest.approx(1.0, abs=0.1)
    # of two normals a deviation apart: sup |F - G| = 2 Phi(1/2) - 1
    assert moved.distance == pytest.approx(0.383, abs=0.03)
    assert all(c.severity is Severity.NONE for name, c in by_name.items() if name != "c")
    assert report.features_severity is Severity.MODERATE and "c" in report.recommendation


def test_many_moved_columns_are_severe() -> None:
    report = measure(make_baseline(drawn(0), NAMES), drawn(1, M) * 2.5)
    assert report.features_severity is Severity.SEVERE
    assert report.recommendation.startswith("Train again on newer bars")


def test_a_column_that_goes_missing_is_found() -> None:
    now = drawn(1, M)
    now[: M // 2, 0] = np.nan
    column = measure(make_baseline(drawn(0), NAMES), now).features[0]
    assert column.severity is Severity.SEVERE
    assert (column.missing_before, column.missing) == (0.0, 0.5)


def test_a_constant_that_begins_to_move_is_found() -> None:
    before, now = drawn(0), drawn(1, M)
    before[:, 1] = 3.0
    baseline = make_baseline(before, NAMES)
    assert measure(baseline, now).features[1].severity is Severity.SEVERE
    now[:, 1] = 3.0
    still = measure(baseline, now).features[1]
    assert still.severity is Severity.NONE and still.stability == 0.0


def skilled(seed: int, n: int, skill: float) -> tuple[np.ndarray, np.ndarray]:
    """Probabilities of two classes, and outcomes that follow them as far as `skill`."""
    rng = np.random.default_rng(seed)
    chance = rng.uniform(0.1, 0.9, n)
    real = skill * chance + (1.0 - skill) * 0.5
    return np.column_stack([1.0 - chance, chance]), np.where(rng.random(n) < real, 1.0, -1.0)


def test_lost_skill_is_decay_and_says_when_it_began() -> None:
    answers, outcome = skilled(0, N, 1.0)
    baseline = make_baseline(drawn(0), NAMES, answers=answers, classes=CLASSES, outcome=outcome)
    same = skilled(1, M, 1.0)
    kept = measure(baseline, drawn(1, M), answers=same[0], classes=CLASSES, outcome=same[1])
    assert kept.decay is not None and kept.decay.low < kept.decay.mean < kept.decay.high
    assert kept.severity is Severity.NONE
    lost = skilled(2, M, -1.0)
    mixed = np.concatenate([same[0], lost[0]]), np.concatenate([same[1], lost[1]])
    report = measure(baseline, drawn(1, 2 * M), answers=mixed[0], classes=CLASSES, outcome=mixed[1])
    assert report.decay is not None and report.decay_severity is Severity.SEVERE
    assert report.decay.changes and M < report.decay.changes[0] < M + 200
    assert report.recommendation.startswith("Stop trading")
    assert report.predictions_severity is Severity.NONE  # its answers look as ever
    assert from_json(DriftReport, to_json(report)) == report


def test_outcomes_that_are_not_known_yet_are_left_out() -> None:
    answers, outcome = skilled(0, N, 1.0)
    baseline = make_baseline(drawn(0), NAMES, answers=answers, classes=CLASSES, outcome=outcome)
    now, came = skilled(1, M, 1.0)
    came[-100:] = np.nan
    report = measure(baseline, drawn(1, M), answers=now, classes=CLASSES, outcome=came)
    assert report.decay is not None and report.decay.n == M - 100


def test_rows_of_another_feature_set_are_refused() -> None:
    with pytest.raises(InputError, match="6 columns"):
        measure(make_baseline(drawn(0), NAMES), np.zeros((10, 5)))


counts = st.lists(st.integers(0, 50), min_size=2, max_size=12).filter(lambda x: sum(x) > 0)


@settings(max_examples=60, deadline=None)
@given(counts, st.data())
def test_distances_are_zero_for_equals_and_alike_both_ways(
    p: list[int], data: st.DataObject
) -> None:
    n = len(p)
    q = data.draw(st.lists(st.integers(0, 50), min_size=n, max_size=n).filter(lambda x: sum(x) > 0))
    for distance in (distances.stability_index, distances.jensen_shannon):
        assert distance(p, p) == pytest.approx(0.0, abs=1e-9)
        assert distance(p, q) == pytest.approx(distance(q, p))
        assert distance(p, q) >= 0.0
    assert distances.jensen_shannon(p, q) <= 1.0 + 1e-12


def test_chance_exceeds_the_noise_of_the_index_as_often_as_said() -> None:
    rng = np.random.default_rng(0)
    edges = np.linspace(0.1, 0.9, 9)
    found = []
    for _ in range(1_000):
        before, now = (np.bincount(np.searchsorted(edges, rng.random(n)), minlength=10)
                       for n in (2_000, 500))  # fmt: skip
        found.append(distances.stability_index(before, now))
    assert np.mean(np.array(found) > distances.stability_noise(10, 2_000, 500)) == pytest.approx(
        0.05, abs=0.02
    )


def test_adjusted_p_values_are_those_of_the_paper() -> None:
    # Benjamini and Hochberg (1995), section 3.2: four of fifteen are found at 5 %
    p = [0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240, 0.4262,
         0.5719, 0.6528, 0.7590, 1.0000]  # fmt: skip
    adjusted = distances.benjamini_hochberg(p)
    assert (adjusted <= 0.05).sum() == 4
    assert (np.diff(adjusted) >= 0).all()
