from __future__ import annotations

import numpy as np
import pytest

from terminal.features.catalogue import FEATURES, get_feature
from terminal.features.feature import Scope
from terminal.features.feature_set import FeatureChoice, FeatureSet
from terminal.features.live import LiveFeatures
from terminal.features.normalise import NORMALISERS
from terminal.features.pipeline import compute
from terminal.market.panel import Panel
from terminal.market.timeframe import Timeframe
from tests.terminal.features.causality import SECTORS, look_aheads
from tests.terminal.features.panels import rough_panel

LIGHT = [slug for slug in FEATURES if not get_feature(slug).heavy]
HEAVY = [slug for slug in FEATURES if get_feature(slug).heavy]
OWN = [slug for slug in LIGHT if get_feature(slug).scope is Scope.INSTRUMENT]


def whole_catalogue() -> FeatureSet:
    """Every light feature, some of them hourly, some normalised."""
    normalisers = list(NORMALISERS)
    choices = [FeatureChoice(slug) for slug in LIGHT]
    choices += [FeatureChoice(slug, timeframe=Timeframe.HOUR_1) for slug in OWN[::4]]
    choices += [
        FeatureChoice(slug, normaliser=normalisers[i % 3], window=40)
        for i, slug in enumerate(LIGHT[1::6])
    ]
    choices += [
        FeatureChoice("rsi", timeframe=Timeframe.DAY_1, params={"window": 3}),
        FeatureChoice("log-return", timeframe=Timeframe.WEEK_1),
    ]
    return FeatureSet(tuple(choices))


@pytest.fixture(scope="module")
def panel() -> Panel:
    return rough_panel(560)


def test_no_feature_changes_when_bars_after_a_random_cut_are_hidden(panel: Panel) -> None:
    cuts = np.random.default_rng(50).integers(1, panel.n_bars, 50)
    assert look_aheads(panel, whole_catalogue(), [int(cut) for cut in cuts]) == set()


def test_no_fitted_feature_changes_when_bars_after_a_cut_are_hidden() -> None:
    fits = {"first": 100, "refit": 40, "longest": 150}
    chosen = FeatureSet(tuple(FeatureChoice(slug, params=fits) for slug in HEAVY))
    panel = rough_panel(420)
    assert look_aheads(panel, chosen, [60, 101, 102, 139, 140, 141, 200, 301, 400]) == set()


def test_a_planted_look_ahead_is_caught(panel: Panel, monkeypatch: pytest.MonkeyPatch) -> None:
    for slug, name in (("tomorrow", "tomorrow"), ("whole-mean", "whole_mean"), ("own", "own")):
        monkeypatch.setitem(FEATURES, slug, f"tests.terminal.features.planted:{name}")
    chosen = FeatureSet(tuple(FeatureChoice(s) for s in ("tomorrow", "rsi", "whole-mean", "own")))
    assert look_aheads(panel, chosen, [100, 300]) == {"tomorrow", "whole-mean"}


def test_live_rows_equal_the_batch_bit_for_bit(panel: Panel) -> None:
    """From a history that is nothing to one that holds every window, over splits and gaps."""
    chosen = whole_catalogue()
    batch = compute(panel, chosen, sectors=SECTORS)
    for start, stop in ((1, 40), (250, 560)):
        live = LiveFeatures(panel.truncated(start), chosen, SECTORS)
        rows = [live.next(panel.rows(slice(t, t + 1))) for t in range(start, stop)]
        found = np.stack(rows, axis=1)
        expected = batch.values[:, start:stop]
        same = (found.view(np.uint32) == expected.view(np.uint32)).all(axis=(0, 1))
        assert [c for c, equal in zip(batch.columns, same, strict=True) if not equal] == []


def test_live_rows_of_features_without_a_flow_equal_the_batch(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(FEATURES, "own", "tests.terminal.features.planted:own")
    fits = {"first": 100, "refit": 40, "longest": 150}
    panel = rough_panel(260)
    chosen = FeatureSet(
        (
            FeatureChoice("own"),
            FeatureChoice("own", timeframe=Timeframe.HOUR_1, normaliser="zscore", window=5),
            FeatureChoice("turbulence", params=fits),
            FeatureChoice("beta"),
        )
    )
    batch = compute(panel, chosen)
    live = LiveFeatures(panel.truncated(200), chosen)
    for t in range(200, 260):
        row = live.next(panel.rows(slice(t, t + 1)))
        assert np.array_equal(row, batch.values[:, t], equal_nan=True)


@pytest.mark.parametrize("timeframe", [Timeframe.DAY_1, Timeframe.HOUR_1])
def test_live_rows_equal_the_batch_on_other_bars(timeframe: Timeframe) -> None:
    panel = rough_panel(330, timeframe=timeframe)
    chosen = FeatureSet(
        tuple(FeatureChoice(slug) for slug in LIGHT)
        + tuple(FeatureChoice(slug, timeframe=Timeframe.WEEK_1) for slug in OWN[::5])
        + (FeatureChoice("roc", timeframe=Timeframe.MONTH_1, params={"window": 2}),)
    )
    batch = compute(panel, chosen)
    live = LiveFeatures(panel.truncated(290), chosen)
    for t in range(290, 330):
        row = live.next(panel.rows(slice(t, t + 1)))
        assert np.array_equal(row, batch.values[:, t], equal_nan=True)


def test_a_close_only_panel_has_features_of_closes_and_nothing_made_up() -> None:
    panel = rough_panel(300)
    for name in ("open", "high", "low", "volume"):
        getattr(panel, name)[:] = np.nan
    frame = compute(panel, FeatureSet(tuple(FeatureChoice(s) for s in ("rsi", "natr", "vpin"))))
    assert np.isfinite(frame.values[0, 200, 0])
    assert np.isnan(frame.values[:, :, 1:]).all()
