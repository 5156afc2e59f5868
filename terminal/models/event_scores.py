"""How good a model's answer to one event was.

The score of an event is higher the better: the log of the probability given to what happened (log
loss with its sign turned), or minus the squared error of a number.
"""

from __future__ import annotations

import numpy as np

from terminal.market.panel import FloatArray
from terminal.models.model import Task

LEAST_PROBABILITY = 1e-6


def event_scores(
    answers: FloatArray, outcome: FloatArray, task: Task, classes: FloatArray
) -> FloatArray:
    """Score of each event, float64 (n,), higher is better; NaN where the outcome is unknown or no
    class of the model.

    Parameters
    ----------
    answers : (n, n_classes) probabilities, or (n, 1) values. outcome : float64 (n,).
    """
    if task is Task.NUMBER:
        return np.asarray(-np.square(answers[:, 0] - outcome))
    at = np.minimum(np.searchsorted(classes, outcome), len(classes) - 1)
    known = np.isfinite(outcome) & (classes[at] == outcome)
    given = answers[np.arange(len(answers)), at]
    score = np.log(np.clip(given, LEAST_PROBABILITY, 1.0))
    return np.where(known, score, np.nan)


def event_errors(
    answers: FloatArray, outcome: FloatArray, task: Task, classes: FloatArray
) -> FloatArray:
    """1 for each wrong answer, 0 for each right one, float64 (n,): another class than the likeliest
    one came true, or the number had the other sign."""
    if task is Task.NUMBER:
        wrong = np.sign(answers[:, 0]) != np.sign(outcome)
    else:
        wrong = classes[answers.argmax(axis=1)] != outcome
    return np.asarray(wrong, dtype=np.float64)


def score_title(task: Task) -> str:
    """What the score of an event is, in words."""
    return "minus squared error" if task is Task.NUMBER else "log likelihood of an event"
