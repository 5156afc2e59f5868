"""The monthly factors of Fama and French, from the data file of an installed package.

arch 8.0.0 ships Mkt-RF, SMB, HML and RF from July 1926 to November 2018, as Kenneth R. French
publishes them (percent a month). The file is read without importing the package, which would load
its models.
"""

from __future__ import annotations

import importlib.util
from functools import lru_cache
from pathlib import Path

import pandas as pd

PLACE = Path("data", "frenchdata", "frenchdata.csv.gz")
SOURCE = "Kenneth R. French's data library, as shipped with arch 8.0.0"


@lru_cache(maxsize=1)
def monthly_factors() -> pd.DataFrame | None:
    """Fractions a month, indexed by period ("M"); None where the package has no such file."""
    found = importlib.util.find_spec("arch")
    if found is None or found.origin is None:
        return None
    path = Path(found.origin).parent / PLACE
    if not path.is_file():
        return None
    frame = pd.read_csv(path, index_col=0, compression="gzip") / 100.0
    months = pd.to_datetime(frame.index.astype(str), format="%Y%m").to_period("M")
    return frame.set_axis(months)
