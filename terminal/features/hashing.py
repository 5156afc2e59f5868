"""What a frame was made by and from, as SHA-256: equal hashes, equal frames."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import asdict
from functools import lru_cache
from pathlib import Path

import numpy as np
import orjson

from terminal.features.across_bars import sectors_of
from terminal.features.feature_set import FeatureSet
from terminal.market.panel import Panel

ARRAYS = ("open", "high", "low", "close", "volume", "split", "dividend")


@lru_cache(maxsize=1)
def code_version() -> str:
    """SHA-256 of the source of this room: other formulas make other frames."""
    digest = hashlib.sha256()
    folder = Path(__file__).parent
    for path in sorted(folder.rglob("*.py")):
        digest.update(path.relative_to(folder).as_posix().encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def spec_hash(feature_set: FeatureSet) -> str:
    """Of the choices in their order and the version of the catalogue's code."""
    choices = [{**asdict(choice), "params": dict(choice.params)} for choice in feature_set.choices]
    spec = {"choices": choices, "code": code_version()}
    return hashlib.sha256(orjson.dumps(spec, option=orjson.OPT_SORT_KEYS)).hexdigest()


def data_hash(panel: Panel, sectors: Mapping[str, str] | None = None) -> str:
    """Of everything in a raw panel that a feature may depend on."""
    head = {
        "timeframe": panel.timeframe.value,
        "calendar": panel.calendar,
        "symbols": panel.symbols,
        "shape": panel.close.shape,
        "sectors": dict(sectors_of(panel, sectors)),
    }
    digest = hashlib.sha256(orjson.dumps(head, option=orjson.OPT_SORT_KEYS))
    for times in (panel.ts, panel.close_ts):
        digest.update(np.ascontiguousarray(times.astype("datetime64[ns]")).view(np.uint8).data)
    for name in ARRAYS:
        values = np.ascontiguousarray(getattr(panel, name), dtype="<f8")
        digest.update(values.view(np.uint8).data)
    return digest.hexdigest()
