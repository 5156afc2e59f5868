from __future__ import annotations

import numpy as np
import orjson
import pytest

from terminal.errors import InputError
from terminal.features.estimator import FeaturePipeline
from terminal.features.feature_set import FeatureChoice, FeatureSet
from terminal.features.fractional import ffd, ffd_weights, smallest_d
from terminal.features.pipeline import compute
from tests.terminal.features.panels import rough_panel, smooth_panel

CHOSEN = FeatureSet((FeatureChoice("ffd", params={"threshold": 1e-3}), FeatureChoice("log-return")))


def test_limits_are_of_the_training_period_and_hold_afterwards() -> None:
    panel = rough_panel(400)
    made = FeaturePipeline(CHOSEN, clip=0.05).fit(panel.truncated(300))
    frame = made.transform(panel)
    trained = compute(panel.truncated(300), CHOSEN).values[:, :, 1]
    low, high = np.nanquantile(trained, [0.05, 0.95])
    assert np.nanmin(frame.values[:, :, 1]) == pytest.approx(low, rel=1e-6)
    assert np.nanmax(frame.values[:, :, 1]) == pytest.approx(high, rel=1e-6)
    raw = compute(panel, CHOSEN).values
    assert np.array_equal(np.isnan(raw), np.isnan(frame.values))
    assert frame.spec_hash != compute(panel, CHOSEN).spec_hash


def test_later_bars_change_nothing_that_was_learnt() -> None:
    panel = rough_panel(400)
    first = FeaturePipeline(CHOSEN, clip=0.01, choose_d=True).fit(panel.truncated(300))
    panel.close[300:] *= 7.0
    again = FeaturePipeline(CHOSEN, clip=0.01, choose_d=True).fit(panel.truncated(300))
    assert first.learnt_ == again.learnt_


def test_the_order_chosen_is_the_largest_of_the_smallest() -> None:
    panel = smooth_panel(900, 2)
    made = FeaturePipeline(CHOSEN, choose_d=True).fit(panel)
    wanted = max(smallest_d(np.log(panel.close[:, i]), threshold=1e-3) for i in range(2))
    assert made.learnt_ is not None
    assert made.learnt_.feature_set.choices[0].params["d"] == wanted
    assert made.transform(panel).columns[0] == f"ffd(d={wanted}, threshold=0.001)"


def test_a_pipeline_goes_through_json_and_gives_the_same_frame() -> None:
    panel = rough_panel(300)
    made = FeaturePipeline(CHOSEN, clip=0.02, sectors={"S0": "Energy"})
    wanted = made.fit_transform(panel)
    text = orjson.dumps(made.to_json())
    again = FeaturePipeline.from_json(orjson.loads(text), threads=2).transform(panel)
    assert np.array_equal(again.values, wanted.values, equal_nan=True)
    assert again.spec_hash == wanted.spec_hash


def test_what_is_not_fitted_or_not_allowed_is_refused() -> None:
    with pytest.raises(InputError, match="not fitted"):
        FeaturePipeline(CHOSEN).transform(smooth_panel(50))
    with pytest.raises(InputError, match="share to clip"):
        FeaturePipeline(CHOSEN, clip=0.5)
    with pytest.raises(InputError):
        FeaturePipeline.from_json({"feature_set": {"choices": "all"}})


def test_the_smallest_order_of_a_random_walk_is_between_price_and_return() -> None:
    walk = np.cumsum(np.random.default_rng(3).normal(0, 1, 2000))
    d = smallest_d(walk, threshold=1e-3)
    assert 0.0 < d < 1.0
    stationary = np.random.default_rng(4).normal(0, 1, 1000)
    assert smallest_d(stationary) == 0.05


def test_a_series_too_short_for_any_order_is_refused() -> None:
    with pytest.raises(InputError, match="too few"):
        smallest_d(np.arange(20.0))


def test_weights_of_order_one_are_a_difference_and_of_two_its_difference() -> None:
    assert ffd_weights(1.0).tolist() == [1.0, -1.0]
    assert ffd_weights(2.0).tolist() == [1.0, -2.0, 1.0]
    # by hand: 1, -0.5, -0.5 * (1 - 0.5) / 2 = -0.125, -0.125 * 1.5 / 3 = -0.0625
    assert ffd_weights(0.5, 0.05).tolist() == [1.0, -0.5, -0.125, -0.0625]


def test_many_series_are_differenced_as_each_alone_with_gaps_skipped() -> None:
    series = np.cumsum(np.random.default_rng(0).normal(0, 1, (3, 400)), axis=1)
    series[1, 100] = np.nan
    series[2, :50] = np.nan
    both = ffd(series, 0.4, 1e-3, threads=2)
    for i in range(3):
        own = series[i][np.isfinite(series[i])]
        weights = ffd_weights(0.4, 1e-3)
        wanted = np.convolve(own, weights)[len(weights) - 1 : len(own)]
        found = both[i][np.isfinite(both[i])]
        np.testing.assert_allclose(found, wanted, rtol=1e-10, atol=1e-12)
