"""What a fit takes of the events: those whose features, or windows of them, are known."""

from __future__ import annotations

import numpy as np
import pytest

from terminal.features.feature_set import FeatureChoice, FeatureSet
from terminal.features.frame import FeatureFrame
from terminal.labels.labels import Labels
from terminal.models.fit_recipe import FEWEST_TO_FIT, fit_recipe, stopping, usable, weigh
from terminal.models.model import FitContext, Task
from terminal.models.recipe import Recipe
from terminal.models.samples import Samples


def samples(n_bars: int = 300, missing: tuple[int, ...] = ()) -> Samples:
    """One instrument, an event a bar whose outcome takes three; the feature foretells the label."""
    random = np.random.default_rng(5)
    bar = np.arange(n_bars - 3)
    label = random.integers(0, 2, len(bar)).astype(float)
    values = np.zeros((1, n_bars, 1), dtype=np.float32)
    values[0, : len(bar), 0] = label + random.normal(0, 0.4, len(bar))
    values[0, list(missing)] = np.nan
    ts = np.datetime64("2024-01-01", "ns") + np.arange(n_bars) * np.timedelta64(1, "D")
    zero = np.zeros(len(bar), dtype=np.int64)
    labels = Labels(
        bar=bar, instrument=zero, end=bar + 3, outcome=label - 0.5, label=label,
        touched=zero.astype(np.int8), weight=np.ones(len(bar)), side=np.ones(len(bar), np.int8),
    )  # fmt: skip
    return Samples(FeatureFrame(("x",), ("A",), ts, ts, values), labels)


def recipe(model: str = "logistic", **more: object) -> Recipe:
    given = {"features": FeatureSet((FeatureChoice("rsi"),)), "label": "meta", "label_params": {},
             "model": model, "model_params": {}, "task": Task.CLASSES}  # fmt: skip
    return Recipe(**(given | more))  # type: ignore[arg-type]


def test_a_row_model_leaves_out_bars_without_features_only() -> None:
    found = usable(samples(missing=(10, 50)), recipe())
    assert set(range(297)) - set(found.tolist()) == {10, 50}


@pytest.mark.parametrize("model", ["lstm", "transformer"])
def test_a_network_leaves_out_every_window_with_a_missing_bar(model: str) -> None:
    found = usable(samples(missing=(100,)), recipe(model, model_params={"window": 5}))
    assert set(range(297)) - set(found.tolist()) == {0, 1, 2, 3, 100, 101, 102, 103, 104}


def test_a_stack_looks_back_as_far_as_its_members() -> None:
    found = usable(samples(), recipe("stacking", model_params={"lstm": True}))
    assert found[0] > 0
    assert usable(samples(), recipe("stacking"))[0] == 0


def test_each_so_many_th_bar_is_taken() -> None:
    assert usable(samples(), recipe(every=7))[:3].tolist() == [0, 7, 14]


def test_what_says_when_to_stop_is_later_than_all_that_is_learned_from() -> None:
    early, late = stopping(samples(), 0.2, 10)
    assert late is not None
    assert early.labels.end.max() < late.labels.bar.min()
    assert early.labels.bar.max() + 10 < late.labels.bar.min()
    few = samples().take(np.arange(FEWEST_TO_FIT))
    assert stopping(few, 0.2, 10) == (few, None)


def test_weights_have_mean_one_and_decay_with_age() -> None:
    own = samples().labels
    even = weigh(own, recipe(uniqueness=False)).weight
    assert even == pytest.approx(1.0)
    fading = weigh(own, recipe(time_decay=0.5)).weight
    assert fading.mean() == pytest.approx(1.0)
    assert fading[10] == pytest.approx(0.5 * fading[-10], rel=0.08)


def test_probabilities_are_corrected_by_what_happened_in_the_slice_held_out() -> None:
    events = samples(900)
    plain = fit_recipe(events, recipe(early_stopping=0.3), 3, FitContext()).fitted
    found = fit_recipe(events, recipe(early_stopping=0.3, calibration="platt"), 3, FitContext())
    assert (plain.kind, found.fitted.kind) == ("logistic", "calibrated")
    raw, corrected = plain.predict(events.rows()), found.fitted.predict(events.rows())
    assert not np.allclose(raw, corrected)
    order = np.argsort(raw[:, 1])
    assert (np.diff(corrected[order, 1]) >= -1e-12).all(), "the order of events stays"


def test_a_model_that_splits_for_itself_leaves_the_gap_out_too() -> None:
    asked = recipe("stacking", model_params={"random_forest": False, "folds": 3, "gap": 2})
    fitted = fit_recipe(samples(), asked, 9, FitContext()).fitted
    assert fitted.params.gap == 9  # type: ignore[attr-defined]
