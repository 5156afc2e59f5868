"""SHAP values of many predictions: in chunks that can be watched and cancelled, on all cores."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait

import numpy as np

from terminal.errors import InputError, TerminalError
from terminal.explain.explainers import Explainer, explainer_of
from terminal.explain.explanation import Explanation, Progress, silent
from terminal.features.frame import Float32Array
from terminal.market.panel import FloatArray
from terminal.models.model import Fitted

CHUNK = 512
"""Rows whose values are summed in one piece: small enough for the processor's cache."""
WINDOW_CHUNK = 16


class NotAdditive(TerminalError):
    """Values of an exact method do not add up to the model's output: a defect, never shown."""


def explain(
    fitted: Fitted,
    rows: Float32Array,
    background: Float32Array,
    *,
    progress: Progress = silent,
    threads: int = 1,
    seed: int = 0,
) -> Explanation:
    """Explain predictions.

    Parameters
    ----------
    rows : float32 (n, n_features), or windows (n, length, n_features) for sequence models; what the
        model would be asked.
    background : rows (or windows) like those it was trained on. Linear models and networks are
        explained against them; trees carry their own counts of the training rows.
    progress : told the share done after each chunk.
    seed : of methods that sample.

    Raises
    ------
    InputError : no rows, rows of another shape, or no background.
    NotAdditive : an exact method whose values do not add up.
    """
    _check(fitted, rows, background)
    explainer = explainer_of(fitted, background, seed, threads)
    size = CHUNK if fitted.length == 1 else WINDOW_CHUNK
    parts = [slice(start, start + size) for start in range(0, len(rows), size)]
    found = np.empty((len(rows), len(fitted.columns)))
    by_lag = np.zeros(rows.shape[1:]) if fitted.length > 1 else None
    for done, (part, values) in enumerate(_in_parts(explainer, rows, parts, threads), start=1):
        if values.ndim == 2:
            found[part] = values
            by_lag = None
        elif by_lag is not None:
            found[part] = values.sum(axis=1)
            by_lag += np.abs(values).sum(axis=0) / len(rows)
        progress(done / len(parts))
    raw = explainer.raw(rows)
    residual = additivity(found, explainer.base, raw)
    if explainer.tolerance is not None and residual > explainer.tolerance:
        raise NotAdditive(
            f"The values of {fitted.kind} miss the model's output by {residual:.2g} of its range.",
            field="model",
            remedy="Report it: this is a defect of the terminal.",
        )
    return Explanation(
        values=found,
        base=explainer.base,
        data=rows if fitted.length == 1 else np.ascontiguousarray(rows[:, -1]),
        raw=raw,
        columns=fitted.columns,
        output=explainer.output,
        method=explainer.method,
        exact=explainer.tolerance is not None,
        residual=residual,
        by_lag=by_lag,
    )


def additivity(values: FloatArray, base: float, raw: FloatArray) -> float:
    """Largest |base + sum of values - raw|, relative to the largest |raw - base|."""
    missed = float(np.abs(values.sum(axis=1) + base - raw).max())
    scale = max(float(np.abs(raw - base).max()), 1e-3 * abs(base), 1e-12)
    return missed / scale


def _in_parts(
    explainer: Explainer, rows: Float32Array, parts: list[slice], threads: int
) -> Iterator[tuple[slice, FloatArray]]:
    """Values part by part, as they are done; what is not begun is dropped when nobody asks on."""
    if threads < 2 or not explainer.parallel or len(parts) < 2:
        for part in parts:
            yield part, explainer.values(rows[part])
        return
    with ThreadPoolExecutor(threads) as pool:
        waiting: dict[Future[FloatArray], slice] = {}
        left = iter(parts)
        try:
            while True:
                for part in left:
                    waiting[pool.submit(explainer.values, rows[part])] = part
                    if len(waiting) > threads:
                        break
                if not waiting:
                    return
                done, _ = wait(waiting, return_when=FIRST_COMPLETED)
                for future in done:
                    yield waiting.pop(future), future.result()
        finally:
            for future in waiting:
                future.cancel()


def _check(fitted: Fitted, rows: Float32Array, background: Float32Array) -> None:
    shape: tuple[int, ...] = (len(fitted.columns),)
    if fitted.length > 1:
        shape = (fitted.length, *shape)
    for name, given in (("rows", rows), ("background", background)):
        if given.ndim != len(shape) + 1 or given.shape[1:] != shape:
            raise InputError(
                f"The model reads ({', '.join(map(str, shape))}) an event; the {name} have "
                f"{given.shape[1:]}.",
                field=name,
                remedy="Compute the features of the model's own feature set.",
            )
        if not len(given):
            raise InputError(
                f"There are no {name} to explain.",
                field=name,
                remedy="Choose a longer range of bars.",
            )
