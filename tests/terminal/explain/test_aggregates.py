"""What many SHAP values say together, against numbers a person can check."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from terminal.charts import shap as charts
from terminal.charts.drift import chance_of_periods, drift_map_figure, score_history_figure
from terminal.charts.lags import lag_figure, lag_map_figure
from terminal.charts.theme import DARK, LIGHT
from terminal.charts.waterfall import waterfall_figure
from terminal.explain.aggregates import (
    chosen_rows,
    dependence,
    grouped,
    importances,
    levels,
    strongest_interaction,
    swarm_offsets,
    swarms,
    thinned,
    waterfall,
)
from terminal.explain.clusters import clusters
from terminal.explain.explained import About, events_frame, from_frames, period_names
from terminal.explain.explained import Explained as Whole
from terminal.explain.explanation import Explanation
from terminal.explain.permutation_result import ClusterImportance, PermutationImportance
from terminal.explain.regimes import KNOWN_FROM, regimes

N = 400
RNG = np.random.default_rng(4)
X = RNG.normal(size=(N, 4)).astype(np.float32)
X[:, 3] = 2.0
X[::7, 2] = np.nan
VALUES = np.column_stack(
    [2.0 * X[:, 0], X[:, 1] * np.nan_to_num(X[:, 2]), -0.5 * np.nan_to_num(X[:, 2]), np.zeros(N)]
).astype(np.float64)
COLUMNS = ("a", "b", "c", "still")
EXPLANATION = Explanation(
    VALUES, 0.1, X, 0.1 + VALUES.sum(axis=1), COLUMNS, "log-odds of class 1", "by hand", True, 0.0
)


def test_importance_is_the_mean_of_magnitudes_and_says_the_direction() -> None:
    ranked = importances(EXPLANATION)
    assert [one.column for one in ranked] == ["a", "b", "c", "still"]
    assert ranked[0].mean_abs == pytest.approx(np.abs(VALUES[:, 0]).mean())
    assert sum(one.share for one in ranked) == pytest.approx(1.0)
    assert ranked[0].direction == pytest.approx(1.0)
    by_name = {one.column: one for one in ranked}
    assert by_name["c"].direction == pytest.approx(-1.0)
    assert np.isnan(by_name["still"].direction)
    assert charts.direction_words(1.0) == "high values push up"
    assert charts.direction_words(float("nan")) == "neither up nor down with its value"


def test_the_interaction_that_was_put_in_is_found() -> None:
    other, strength = strongest_interaction(EXPLANATION, 1)
    assert COLUMNS[other] == "c" and strength > 0.5
    assert dependence(EXPLANATION, "b").by == "c"
    assert strongest_interaction(EXPLANATION, 0)[1] < 0.2  # linear in itself: nobody else's
    assert dependence(EXPLANATION, "still").by == ""


def test_a_waterfall_adds_up_with_what_it_leaves_out() -> None:
    found = waterfall(EXPLANATION, 3, top=2)
    assert [step.column for step in found.steps] == [
        COLUMNS[k] for k in np.argsort(-np.abs(VALUES[3]), kind="stable")[:2]
    ]
    total = found.base + sum(step.value for step in found.steps) + found.others
    assert total == pytest.approx(found.raw) and found.n_others == 2
    assert waterfall(EXPLANATION, 0, top=4).steps[-1].column == "still"
    assert {step.column: step.feature for step in waterfall(EXPLANATION, 0).steps}["c"] is None


def test_groups_have_their_own_means_and_small_ones_are_left_out() -> None:
    names = ["calm"] * 200 + ["wild"] * 190 + ["rare"] * 10
    found = grouped(EXPLANATION, names, ("calm", "wild", "rare", "absent"))
    assert found.groups == ("calm", "wild") and found.n == (200, 190)
    at = found.columns.index("a")
    assert found.mean_abs[1, at] == pytest.approx(np.abs(VALUES[200:390, 0]).mean())


def test_chosen_predictions_are_the_extremes() -> None:
    chosen = chosen_rows(EXPLANATION)
    raw = EXPLANATION.raw
    assert chosen["The highest answer"] == raw.argmax()
    assert chosen["The lowest answer"] == raw.argmin()


@settings(max_examples=40, deadline=None)
@given(arrays(np.float64, st.integers(1, 80), elements=st.floats(-5, 5)))
def test_offsets_stay_within_their_line_and_points_of_one_place_apart(values: np.ndarray) -> None:
    offset = swarm_offsets(values)
    assert np.abs(offset).max() <= 1.0
    if np.ptp(values) == 0.0:
        assert len(set(offset.tolist())) == len(values)
    known = levels(values)
    assert ((known > 0.0) & (known < 1.0)).all()


def test_thinning_keeps_both_ends_and_is_the_same_every_time() -> None:
    found = thinned(10_000, 300)
    assert len(found) == 300 and found[0] == 0 and found[-1] == 9_999
    assert np.array_equal(found, thinned(10_000, 300))
    assert np.array_equal(thinned(5, 300), np.arange(5))


def test_features_that_rank_alike_are_one_cluster() -> None:
    base = RNG.normal(size=500)
    rows = np.column_stack(
        [base, RNG.normal(size=500), -np.exp(base), base + 0.1 * RNG.normal(size=500),
         np.full(500, 1.0)]
    ).astype(np.float32)  # fmt: skip
    rows[::9, 3] = np.nan
    assert clusters(rows) == [(0, 2, 3), (1,), (4,)]


def test_a_regime_knows_only_bars_up_to_its_own() -> None:
    rng = np.random.default_rng(2)
    scale = np.repeat([0.01, 0.03, 0.005], 400)
    close = 50 * np.exp(np.cumsum(rng.normal(size=(1200, 2)) * scale[:, None], axis=0))
    close[::11, 1] = np.nan
    bar = np.arange(100, 1200, 25)
    who = np.tile([0, 1], len(bar))[: len(bar)]
    volatility, trend = regimes(close, bar, who)
    for cut in (500, 900):
        early = bar <= cut
        again = regimes(close[: cut + 1], bar[early], who[early])
        assert np.array_equal(again[0], volatility[early])
        assert np.array_equal(again[1], trend[early])
    assert set(volatility[bar < KNOWN_FROM]) == {""}
    assert set(volatility[(bar > 480) & (bar < 780)]) == {"wild"}  # the loud stretch
    assert set(volatility[bar > 900]) == {"calm"}
    assert set(trend) <= {"", "falling", "sideways", "rising"}


def test_periods_are_as_fine_as_can_be_read() -> None:
    def names(first: str, n: int) -> list[str]:
        ts = np.datetime64(first, "ns") + np.arange(n) * np.timedelta64(20, "D")
        blank = np.full(n, "", dtype=object)
        return period_names(events_frame(ts, blank, blank, blank, np.zeros(n))["ts"])

    assert names("2021-01-05", 10)[0] == "2021-01"
    assert names("2021-01-05", 40)[0] == "2021 Q1"
    assert names("2010-01-05", 200)[0] == "2010"


def whole() -> Whole:
    ts = np.datetime64("2021-01-04", "ns") + np.arange(N) * np.timedelta64(1, "D")
    blank = np.array(["calm", "wild"] * (N // 2), dtype=object)
    events = events_frame(ts, blank, blank, np.full(N, "rising", dtype=object), np.ones(N))
    about = About("Model <b>", False, {"Data": "x"}, 0.1, EXPLANATION.output, "by hand", True, 0.0)
    return Whole(EXPLANATION, events, about)


def test_frames_bring_an_explanation_back() -> None:
    made = whole()
    again = from_frames(made.frames(), made.about)
    assert np.array_equal(again.explanation.values, VALUES)
    assert np.array_equal(again.explanation.data, X, equal_nan=True)
    assert again.explanation.columns == COLUMNS
    assert again.events.equals(made.events)


def test_every_figure_is_one_plotly_knows() -> None:
    permutation = PermutationImportance(
        (ClusterImportance(("a", "b"), 0.1, 0.05, 0.15, (0.1, 0.1)),
         ClusterImportance(("c",), -0.01, None, None, (-0.01,))), -0.6, "score", 2, 1,
    )  # fmt: skip
    stability = np.array([[0.05, 0.3], [np.nan, 0.15]])
    line = np.array([0.1, np.nan])
    for theme in (DARK, LIGHT):
        for figure in (
            charts.importance_figure(importances(EXPLANATION), "output", theme),
            charts.swarm_figure(swarms(EXPLANATION), "output", theme),
            *(charts.dependence_figure(dependence(EXPLANATION, name), theme)
              for name in COLUMNS),
            charts.grouped_figure(whole().by_volatility(), theme),
            charts.grouped_figure(grouped(EXPLANATION, [""] * N), theme),
            charts.permutation_figure(permutation, theme),
            waterfall_figure(waterfall(EXPLANATION, 0, top=2), theme),
            lag_figure(np.array([0.2, 0.8]), "Mean attention", theme),
            lag_map_figure(np.ones((3, 4)), COLUMNS, theme),
            drift_map_figure(stability, ("a", "b"), ("2021-01", "2021-02"), theme),
            drift_map_figure(stability, ("a", "b"), ("2021-01", "2021-02"), theme, stability),
            drift_map_figure(np.empty((0, 0)), (), (), theme),
            score_history_figure(("one", "two"), line, line - 1, line + 1, 0.2, "score", theme),
        ):  # fmt: skip
            go.Figure(figure.to_dict())  # validates every property


def test_an_index_that_chance_reaches_has_no_colour_and_one_market_a_pale_one() -> None:
    # 1,000 rows in the report and 250 in the second period; ten instruments that may be one
    chance = chance_of_periods(np.array([0.01, 0.05]), 1000, [1000, 250])
    np.testing.assert_allclose(chance, [[0.01, 0.04], [0.05, 0.2]])
    assert chance_of_periods(np.array([0.01]), 1000, [4000]) == 0.01  # the longer is no surer
    stability = np.array([[0.3, 0.39], [0.6, 0.19]])
    pale, full = drift_map_figure(stability, ("a", "b"), ("one", "two"), DARK, chance, 10).data
    assert list(full.y) == ["b", "a"]  # what has moved furthest stands on top
    np.testing.assert_allclose(full.z, [[0.6, np.nan], [0.3, np.nan]], rtol=1e-6)
    np.testing.assert_allclose(pale.z, [[np.nan, 0.0], [np.nan, 0.39]], rtol=1e-6)
    assert [list(row) for row in pale.text] == [["0.60", "0.19"], ["0.30", "0.39"]]
    assert pale.colorscale[-1] != full.colorscale[-1]
    assert (pale.showscale, full.showscale) == (False, True)
    _, raw = drift_map_figure(stability, ("a", "b"), ("one", "two"), DARK).data
    np.testing.assert_allclose(raw.z, [[0.6, 0.19], [0.3, 0.39]], rtol=1e-6)


def test_names_that_look_alike_when_shortened_stay_apart() -> None:
    long = [f"rolling-{'x' * 40}-(window={k})-of-the-same-end" for k in (5, 6)]
    made = charts.labels_of(long)
    assert len(set(made)) == 2 and all(len(name) <= 34 for name in made)
