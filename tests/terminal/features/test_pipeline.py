from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from terminal.errors import InputError
from terminal.features import pipeline
from terminal.features.catalogue import FEATURES, get_feature
from terminal.features.feature import Feature, Scope
from terminal.features.feature_set import FeatureChoice, FeatureSet
from terminal.features.presets import PRESETS
from terminal.market.adjust import forward_adjusted
from terminal.market.timeframe import Timeframe
from terminal.params import describe, validate
from tests.terminal.features.causality import SECTORS
from tests.terminal.features.panels import rough_panel, smooth_panel


def of(*choices: FeatureChoice) -> FeatureSet:
    return FeatureSet(choices)


def test_the_catalogue_has_at_least_120_named_features_with_what_people_need() -> None:
    assert len(FEATURES) >= 120
    titles = set()
    for slug in FEATURES:
        feature: Feature = get_feature(slug)
        assert feature.slug == slug
        assert feature.description.endswith(".")
        assert feature.unit and feature.source
        describe(feature.params_type)
        titles.add(feature.title)
        params = feature.params_type()
        memory = feature.memory(params)
        assert feature.warmup(params) >= 0
        assert memory is None or memory >= feature.warmup(params) or feature.family == "calendar"
    assert len(titles) == len(FEATURES)


def test_an_unknown_feature_is_refused_by_name() -> None:
    with pytest.raises(InputError, match="There is no feature 'rsx'"):
        get_feature("rsx")


@pytest.mark.parametrize(
    ("choice", "words"),
    [
        (FeatureChoice("rsi", params={"window": 1}), "Window is 1"),
        (FeatureChoice("rsi", params={"length": 5}), "no parameter 'length'"),
        (FeatureChoice("sma-spread", params={"fast": 60}), "fast must be shorter"),
        (FeatureChoice("rsi", timeframe=Timeframe.MIN_5), "cannot be made from them"),
        (FeatureChoice("beta", timeframe=Timeframe.DAY_1), "across instruments"),
        (FeatureChoice("rsi", normaliser="softmax", window=9), "no normaliser 'softmax'"),
        (FeatureChoice("rsi", normaliser="rank", window=1), "2 to 5000"),
    ],
)
def test_a_choice_that_cannot_be_computed_is_refused(choice: FeatureChoice, words: str) -> None:
    with pytest.raises(InputError, match=words):
        pipeline.validate_set(of(choice), Timeframe.MIN_15)


def test_two_columns_that_mean_the_same_are_refused_and_so_is_none() -> None:
    same = of(FeatureChoice("rsi"), FeatureChoice("rsi", params={"window": 14}))
    with pytest.raises(InputError, match="twice"):
        pipeline.validate_set(same, Timeframe.DAY_1)
    with pytest.raises(InputError, match="empty"):
        pipeline.validate_set(of(), Timeframe.DAY_1)


@pytest.mark.parametrize("name", list(PRESETS))
def test_a_preset_is_valid_on_every_timeframe(name: str) -> None:
    for timeframe in Timeframe:
        pipeline.validate_set(PRESETS[name], timeframe)


def test_the_core_preset_needs_no_price_and_fits_nothing() -> None:
    for choice in PRESETS["core"].choices:
        feature = get_feature(choice.feature)
        assert feature.scale_free and not feature.heavy


def test_warm_up_and_look_back_count_bars_of_the_panel() -> None:
    window = FeatureChoice("sma-gap", params={"window": 20})
    assert pipeline.warmup(of(window), Timeframe.MIN_15) == 19
    assert pipeline.look_back(of(window), Timeframe.MIN_15) == 19
    hourly = replace(window, timeframe=Timeframe.HOUR_1)
    assert pipeline.warmup(of(hourly), Timeframe.MIN_15) == 20 * 4
    normalised = replace(window, normaliser="zscore", window=50)
    assert pipeline.look_back(of(normalised), Timeframe.MIN_15) == 19 + 49
    recursive = FeatureChoice("ema-gap", params={"window": 20})
    assert get_feature("ema-gap").memory(validate(get_feature("ema-gap").params_type, {})) is None
    assert pipeline.look_back(of(recursive), Timeframe.MIN_15) == 4 * 19


def test_the_panel_is_adjusted_point_in_time_before_anything_is_computed() -> None:
    panel = rough_panel(300)
    chosen = of(FeatureChoice("log-return"))
    found = pipeline.compute(panel, chosen).values[0, :, 0]
    close = forward_adjusted(panel).close[:, 0]
    np.testing.assert_allclose(found[1:], np.diff(np.log(close)), rtol=1e-4, atol=1e-7)
    split = int(np.nonzero(panel.split[:, 0] != 1)[0][0])
    assert abs(found[split]) < 0.1  # half the price, twice the units: no fall


