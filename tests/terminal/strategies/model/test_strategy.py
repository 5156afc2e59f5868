"""A strategy that trains as time passes finds what is there, and never sees what is to come."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from terminal.backtest.truncation import decide, truncation_check
from terminal.errors import InputError
from terminal.features.feature_set import FeatureChoice, FeatureSet
from terminal.features.pipeline import compute
from terminal.labels.meta import MetaParams, rule_side
from terminal.labels.registry import get_label
from terminal.market.calendars import get_calendar
from terminal.market.mixed import join
from terminal.market.panel import FloatArray, Panel
from terminal.market.timeframe import Timeframe
from terminal.models.fit_recipe import fit_recipe
from terminal.models.model import FitContext, Task
from terminal.models.recipe import Recipe
from terminal.models.samples import Samples
from terminal.params import validate
from terminal.strategies.first_calendar import of_several_calendars
from terminal.strategies.model.at_hand import at_hand
from terminal.strategies.model.reference import ModelReference, reference_text
from terminal.strategies.model.retraining import schedule
from terminal.strategies.model.strategy import MODEL, ModelParams
from tests.terminal.backtest.panels import panel
from tests.terminal.backtest.test_mixed_calendars import on

RECIPE = Recipe(
    features=FeatureSet((FeatureChoice("log-return", {"window": 1}), FeatureChoice("rsi"))),
    label="forward-return",
    label_params={"horizon": 1, "span": 4},
    model="ridge",
    model_params={},
    task=Task.NUMBER,
)
REFERENCE = ModelReference(
    version_id=1, name="Echo", version=1, package="ab" * 32, timeframe=Timeframe.DAY_1,
    bars_per_session=1, look_back=20, horizon=2, spread=0.01,
    trained_until="2024-06-03T21:00:00+00:00", recipe=RECIPE,
)  # fmt: skip


@cache
def echoes(n_bars: int = 260, echo: float = -0.8) -> Panel:
    """Three instruments whose return answers the one before, and that open where they closed."""
    noise = np.random.default_rng(3).normal(0.0, 0.01, (n_bars, 3))
    returns = noise.copy()
    for t in range(1, n_bars):
        returns[t] += echo * returns[t - 1]
    close = 100 * np.exp(np.cumsum(returns, axis=0))
    opens = np.vstack([close[:1], close[:-1]])
    return panel(close, opens)


FIRST = int(
    schedule(get_calendar("XNYS").session_of(echoes().ts), 60, 40, 0, rolling=False).fitted_at[0]
)  # the panel has bars on holidays, which belong to the session before


def params(**more: object) -> ModelParams:
    given = {"model": reference_text(REFERENCE), "first": 60, "every": 40, "enter": 0.05}
    return validate(ModelParams, given | more)


def next_returns(bars: Panel) -> FloatArray:
    return bars.close[1:] / bars.close[:-1] - 1.0


def test_it_earns_what_the_market_gives_away_and_nothing_before_its_first_training() -> None:
    bars = echoes()
    targets = decide(MODEL, params(), bars)
    assert np.isnan(targets[:FIRST]).all() and np.isfinite(targets[FIRST:]).all()
    earned = (np.nan_to_num(targets)[:-1] * next_returns(bars)).sum(axis=1)[FIRST:]
    assert earned.mean() / earned.std() * np.sqrt(252) > 3.0


def test_nothing_is_earned_where_the_past_says_nothing() -> None:
    bars = echoes(echo=0.0)
    targets = decide(MODEL, params(), bars)
    earned = (np.nan_to_num(targets)[:-1] * next_returns(bars)).sum(axis=1)[FIRST:]
    assert abs(earned.mean() / earned.std() * np.sqrt(len(earned))) < 3.0


@pytest.mark.parametrize("window", ["expanding", "rolling"])
def test_decisions_are_the_same_when_the_future_is_hidden(window: str) -> None:
    with at_hand({}) as own:
        found = truncation_check(MODEL, params(window=window), echoes(), cuts=4)
        assert len(own.fits) == 5, "equal pasts must give equal fits, each made once"
    assert found.passed and found.canary_caught


def test_of_several_calendars_it_learns_and_answers_at_closes_of_the_first() -> None:
    """The third instrument under another name of the same hours changes nothing; a market that
    never closes is known from what closed by then."""
    bars = on("XNYS", echoes(200), "ABC")
    apart = join([columns(bars, [0, 1], "XNYS"), columns(bars, [2], "XNAS")])
    strategy, given = of_several_calendars(MODEL), params()
    with at_hand({}):
        np.testing.assert_array_equal(decide(strategy, given, apart), decide(MODEL, given, bars))
        both = join([columns(bars, [0, 1], "XNYS"), on("24/7", columns(echoes(200), [2]), "C")])
        found = truncation_check(strategy, given, both, cuts=3)
    assert found.passed and found.canary_caught


def columns(bars: Panel, chosen: list[int], mic: str = "") -> Panel:
    """Some instruments of a panel, on an exchange."""
    names = ("open", "high", "low", "close", "volume", "split", "dividend")
    return replace(
        bars, calendar=mic or bars.calendar, symbols=tuple(bars.symbols[j] for j in chosen),
        **{name: getattr(bars, name)[:, chosen] for name in names},
    )  # fmt: skip


def test_a_model_that_learned_one_outcome_too_many_is_caught(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The seeded fault: outcomes that end a few bars after the fit are learned from."""
    kind = get_label("forward-return")
    honest = kind.make

    def early(bars: Panel, given: object) -> object:
        labels = honest(bars, given)
        return replace(labels, end=np.maximum(labels.end - 8, labels.bar))

    monkeypatch.setattr("terminal.labels.registry.get_label", lambda _: replace(kind, make=early))
    assert not truncation_check(MODEL, params(by_score=True), echoes(), cuts=(FIRST + 2,)).passed


