"""What every model of the catalogue does, whatever it is made of."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from terminal.errors import InputError
from terminal.models.catalogue import MODELS, get_model, resolve
from terminal.models.fitting import fit, predict
from terminal.models.model import FitContext, Fitted, Task, expected_value
from terminal.models.samples import Samples
from terminal.models.signature import signature_of
from tests.terminal.models.planted import (
    COLUMNS,
    QUICK,
    StopAt,
    Stopped,
    Watched,
    parts,
    planted,
    with_labels,
    with_values,
)

BOTH = [(slug, task) for slug in MODELS for task in get_model(slug).tasks]
NAMES = [f"{slug}-{task}" for slug, task in BOTH]
CASES = pytest.mark.parametrize(("slug", "task"), BOTH, ids=NAMES)
CLASSIFIERS = [slug for slug, task in BOTH if task is Task.CLASSES]
ONE_EACH = pytest.mark.parametrize(
    ("slug", "task"), [(slug, get_model(slug).tasks[0]) for slug in MODELS], ids=list(MODELS)
)


def quick(
    slug: str, task: Task, train: Samples, valid: Samples | None = None, seed: int = 3
) -> Fitted:
    return fit(slug, train, valid, QUICK[slug], task, FitContext(seed=seed, threads=1))


@cache
def learned(slug: str, task: Task) -> Fitted:
    """A model that several tests ask and none changes."""
    return quick(slug, task, parts(planted(task))[0])


class TestEveryModel:
    """One contract for all; a new model passes these tests by being in the catalogue."""

    @CASES
    def test_finds_a_planted_signal_and_is_the_same_after_saving_and_loading(
        self, slug: str, task: Task, tmp_path: Path
    ) -> None:
        train, valid, test = parts(planted(task))
        watched = Watched()
        model = fit(slug, train, valid, QUICK[slug], task, watched.context)
        answers = predict(model, test)
        assert answers.shape == (len(test), 2 if task is Task.CLASSES else 1)
        assert answers.dtype == np.float64
        assert np.all(np.isfinite(answers))
        if task is Task.CLASSES:
            assert np.allclose(answers.sum(axis=1), 1.0, atol=1e-12)
            assert np.mean(model.classes[answers.argmax(axis=1)] == test.y) > 0.65
        else:
            assert np.corrcoef(expected_value(model, answers), test.y)[0, 1] > 0.5
        assert [s.step for s in watched.steps] == sorted(s.step for s in watched.steps)
        assert all(0.0 <= s.fraction <= 1.0 for s in watched.steps)

        names = model.save(tmp_path)
        found = sorted(
            p.relative_to(tmp_path).as_posix() for p in tmp_path.rglob("*") if p.is_file()
        )
        assert sorted(names) == found
        again = resolve(get_model(slug).load)(tmp_path, signature_of(model))
        assert np.array_equal(predict(again, test), answers)
        assert (again.kind, again.task, again.columns, again.length, again.params) == (
            slug, task, COLUMNS, model.length, model.params,
        )  # fmt: skip

    @CASES
    def test_listens_to_weights(self, slug: str, task: Task) -> None:
        samples = planted(task, noise=0.2)
        even = np.arange(len(samples)) % 4 < 2
        y = samples.y.copy()  # half of the events say the opposite of the other half
        y[~even] = 1.0 - y[~even] if task is Task.CLASSES else -y[~even]
        samples = with_labels(samples, label=y)
        asked = planted(task, seed=9, noise=0.0)
        values = []
        for liked in (even, ~even):
            weight = np.where(liked, 1.96, 0.04)
            model = quick(slug, task, with_labels(samples, weight=weight))
            values.append(np.corrcoef(expected_value(model, predict(model, asked)), asked.y)[0, 1])
        assert values[0] > 0.4
        assert values[1] < -0.4

    @ONE_EACH
    def test_is_the_same_for_the_same_seed(self, slug: str, task: Task) -> None:
        train, _, test = parts(planted(task))
        again = quick(slug, task, train)
        assert np.array_equal(predict(again, test), predict(learned(slug, task), test))

    @pytest.mark.parametrize("slug", CLASSIFIERS)
    def test_tells_three_classes_apart(self, slug: str) -> None:
        train, _, test = parts(planted(n_classes=3, noise=0.2))
        model = quick(slug, Task.CLASSES, train)
        assert model.classes.tolist() == [-1.0, 0.0, 1.0]
        assert np.mean(model.classes[predict(model, test).argmax(axis=1)] == test.y) > 0.45

    @ONE_EACH
    def test_ends_when_whoever_watches_raises(self, slug: str, task: Task) -> None:
        train, _, _ = parts(planted(task))
        with pytest.raises(Stopped):
            fit(slug, train, None, QUICK[slug], task, FitContext(progress=StopAt(2)))

    @ONE_EACH
    def test_refuses_other_columns_or_another_order(self, slug: str, task: Task) -> None:
        _, _, test = parts(planted(task))
        model = learned(slug, task)
        swapped = with_values(test, test.frame.values, (COLUMNS[1], COLUMNS[0], *COLUMNS[2:]))
        with pytest.raises(InputError, match="stands where"):
            predict(model, swapped)
        fewer = with_values(test, test.frame.values[:, :, :3], COLUMNS[:3])
        with pytest.raises(InputError, match="'noise b' is missing"):
            predict(model, fewer)
        with pytest.raises(InputError, match="reads inputs of shape"):
            model.predict(np.zeros((5, 3), dtype=np.float32))

    @ONE_EACH
    def test_answers_where_features_are_unknown(self, slug: str, task: Task) -> None:
        _, _, test = parts(planted(task))
        values = test.frame.values.copy()
        values[:, :, 1] = np.nan
        answers = predict(learned(slug, task), with_values(test, values))
        assert np.all(np.isfinite(answers))

    @ONE_EACH
    def test_answers_no_rows_with_no_answers(self, slug: str, task: Task) -> None:
        _, _, test = parts(planted(task))
        nobody = test.take(np.empty(0, dtype=np.int64))
        assert len(predict(learned(slug, task), nobody)) == 0


@pytest.mark.parametrize("slug", list(MODELS))
class TestWhatNoModelCanLearnFrom:
    """Refused before any library sees it, in the same words for all."""

    def refused(self, slug: str, train: Samples, match: str) -> None:
        with pytest.raises(InputError, match=match) as caught:
            quick(slug, get_model(slug).tasks[0], train)
        assert caught.value.remedy

    def test_an_empty_column(self, slug: str) -> None:
        train = planted(get_model(slug).tasks[0])
        values = train.frame.values.copy()
        values[:, :, 1] = np.nan
        self.refused(slug, with_values(train, values), r"'rsi\(window=14\) 1h' is unknown at every")

    def test_an_infinite_value(self, slug: str) -> None:
        train = planted(get_model(slug).tasks[0])
        values = train.frame.values.copy()
        values[0, 50, 2] = np.inf
        self.refused(slug, with_values(train, values), "'noise a' has infinite values")

    def test_too_few_rows(self, slug: str) -> None:
        train = planted(get_model(slug).tasks[0]).take(np.arange(12))
        self.refused(slug, train, "There are 12 events")

    def test_unknown_labels(self, slug: str) -> None:
        train = planted(get_model(slug).tasks[0])
        y = train.y.copy()
        y[:3] = np.nan
        self.refused(slug, with_labels(train, label=y), "3 of 360 labels are unknown")

    def test_weights_below_0(self, slug: str) -> None:
        train = planted(get_model(slug).tasks[0])
        self.refused(slug, with_labels(train, weight=-train.weight), "weights must be")


@pytest.mark.parametrize(
    ("slug", "params"),
    [
        ("random-forest", {"trees": 3, "min_rows_leaf": 1000}),
        ("lightgbm", {"rounds": 2, "min_rows_leaf": 1000}),
        ("xgboost", {"rounds": 2, "min_weight_leaf": 1000}),
    ],
)
@pytest.mark.parametrize("n_classes", [2, 3])
def test_trees_that_find_nothing_to_ask_answer_how_often_each_class_occurs(
    slug: str, params: dict[str, int], n_classes: int, tmp_path: Path
) -> None:
    train = planted(n_classes=n_classes)
    model = fit(slug, train, None, params, Task.CLASSES, FitContext())
    model.save(tmp_path)
    again = resolve(get_model(slug).load)(tmp_path, signature_of(model))
    often = [np.mean(train.y == value) for value in model.classes]
    assert predict(again, train)[0] == pytest.approx(often, abs=0.06)


@pytest.mark.parametrize("slug", CLASSIFIERS)
def test_events_without_weight_are_not_there(slug: str) -> None:
    samples = planted()
    y, weight = samples.y.copy(), np.ones(len(samples))
    y[::3], weight[::3] = 7.0, 0.0  # a class that only they have
    model = quick(slug, Task.CLASSES, with_labels(samples, label=y, weight=weight))
    assert model.classes.tolist() == [0.0, 1.0]


@pytest.mark.parametrize("slug", CLASSIFIERS)
def test_one_class_is_refused(slug: str) -> None:
    train = planted()
    with pytest.raises(InputError, match="the same label, 1"):
        quick(slug, Task.CLASSES, with_labels(train, label=np.ones(len(train))))


def test_a_slice_for_early_stopping_that_overlaps_training_is_refused() -> None:
    train, valid, _ = parts(planted())
    early = replace(valid, labels=replace(valid.labels, bar=valid.labels.bar - 10))
    with pytest.raises(InputError, match=r"begins at bar .* only at bar"):
        quick("logistic", Task.CLASSES, train, early)


def test_a_task_the_model_does_not_do_is_refused() -> None:
    with pytest.raises(InputError, match="does not predict a number"):
        quick("logistic", Task.NUMBER, planted(Task.NUMBER))
    with pytest.raises(InputError, match="made of a fitted model"):
        fit("calibrated", planted(), None, {}, Task.CLASSES, FitContext())


@pytest.mark.parametrize("slug", ["lightgbm", "xgboost", "catboost"])
def test_boosting_stops_when_the_slice_no_longer_improves_and_keeps_the_best_round(
    slug: str,
) -> None:
    rng = np.random.default_rng(1)
    samples = planted()
    noise = with_labels(samples, label=rng.integers(0, 2, len(samples)).astype(np.float64))
    train, valid, _ = parts(noise)
    watched = Watched()
    params = QUICK[slug] | {"rounds": 200, "patience": 5}
    model = fit(slug, train, valid, params, Task.CLASSES, watched.context)
    losses = [step.valid_loss for step in watched.steps]
    assert len(losses) < 100
    # what is kept has the lowest loss that was seen
    happened = predict(model, valid)[np.arange(len(valid)), valid.y.astype(int)]
    assert -np.mean(np.log(happened)) == pytest.approx(min(losses), rel=1e-5)
