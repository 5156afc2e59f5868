"""Logistic and ridge regression as people choose them."""

from __future__ import annotations

from dataclasses import dataclass

from terminal.models.model import ModelKind, Task
from terminal.params import param


@dataclass(frozen=True)
class LogisticParams:
    """Parameters of logistic regression."""

    penalty: float = param(
        0.01,
        title="Penalty",
        low=1e-6,
        high=100,
        help="L2 penalty on coefficients of standardised features, against the mean log loss. "
        "More is smoother.",
    )
    iterations: int = param(
        200, title="Iterations at most", low=10, high=2000, help="Steps of L-BFGS."
    )


@dataclass(frozen=True)
class RidgeParams:
    """Parameters of ridge regression."""

    penalty: float = param(
        0.1,
        title="Penalty",
        low=1e-6,
        high=1000,
        help="L2 penalty on coefficients of standardised features, against the mean squared error.",
    )


LOGISTIC = ModelKind(
    slug="logistic",
    title="Logistic regression",
    family="linear",
    description="Probabilities from a weighted sum of standardised features. The yardstick that "
    "anything more complicated has to beat.",
    params_type=LogisticParams,
    tasks=(Task.CLASSES,),
    fit="terminal.models.linear.logistic:fit",
    load="terminal.models.linear.logistic:load",
    loss="log loss",
    about={
        "source": "Hastie, Tibshirani, Friedman (2009), The Elements of Statistical Learning, 4.4"
    },
)

RIDGE = ModelKind(
    slug="ridge",
    title="Ridge regression",
    family="linear",
    description="A number from a weighted sum of standardised features, coefficients held small.",
    params_type=RidgeParams,
    tasks=(Task.NUMBER,),
    fit="terminal.models.linear.ridge:fit",
    load="terminal.models.linear.ridge:load",
    loss="mean squared error",
    about={
        "source": "Hastie, Tibshirani, Friedman (2009), The Elements of Statistical Learning, 3.4"
    },
)
