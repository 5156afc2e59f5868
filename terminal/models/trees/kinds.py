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


@dataclass(frozen=True)
class XgboostParams(Boosting):
    """Parameters of XGBoost."""

    depth: int = param(5, title="Depth of a tree", low=1, high=16, help="More fits more closely.")
    min_weight_leaf: float = param(
        20.0,
        title="Weight in a leaf at least",
        low=0,
        high=100_000,
        help="Sum of second derivatives: for two even classes about a quarter of the events.",
    )
    l1: float = param(0.0, title="L1 penalty on leaves", low=0, high=10_000)
    bins: int = param(
        256, title="Bins a feature", low=16, high=1024, help="Values are grouped before splitting."
    )


@dataclass(frozen=True)
class CatboostParams(Boosting):
    """Parameters of CatBoost."""

    depth: int = param(
        6, title="Depth of a tree", low=1, high=10, help="Every branch asks the same questions."
    )
    bins: int = param(
        128, title="Bins a feature", low=16, high=255, help="Values are grouped before splitting."
    )


@dataclass(frozen=True)
class ForestParams:
    """Parameters of a random forest."""

    trees: int = param(200, title="Trees", low=1, high=5000)
    depth: int = param(8, title="Depth at most", low=1, high=24, help="More fits more closely.")
    min_rows_leaf: int = param(
        50, title="Rows in a leaf at least", low=1, high=100_000, unit="events"
    )
    column_share: float = param(
        0.3, title="Share of features a split", low=0.01, high=1, help="Drawn anew at each split."
    )
    row_share: float = param(
        0.5,
        title="Share of rows a tree",
        low=0.01,
        high=1,
        help="Drawn with replacement. Where events overlap, take the average uniqueness "
        "(López de Prado 2018, 6.3).",
    )


XGBOOST = ModelKind(
    slug="xgboost",
    title="XGBoost",
    family="trees",
    description="Gradient-boosted trees that grow level by level. Takes unknown values as they "
    "are.",
    params_type=XgboostParams,
    tasks=BOTH,
    fit="terminal.models.trees.xgboost:fit",
    load="terminal.models.trees.xgboost:load",
    loss="log loss, or mean squared error",
    about={"source": "Chen, Guestrin (2016), XGBoost", "format": "XGBoost JSON"},
)

CATBOOST = ModelKind(
    slug="catboost",
    title="CatBoost",
    family="trees",
    description="Gradient-boosted symmetric trees: hard to overfit and quick to answer. Takes "
    "unknown values as they are.",
    params_type=CatboostParams,
    tasks=BOTH,
    fit="terminal.models.trees.catboost:fit",
    load="terminal.models.trees.catboost:load",
    loss="log loss, or mean squared error",
    about={"source": "Prokhorenkova et al. (2018), CatBoost", "format": "CatBoost JSON"},
)

RANDOM_FOREST = ModelKind(
    slug="random-forest",
    title="Random forest",
    family="trees",
    description="The mean of many trees, each grown on a random part of the events. Needs little "
    "tuning. Takes unknown values as they are.",
    params_type=ForestParams,
    tasks=BOTH,
    fit="terminal.models.trees.forest:fit",
    load="terminal.models.trees.forest:load",
    loss="entropy of a split, or mean squared error",
    about={"source": "Breiman (2001), Random Forests", "format": "arrays (safetensors)"},
)
