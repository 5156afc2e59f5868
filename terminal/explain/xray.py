"""One decision of a model, taken apart: the features it knew and what each of them added."""

from __future__ import annotations

import numpy as np

from terminal.errors import InputError
from terminal.explain.aggregates import waterfall
from terminal.explain.shap_values import explain
from terminal.explain.xray_result import Xray
from terminal.features.frame import FeatureFrame, Float32Array
from terminal.models.model import Fitted, expected_value

TOP = 15


def xray(
    fitted: Fitted, frame: FeatureFrame, bar: int, instrument: int, background: Float32Array
) -> Xray:
    """Take the decision at the close of `bar` apart.

    Parameters
    ----------
    frame : features of which row `bar` is what was known then.
    bar, instrument : row and number of the instrument. background : see `explain`.

    Raises
    ------
    InputError : nothing was known of the instrument at that bar.
    """
    at, who = np.array([bar]), np.array([instrument])
    row = frame.rows(at, who)
    if not np.isfinite(row).any():
        raise InputError(
            f"No feature of {frame.symbols[instrument]} was known at bar {bar}.",
            field="trade",
            remedy="Choose another trade.",
        )
    inputs = row if fitted.length == 1 else frame.windows(at, who, fitted.length)
    made = explain(fitted, inputs, background)
    answers = fitted.predict(inputs)
    return Xray(
        ts=_iso(frame.ts[bar]),
        close_ts=_iso(frame.close_ts[bar]),
        symbol=frame.symbols[instrument],
        columns=made.columns,
        features=tuple(None if np.isnan(value) else float(value) for value in row[0]),
        values=tuple(made.values[0].tolist()),
        classes=tuple(fitted.classes.tolist()),
        answers=tuple(answers[0].tolist()),
        expected=float(expected_value(fitted, answers)[0]),
        waterfall=waterfall(made, 0, TOP),
        method=made.method,
        exact=made.exact,
        residual=made.residual,
    )


def _iso(at: np.datetime64) -> str:
    return f"{at.astype('datetime64[s]')}+00:00"
