"""Ensembles of trees as people choose them."""

from __future__ import annotations

from dataclasses import dataclass

from terminal.models.model import ModelKind, Task
from terminal.params import param

BOTH = (Task.CLASSES, Task.NUMBER)


@dataclass(frozen=True)
class Boosting:
    """What the three boosting libraries have in common."""

    rounds: int = param(
        300,
        title="Rounds at most",
        low=1,
        high=10_000,
        help="Trees are added one a round (one a class with three classes or more).",
    )
    learning_rate: float = param(
        0.05, title="Learning rate", low=0.001, high=1, help="How much of each tree is added."
    )
    patience: int = param(
        50,
        title="Patience",
        low=0,
        high=1000,
        unit="rounds",
        help="Stop when the validation slice has not improved for so long; 0: never stop early.",
    )
    row_share: float = param(
        0.8, title="Share of rows a tree", low=0.1, high=1, help="Drawn anew for each tree."
    )
    column_share: float = param(
        0.8, title="Share of features a tree", low=0.05, high=1, help="Drawn anew for each tree."
    )
    l2: float = param(1.0, title="L2 penalty on leaves", low=0, high=10_000)


@dataclass(frozen=True)
class LightgbmParams(Boosting):
    """Parameters of LightGBM."""

    leaves: int = param(31, title="Leaves a tree", low=2, high=1024, help="More fits more closely.")
    depth: int = param(0, title="Depth at most", low=0, high=32, help="0: no bound.")
    min_rows_leaf: int = param(
        100, title="Rows in a leaf at least", low=1, high=100_000, unit="events"
    )
    l1: float = param(0.0, title="L1 penalty on leaves", low=0, high=10_000)
    bins: int = param(
        255, title="Bins a feature", low=15, high=255, help="Values are grouped before splitting."
    )


LIGHTGBM = ModelKind(
    slug="lightgbm",
    title="LightGBM",
    family="trees",
    description="Gradient-boosted trees that grow leaf by leaf. Fast, and it takes unknown values "
    "as they are: a good first choice.",
    params_type=LightgbmParams,
    tasks=BOTH,
    fit="terminal.models.trees.lightgbm:fit",
    load="terminal.models.trees.lightgbm:load",
    loss="log loss, or mean squared error",
    about={"source": "Ke et al. (2017), LightGBM", "format": "LightGBM text"},
)
