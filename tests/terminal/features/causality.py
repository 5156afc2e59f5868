"""The test that no row of a feature changes when later bars are hidden."""

from __future__ import annotations

import numpy as np

from terminal.features.feature_set import FeatureSet
from terminal.features.pipeline import compute
from terminal.market.panel import Panel

SECTORS = {"S0": "Energy", "S1": "Energy", "S2": "Utilities", "S3": "Utilities"}


def look_aheads(panel: Panel, feature_set: FeatureSet, cuts: list[int]) -> set[str]:
    """Columns of which a row on data cut at a bar is not the full run's, bit for bit."""
    full = compute(panel, feature_set, sectors=SECTORS)
    found: set[str] = set()
    for cut in cuts:
        part = compute(panel.truncated(cut), feature_set, sectors=SECTORS)
        before = full.values[:, :cut].view(np.uint32)
        same = (part.values.view(np.uint32) == before).all(axis=(0, 1))
        found |= {full.columns[j] for j in np.nonzero(~same)[0]}
    return found
