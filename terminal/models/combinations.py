"""Models made of models, as people choose them: stacking, and calibration."""

from __future__ import annotations

from dataclasses import dataclass, fields

from terminal.errors import InputError
from terminal.models.catalogue import get_model
from terminal.models.model import ModelKind, Task
from terminal.params import param

CALIBRATIONS = ("isotonic", "platt")


@dataclass(frozen=True)
class StackingParams:
    """Parameters of stacking: members, each with its defaults, and the folds."""

    linear: bool = param(True, title="Linear model", help="Logistic or ridge regression.")
    random_forest: bool = param(True, title="Random forest")
    lightgbm: bool = param(True, title="LightGBM")
    xgboost: bool = param(False, title="XGBoost")
    catboost: bool = param(False, title="CatBoost")
    lstm: bool = param(False, title="LSTM with attention")
    transformer: bool = param(False, title="Causal Transformer")
    folds: int = param(4, title="Folds", low=2, high=20)
    gap: int = param(
        20,
        title="Gap",
        low=0,
        high=100_000,
        unit="bars",
        help="Left out around each fold, on top of outcomes that overlap.",
    )

    def __post_init__(self) -> None:
        if sum(getattr(self, f.name) is True for f in fields(self)) < 2:
            raise InputError(
                "Stacking needs at least two models.", field="linear", remedy="Switch on another."
            )

    def members(self, task: Task) -> tuple[str, ...]:
        """Slugs of the models chosen."""
        linear = "logistic" if task is Task.CLASSES else "ridge"
        names = [f.name for f in fields(self) if getattr(self, f.name) is True]
        return tuple(linear if name == "linear" else name.replace("_", "-") for name in names)


def _longest_window(params: StackingParams) -> int:
    """Of the members, which are fitted with their defaults."""
    kinds = [get_model(slug) for slug in params.members(Task.CLASSES)]
    return max(kind.window(kind.params_type()) for kind in kinds)


STACKING = ModelKind(
    slug="stacking",
    title="Stacking",
    family="combination",
    description="Several models mixed by how well each predicted what it had not seen. Says how "
    "differently they err.",
    params_type=StackingParams,
    tasks=(Task.CLASSES, Task.NUMBER),
    window=_longest_window,
    fit="terminal.models.stacking:fit",
    load="terminal.models.stack:load",
    loss="log loss, or mean squared error",
    about={"source": "Wolpert (1992); Breiman (1996), Stacked Regressions"},
)


@dataclass(frozen=True)
class CalibratedParams:
    """Parameters of calibration."""

    method: str = param(
        "isotonic",
        title="Calibration",
        choices=CALIBRATIONS,
        help="isotonic follows the data; platt is a sigmoid, for few events.",
    )


CALIBRATED = ModelKind(
    slug="calibrated",
    title="Calibrated model",
    family="combination",
    description="A classifier whose probabilities are corrected by what happened out of fold.",
    params_type=CalibratedParams,
    tasks=(Task.CLASSES,),
    fit="",
    load="terminal.models.calibrated:load",
)
