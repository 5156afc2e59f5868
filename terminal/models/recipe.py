"""How a model was made, as data: enough to make it again on other bars.

A registered model carries its recipe, and a backtest that trains again as time passes follows it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from terminal.features.feature_set import FeatureSet, Value
from terminal.models.model import Task


@dataclass(frozen=True)
class Recipe:
    """Features, label and model with their parameters.

    uniqueness : whether events weigh by their average uniqueness (López de Prado 2018, 4.4).
    time_decay : weight of the oldest event against the newest, 1 for none (ibid. 4.7).
    early_stopping : share of the training events, the last ones, that say when to stop; 0: none.
    calibration : "", "isotonic" or "platt": probabilities corrected by what happened in the slice
        that says when to stop.
    every : of the events, each so-many-th bar is taken; 1 for all.
    """

    features: FeatureSet
    label: str
    label_params: Mapping[str, Value]
    model: str
    model_params: Mapping[str, Value]
    task: Task
    uniqueness: bool = True
    time_decay: float = 1.0
    early_stopping: float = 0.0
    calibration: str = ""
    every: int = 1
    seed: int = 0