def test_an_instrument_counts_its_own_bars_and_has_nothing_where_it_has_none() -> None:
    panel = rough_panel(300)
    found = pipeline.compute(panel, of(FeatureChoice("roc", params={"window": 5}))).values
    there = np.isfinite(panel.close[:, 1])
    assert np.isnan(found[1, ~there, 0]).all()
    own = forward_adjusted(panel).close[there, 1]
    np.testing.assert_allclose(
        found[1, there, 0][5:], 100 * (own[5:] / own[:-5] - 1), rtol=1e-4, atol=1e-5
    )


def test_a_coarser_bar_is_seen_from_the_bar_that_closes_it() -> None:
    panel = smooth_panel(60, 1)
    found = pipeline.compute(panel, of(FeatureChoice("log-return", timeframe=Timeframe.HOUR_1)))
    values = found.values[0, :, 0]
    # 26 bars a session: hours of four, and a last half hour of two
    closes = panel.close[[3, 7, 11, 15, 19, 23, 25, 29], 0]
    hours = np.diff(np.log(closes))
    assert np.isnan(values[:7]).all()
    for first, last, hour in ((7, 11, 0), (11, 15, 1), (23, 25, 4), (25, 29, 5)):
        np.testing.assert_allclose(values[first:last], hours[hour], rtol=1e-5)


def test_threads_change_nothing_and_progress_reaches_the_end() -> None:
    panel = rough_panel(300)
    seen: list[float] = []
    one = pipeline.compute(
        panel, PRESETS["core"], threads=1, progress=lambda done, _name: seen.append(done)
    )
    two = pipeline.compute(panel, PRESETS["core"], threads=2)
    assert np.array_equal(one.values, two.values, equal_nan=True)
    assert seen == [0.25, 0.5, 0.75, 1.0]
    assert one.values.dtype == np.float32 and one.values.shape == (4, 300, len(one.columns))


def test_how_many_bars_are_computed_at_a_time_changes_no_bit(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    panel = rough_panel(400)
    whole = pipeline.compute(panel, PRESETS["full"], sectors=SECTORS)
    monkeypatch.setattr(pipeline, "PART", 37)
    monkeypatch.setattr(pipeline, "ACROSS_PART", 23)
    parts = pipeline.compute(panel, PRESETS["full"], sectors=SECTORS)
    assert np.array_equal(parts.values.view(np.uint32), whole.values.view(np.uint32))


def test_a_column_is_the_same_alone_and_among_others() -> None:
    panel = rough_panel(320)
    full = pipeline.compute(panel, PRESETS["full"], sectors=SECTORS)
    for j in range(0, len(full.columns), 9):
        choice = PRESETS["full"].choices[j]
        alone = pipeline.compute(panel, of(choice), sectors=SECTORS)
        assert np.array_equal(alone.values[:, :, 0], full.values[:, :, j], equal_nan=True)


def test_hashes_change_with_what_they_stand_for_and_with_nothing_else() -> None:
    panel = smooth_panel(50)
    first = pipeline.data_hash(panel)
    assert pipeline.data_hash(replace(panel, dataset="another name")) == first
    close = panel.close.copy()
    close[30, 1] = np.nextafter(close[30, 1], np.inf)
    assert pipeline.data_hash(replace(panel, close=close)) != first
    assert pipeline.data_hash(panel, {"S0": "Energy"}) != first
    chosen = of(FeatureChoice("rsi"), FeatureChoice("adx"))
    assert pipeline.spec_hash(chosen) == pipeline.spec_hash(of(*chosen.choices))
    others = [
        of(*chosen.choices[::-1]),
        of(FeatureChoice("rsi", params={"window": 15}), FeatureChoice("adx")),
        of(FeatureChoice("rsi", timeframe=Timeframe.DAY_1), FeatureChoice("adx")),
    ]
    assert len({pipeline.spec_hash(other) for other in (chosen, *others)}) == 4


@pytest.mark.parametrize("slug", [s for s in FEATURES if get_feature(s).scope is Scope.PANEL])
def test_a_feature_across_instruments_computes_from_an_adjusted_panel_alone(slug: str) -> None:
    panel = smooth_panel(150)
    feature = get_feature(slug)
    found = feature.compute(panel, feature.params_type())
    assert found.shape == panel.close.shape
    batch = pipeline.compute(panel, of(FeatureChoice(slug))).values[:, :, 0]
    assert np.array_equal(found.T.astype(np.float32), batch, equal_nan=True)


@settings(max_examples=12, deadline=None)
@given(factor=st.floats(0.01, 100), seed=st.integers(0, 99))
def test_scale_free_features_do_not_know_the_price_level(factor: float, seed: int) -> None:
    panel = smooth_panel(130, 2, seed=seed)
    scaled = replace(
        panel,
        **{name: getattr(panel, name) * factor for name in ("open", "high", "low", "close")},
    )
    slugs = dict.fromkeys((*PRESETS["core"].columns, "vpin", "amihud", "beta", "kyle-lambda"))
    chosen = FeatureSet(tuple(FeatureChoice(s) for s in slugs))
    one, other = pipeline.compute(panel, chosen), pipeline.compute(scaled, chosen)
    np.testing.assert_allclose(other.values, one.values, rtol=2e-3, atol=2e-4)
