"""Scores are -1 to 1 whatever the classes are, and a row's does not depend on its company."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pytest

from terminal.features.frame import FeatureFrame
from terminal.market.panel import FloatArray
from terminal.models.model import Task
from terminal.strategies.model.scores import score_rows, scores


@dataclass
class Known:
    """A model that answers with what it is shown."""

    kind: str = "known"
    task: Task = Task.NUMBER
    classes: FloatArray = field(default_factory=lambda: np.empty(0))
    columns: tuple[str, ...] = ("x",)
    length: int = 1

    def predict(self, inputs: np.ndarray) -> FloatArray:
        newest = inputs if inputs.ndim == 2 else inputs[:, -1]
        return np.asarray(newest[:, :1], dtype=float)

    def save(self, folder: object) -> list[str]:
        raise AssertionError("not asked for")


def frame_of(values: np.ndarray) -> FeatureFrame:
    ts = np.datetime64("2024-01-02", "ns") + np.arange(values.shape[1]) * np.timedelta64(1, "D")
    symbols = tuple(f"S{j}" for j in range(values.shape[0]))
    return FeatureFrame(("x",), symbols, ts, ts, values.astype(np.float32))


@pytest.mark.parametrize(
    ("classes", "answers", "expected"),
    [
        ([-1.0, 0.0, 1.0], [[0.2, 0.3, 0.5]], 0.3),
        ([0.0, 1.0], [[0.25, 0.75]], 0.5),
        ([0.0, 1.0, 2.0, 3.0, 4.0], [[0.0, 0.0, 0.0, 0.0, 1.0]], 1.0),
    ],
)
def test_classes_are_placed_between_the_lowest_and_the_highest(
    classes: list[float], answers: list[list[float]], expected: float
) -> None:
    model = Known(task=Task.CLASSES, classes=np.array(classes))
    assert scores(model, np.array(answers), 1.0) == pytest.approx([expected])


def test_a_number_is_measured_in_what_was_usual_and_cut_at_one() -> None:
    found = scores(Known(), np.array([[0.01], [-0.01], [0.5]]), 0.02)
    assert found == pytest.approx([0.5, -0.5, 1.0])


def test_a_bar_without_any_feature_has_no_score() -> None:
    frame = frame_of(np.array([[[0.1], [np.nan], [0.3]]]))
    assert np.isnan(score_rows(Known(), frame, 0, 3, 1.0)[:, 0]).tolist() == [False, True, False]


def test_windows_give_each_row_the_same_score_wherever_the_question_begins_and_ends() -> None:
    values = np.random.default_rng(1).normal(0, 0.3, (2, 600, 1))
    model = Known(length=3)
    whole = score_rows(model, frame_of(values), 0, 600, 1.0)
    part = score_rows(model, frame_of(values[:, :431]), 250, 431, 1.0)
    assert np.array_equal(whole[250:431], part)
    assert np.isnan(whole[:2]).all() and np.isfinite(whole[2:]).all()
    assert whole[2:] == pytest.approx(np.clip(values[:, 2:, 0].T, -1, 1).astype(np.float32))