def test_its_scores_are_those_of_a_model_fitted_by_hand() -> None:
    bars = echoes()
    frame = compute(bars, RECIPE.features)
    kind = get_label(RECIPE.label)
    labels = kind.make(bars, validate(kind.params_type, RECIPE.label_params))
    samples = Samples(frame, labels)
    known = samples.take(np.flatnonzero((labels.end <= FIRST) & usable(samples)))
    fitted = fit_recipe(known, RECIPE, 22, FitContext()).fitted
    expected = fitted.predict(frame.values[1, FIRST : FIRST + 30])[:, 0] / np.std(known.y)
    from terminal.strategies.model.strategy import model_scores

    found = model_scores(bars, params())
    assert found[FIRST : FIRST + 30, 1] == pytest.approx(np.clip(expected, -1.0, 1.0), rel=1e-12)


def usable(samples: Samples) -> np.ndarray:
    return np.asarray(np.isfinite(samples.rows()).any(axis=1))


def test_as_registered_has_no_opinion_on_bars_before_its_training_ended() -> None:
    bars = echoes()
    frame = compute(bars, RECIPE.features)
    kind = get_label(RECIPE.label)
    labels = kind.make(bars, validate(kind.params_type, RECIPE.label_params))
    learned = Samples(frame, labels).take(np.flatnonzero((labels.bar > 20) & (labels.bar < 100)))
    fitted = fit_recipe(learned, RECIPE, 0, FitContext()).fitted
    given = params(training="as registered")
    with at_hand({REFERENCE.package: fitted}):
        targets = decide(MODEL, given, bars)
        assert truncation_check(MODEL, given, bars, targets).passed
    until = np.datetime64("2024-06-03T21:00", "ns")
    before = bars.close_ts <= until
    assert before.any() and np.isnan(targets[before]).all() and np.isfinite(targets[~before]).all()


def test_weights_that_are_not_at_hand_are_asked_for_by_name() -> None:
    with pytest.raises(InputError, match=r"Echo \(version 1\) are not at hand"):
        decide(MODEL, params(training="as registered"), echoes())


def test_positions_by_score_are_smaller_than_whole_ones() -> None:
    whole = decide(MODEL, params(), echoes())
    sized = decide(MODEL, params(by_score=True), echoes())
    held = np.nan_to_num(whole) != 0
    assert (np.sign(sized[held]) == np.sign(whole[held])).all()
    assert (np.abs(sized[held]) <= np.abs(whole[held]) + 1e-15).all()
    assert np.abs(sized[held]).mean() < np.abs(whole[held]).mean()


def test_a_score_to_leave_at_above_the_one_to_enter_at_is_refused() -> None:
    with pytest.raises(InputError, match="left at once") as caught:
        params(enter=0.1, leave=0.2)
    assert caught.value.field == "leave"


def test_trainings_fall_on_the_first_bar_of_their_sessions_and_know_what_they_may_use() -> None:
    sessions = np.repeat(np.arange("2024-01-01", "2024-01-08", dtype="datetime64[D]"), 3)
    whole = schedule(sessions, 2, 2, 5, rolling=False)
    assert whole.fitted_at.tolist() == [6, 12, 18] and whole.since.tolist() == [0, 0, 0]
    assert schedule(sessions[:-1], 2, 2, 5, rolling=True).since.tolist() == [0, 6, 12]
    assert schedule(sessions, 9, 1, 5, rolling=False).fitted_at.tolist() == []


META = replace(
    REFERENCE,
    recipe=replace(
        RECIPE,
        label="meta",
        label_params={"rule": "momentum", "fast": 1, "slow": 2, "horizon": 1, "span": 4},
        model="logistic",
        task=Task.CLASSES,
    ),
)


@pytest.mark.parametrize("score", ["expected class", "bet size"])
def test_a_meta_label_follows_its_rule_or_stands_aside(score: str) -> None:
    bars = echoes()
    given = params(model=reference_text(META), score=score, enter=0.02)
    targets = decide(MODEL, given, bars)
    side = rule_side(bars, MetaParams(**META.recipe.label_params))
    held = np.nan_to_num(targets) != 0
    assert held.any() and (np.sign(targets[held]) == side[held]).mean() > 0.9
    assert truncation_check(MODEL, given, bars, targets, cuts=(FIRST + 3, 150)).passed


def test_bets_grow_with_the_probability_of_being_right() -> None:
    classes = replace(REFERENCE, recipe=replace(
        RECIPE, label="fixed-horizon", model="logistic", task=Task.CLASSES,
        early_stopping=0.3, calibration="platt",
    ))  # fmt: skip
    given = {"model": reference_text(classes), "enter": 0.0, "by_score": True}
    expected = np.abs(decide(MODEL, params(**given), echoes()))
    bets = np.abs(decide(MODEL, params(**given, score="bet size"), echoes()))
    both = (np.nan_to_num(expected) > 0) & (np.nan_to_num(bets) > 0)
    assert both.sum() > 100
    assert np.corrcoef(expected[both], bets[both])[0, 1] > 0.5


def test_its_words_say_what_is_followed_and_how() -> None:
    assert MODEL.words is not None
    assert MODEL.words(params()) == (
        "Echo (version 1), trained again every 40 sessions on an expanding window; enters at a "
        "score of 0.05, leaves at 0"
    )
    assert MODEL.warmup(params()) == 60
    assert MODEL.warmup(params(training="as registered")) == 20
