"""Computed frames on disk, found again by what they were made from and by.

A frame is a folder: `values.npy` (read as plain numbers, never as objects) and `about.json`. A
folder appears whole or not at all: it is written beside and renamed. What does not fit its
description is computed again.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import orjson

from terminal.features.feature_set import FeatureSet
from terminal.features.frame import FeatureFrame
from terminal.features.pipeline import Progress, compute, data_hash, spec_hash, validate_set
from terminal.market.panel import Panel


@dataclass(frozen=True)
class FeatureCache:
    """Frames under a folder; the oldest leave when it holds more than `limit_bytes`."""

    folder: Path
    limit_bytes: int = 10 * 2**30

    def frame(
        self,
        panel: Panel,
        feature_set: FeatureSet,
        *,
        threads: int = 1,
        progress: Progress | None = None,
        sectors: Mapping[str, str] | None = None,
    ) -> FeatureFrame:
        """The frame of a raw panel, from disk where it is known; else computed and kept.

        Values from disk are read where they are used; writing to them changes nothing on disk.

        Raises
        ------
        InputError : as `compute`.
        """
        validate_set(feature_set, panel.timeframe)
        made_from, made_by = data_hash(panel, sectors), spec_hash(feature_set)
        place = self.folder / f"{made_from}-{made_by}"
        found = self._read(place, panel, feature_set, made_from, made_by)
        if found is not None:
            os.utime(place)
            return found
        frame = compute(panel, feature_set, threads=threads, progress=progress, sectors=sectors)
        self._write(place, frame)
        return frame

    def _read(
        self, place: Path, panel: Panel, feature_set: FeatureSet, made_from: str, made_by: str
    ) -> FeatureFrame | None:
        shape = (panel.n_instruments, panel.n_bars, len(feature_set.columns))
        try:
            about: dict[str, Any] = orjson.loads((place / "about.json").read_bytes())
            values = np.load(place / "values.npy", mmap_mode="c", allow_pickle=False)
        except (OSError, ValueError, EOFError):
            return None
        expected = {
            "columns": list(feature_set.columns),
            "symbols": list(panel.symbols),
            "data": made_from,
            "spec": made_by,
        }
        fits = values.shape == shape and values.dtype == np.float32 and about == expected
        if not fits:
            return None
        return FeatureFrame(
            columns=feature_set.columns,
            symbols=panel.symbols,
            ts=panel.ts,
            close_ts=panel.close_ts,
            values=values,
            spec_hash=made_by,
            data_hash=made_from,
        )

    def _write(self, place: Path, frame: FeatureFrame) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self._make_room(frame.values.nbytes)
        beside = Path(tempfile.mkdtemp(prefix=".new-", dir=self.folder))
        try:
            np.save(beside / "values.npy", frame.values, allow_pickle=False)
            about = {
                "columns": list(frame.columns),
                "symbols": list(frame.symbols),
                "data": frame.data_hash,
                "spec": frame.spec_hash,
            }
            (beside / "about.json").write_bytes(orjson.dumps(about))
            if place.exists():  # one that did not fit its description
                shutil.rmtree(place, ignore_errors=True)
            try:
                beside.rename(place)
            except OSError:  # somebody else has just written the same
                shutil.rmtree(beside, ignore_errors=True)
        except BaseException:
            shutil.rmtree(beside, ignore_errors=True)
            raise

    def _make_room(self, needed: int) -> None:
        kept = sorted(
            (path for path in self.folder.iterdir() if not path.name.startswith(".")),
            key=lambda path: path.stat().st_mtime,
        )
        sizes = {path: sum(file.stat().st_size for file in path.iterdir()) for path in kept}
        total = sum(sizes.values()) + needed
        for path in kept:
            if total <= self.limit_bytes:
                return
            shutil.rmtree(path, ignore_errors=True)
            total -= sizes[path]
