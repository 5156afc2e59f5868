"""When a session's volume trades: the share of each quarter of an hour, from sessions that ended.

The mean over sessions of each session's own shares, so that a day of heavy trading counts no more
than another (the historical average that Białkowski, Darolles and Le Fol, 2008, start from).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import numpy.typing as npt

from terminal.errors import InputError

WINDOW = 20
"""Sessions in an estimate."""
LEAST = 5
"""Sessions below which there is none."""


@dataclass(frozen=True)
class VolumeCurve:
    """A session's volume over time.

    open_at : UTC, of the session traded in. bucket : length of each part. shares : of the session's
    volume in each, adding up to 1.
    """

    open_at: datetime
    bucket: timedelta
    shares: tuple[float, ...]

    def __post_init__(self) -> None:
        good = all(np.isfinite(share) and share >= 0 for share in self.shares)
        if not self.shares or not good or abs(sum(self.shares) - 1.0) > 1e-9:
            raise InputError("The shares of a volume curve add up to 1, each at least 0.",
                             field="curve")  # fmt: skip

    def upto(self, at: datetime) -> float:
        """Share of the session's volume traded before `at`; even within a bucket."""
        position = (at - self.open_at) / self.bucket
        whole = min(max(int(np.floor(position)), 0), len(self.shares))
        inside = min(max(position - whole, 0.0), 1.0) if whole < len(self.shares) else 0.0
        done = sum(self.shares[:whole])
        return done + (inside * self.shares[whole] if whole < len(self.shares) else 0.0)


def estimate(
    ts: npt.NDArray[np.datetime64],
    volume: npt.NDArray[np.float64],
    sessions: npt.NDArray[np.datetime64],
    *,
    open_at: datetime,
    bucket: timedelta = timedelta(minutes=15),
) -> VolumeCurve:
    """The curve of the session that opens at `open_at`, from sessions before it.

    Sessions of another length than most (half days), and those with a bar missing or without
    volume, are left out.

    Parameters
    ----------
    ts, volume : (n,) open times of bars of one bucket's length, UTC ascending, and their volumes.
    sessions : (n,) date of the session each bar belongs to.

    Raises
    ------
    InputError : fewer than `LEAST` whole sessions ended before `open_at`.
    """
    before = ts + np.timedelta64(bucket) <= np.datetime64(open_at.replace(tzinfo=None))
    first = np.datetime64(open_at.replace(tzinfo=None), "D")
    before &= sessions.astype("datetime64[D]") < first
    dates, index = np.unique(sessions[before], return_inverse=True)
    rows = [volume[before][index == k] for k in range(len(dates))]
    lengths = np.array([len(row) for row in rows], dtype=np.int64)
    usual = int(np.bincount(lengths).argmax()) if len(lengths) else 0
    whole = [
        row / row.sum()
        for row in rows
        if len(row) == usual and np.isfinite(row).all() and row.sum() > 0
    ][-WINDOW:]
    if len(whole) < LEAST:
        raise InputError(
            f"{len(whole)} whole sessions before this one have volumes; at least {LEAST} are "
            "needed for a volume curve.",
            field="curve",
            remedy="Store more bars, or choose TWAP.",
        )
    mean = np.mean(whole, axis=0)
    return VolumeCurve(open_at, bucket, tuple((mean / mean.sum()).tolist()))
