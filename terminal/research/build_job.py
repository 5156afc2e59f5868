"""Job `feature_build`: compute a set on a universe, say what it cost, leave it as Parquet."""

from __future__ import annotations

import io
import time

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from terminal.features.cache import FeatureCache
from terminal.features.frame import FeatureFrame
from terminal.features.pipeline import validate_set, warmup
from terminal.jobs.context import JobContext
from terminal.jobs.execute import PARQUET
from terminal.jobs.values import Outcome
from terminal.market.panel import Panel
from terminal.research.bars import load_bars
from terminal.research.requests import BuildRequest

MOST_VALUES = 200_000_000
"""Values of a file: beyond it the numbers are computed and counted, not written."""
THREADS = 2


def run(request: BuildRequest, ctx: JobContext) -> Outcome:
    """Compute the set, or take it from the cache.

    Raises
    ------
    InputError : the set does not fit the data.
    """
    loaded = load_bars(request.bars, ctx)
    panel = loaded.panel
    validate_set(request.features, panel.timeframe)
    cache = FeatureCache(ctx.settings.storage.root / "features")
    ctx.progress(0.05, "Computing", f"{len(request.features.choices)} columns")
    began, computed = time.perf_counter(), False

    def say(share: float, words: str) -> None:
        nonlocal computed
        computed = True  # what comes from disk has no progress
        ctx.progress(0.05 + 0.75 * share, "Computing", words)

    frame = cache.frame(
        panel,
        request.features,
        threads=THREADS,
        progress=say,
        sectors=loaded.sectors,
    )
    seconds = time.perf_counter() - began
    ctx.progress(0.85, "Counting")
    columns = column_frame(frame, panel)
    written = frame.values.size <= MOST_VALUES
    if written:
        ctx.progress(0.9, "Writing")
        ctx.artifact("features.parquet", frame_file(frame), PARQUET)
    return Outcome(
        summary={
            "shape": list(frame.values.shape),
            "megabytes": frame.values.nbytes / 2**20,
            "seconds": seconds,
            "cache_hit": not computed,
            "written": written,
            "missing": float(columns["missing"].mean()),
            "later": float(columns["later"].mean()),
            "warmup": warmup(request.features, panel.timeframe),
            "spec_hash": frame.spec_hash,
            "data_hash": frame.data_hash,
            "timeframe": panel.timeframe.value,
            "simulated": panel.simulated,
            "first": str(panel.ts[0].astype("datetime64[D]")),
            "last": str(panel.ts[-1].astype("datetime64[D]")),
        },
        frames={"columns": columns},
        data_version=loaded.dataset.version,
    )


def column_frame(frame: FeatureFrame, panel: Panel) -> pd.DataFrame:
    """One row a column: missing shares of the bars there are, mean, deviation, lowest, highest."""
    present = np.isfinite(panel.close).T
    rows = []
    for k, name in enumerate(frame.columns):
        values = frame.values[:, :, k].astype(np.float64)
        finite = np.isfinite(values)
        known = values[finite & present]
        begun = np.maximum.accumulate(finite, axis=1) & present
        rows.append(
            {
                "column": name,
                "missing": 1.0 - float((finite & present).sum() / max(present.sum(), 1)),
                "later": float((begun & ~finite).sum() / max(begun.sum(), 1)),
                "mean": float(known.mean()) if known.size else np.nan,
                "deviation": float(known.std()) if known.size else np.nan,
                "low": float(known.min()) if known.size else np.nan,
                "high": float(known.max()) if known.size else np.nan,
            }
        )
    return pd.DataFrame(rows)


def frame_file(frame: FeatureFrame) -> bytes:
    """Parquet, one row a bar and instrument: ts and close_ts (UTC), symbol, then the columns."""
    n_instruments, n_bars, _ = frame.values.shape
    schema = pa.schema(
        [
            ("ts", pa.timestamp("ns", tz="UTC")),
            ("close_ts", pa.timestamp("ns", tz="UTC")),
            ("symbol", pa.string()),
            *((name, pa.float32()) for name in frame.columns),
        ]
    )
    sink = io.BytesIO()
    with pq.ParquetWriter(sink, schema, compression="zstd") as writer:
        for j in range(n_instruments):
            columns = [
                pa.array(frame.ts, pa.timestamp("ns", tz="UTC")),
                pa.array(frame.close_ts, pa.timestamp("ns", tz="UTC")),
                pa.array([frame.symbols[j]] * n_bars, pa.string()),
                *(pa.array(frame.values[j, :, k]) for k in range(len(frame.columns))),
            ]
            writer.write_table(pa.Table.from_arrays(columns, schema=schema))
    return sink.getvalue()
