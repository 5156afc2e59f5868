"""One prediction at a time is the batch's, behind checks."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from terminal.errors import InputError
from terminal.models.catalogue import MODELS, get_model
from terminal.models.fitting import fit
from terminal.models.model import FitContext, inputs_of
from terminal.models.package import read_package, write_package
from terminal.models.predictor import Predictor
from tests.terminal.models.planted import COLUMNS, KEY, QUICK, parts, planted

Made = tuple[Predictor, np.ndarray]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Made]:
    def make(slug: str) -> Made:
        task = get_model(slug).tasks[0]
        train, _, test = parts(planted(task))
        params = QUICK[slug] | ({"epochs": 2} if "epochs" in QUICK[slug] else {})
        folder: Path = tmp_path_factory.mktemp(slug)
        write_package(folder, fit(slug, train, None, params, task, FitContext()), params, {}, KEY)
        predictor = Predictor(read_package(folder, KEY))
        return predictor, inputs_of(predictor.model, test)

    return make


@pytest.mark.parametrize("slug", list(MODELS))
def test_one_at_a_time_is_the_batch(slug: str, made: Callable[[str], Made]) -> None:
    predictor, inputs = made(slug)
    values, answers = predictor.predict_many(inputs)
    exact = not get_model(slug).sequence
    for k in range(0, len(inputs), 9):
        own = predictor.predict(inputs[k], COLUMNS)
        assert own.value == pytest.approx(values[k], abs=0 if exact else 1e-6)
        if len(own.probabilities):
            assert own.probabilities == pytest.approx(answers[k], abs=0 if exact else 1e-6)
            classes = predictor.model.classes
            assert own.value == pytest.approx(float(own.probabilities @ classes))


def test_what_a_lone_vector_can_be_wrong_in_is_refused(made: Callable[[str], Made]) -> None:
    predictor, inputs = made("lightgbm")
    row = inputs[0].copy()
    with pytest.raises(InputError, match="stands where"):
        predictor.predict(row, (COLUMNS[1], COLUMNS[0], *COLUMNS[2:]))
    with pytest.raises(InputError, match=r"shape \(4,\); \(3,\) was given"):
        predictor.predict(row[:3])
    row[2] = np.inf
    with pytest.raises(InputError, match="'noise a' is infinite"):
        predictor.predict(row)
    with pytest.raises(InputError, match="'noise a' is infinite"):
        predictor.predict_many(row[None])
    with pytest.raises(InputError, match="No feature is known"):
        predictor.predict(np.full(4, np.nan))
    row[2] = np.nan
    assert np.isfinite(predictor.predict(row).value)


def test_a_window_needs_its_newest_bar_and_may_lack_older_ones(
    made: Callable[[str], Made],
) -> None:
    predictor, inputs = made("lstm")
    window = inputs[0].copy()
    window[:2] = np.nan
    assert np.isfinite(predictor.predict(window).value)
    window[-1] = np.nan
    with pytest.raises(InputError, match="No feature is known"):
        predictor.predict(window)
    with pytest.raises(InputError, match=r"\(4, 4\)"):
        predictor.predict(window[0])
