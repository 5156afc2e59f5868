"""Reading the time columns of a file: how they are written, and in which zone.

A time with an offset ("+02:00", "Z") or counted from 1970 is exact. A naive one needs a zone; in
the hour that a clock change repeats or skips it names two moments or none, which is an error with
its row, never a guess.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np
import pandas as pd

from terminal.errors import InputError

ISO = "ISO 8601"
EPOCHS: dict[str, Literal["s", "ms", "us", "ns"]] = {
    "epoch s": "s",
    "epoch ms": "ms",
    "epoch us": "us",
    "epoch ns": "ns",
}
EPOCH_DIGITS = {"epoch s": 10, "epoch ms": 13, "epoch us": 16, "epoch ns": 19}  # of our time
DATE_FORMATS: tuple[str, ...] = ("%Y%m%d", "%m/%d/%Y", "%d/%m/%Y", "%d.%m.%Y", "%d-%b-%Y",
    "%m/%d/%y", "%Y/%m/%d", "%b %d, %Y", "%m-%d-%Y", "%d-%m-%Y")  # fmt: skip
TIME_FORMATS: tuple[str, ...] = ("", " %H:%M", " %H:%M:%S", " %H:%M:%S.%f", " %I:%M %p",
    " %I:%M:%S %p", " %H%M", " %H%M%S")  # fmt: skip
FORMATS: tuple[str, ...] = (ISO, *EPOCHS, *(d + t for d in DATE_FORMATS for t in TIME_FORMATS))
_OFFSET = re.compile(r"(?:Z|[+-]\d{2}:?\d{2})$")
_NAIVE_ISO = r"^\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?)?$"
_ZONED_ISO = r"^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?\s*(Z|[+-]\d{2}:?\d{2})$"
_ISO = re.compile(f"{_NAIVE_ISO}|{_ZONED_ISO}")
# Nanoseconds since 1970 in 64 bits reach from 1677 to 2262; beyond, they would wrap around.
EARLIEST, LATEST = pd.Timestamp("1700-01-01"), pd.Timestamp("2250-01-01")
NAT = np.iinfo(np.int64).min


@dataclass(frozen=True)
class TimeGuess:
    """How times are written: `formats` are all that fit the sample, the likeliest first.

    zoned : the times carry their offset, so no zone is needed. dated : no time of day.
    """

    formats: tuple[str, ...]
    zoned: bool
    dated: bool
    mixed: bool

    @property
    def format(self) -> str:
        return self.formats[0]


def guess_format(sample: Sequence[str], field: str = "columns.ts") -> TimeGuess:
    """Formats that read every value of the sample.

    Raises
    ------
    InputError : none does; names the first value that no format reads.
    """
    values = [value.strip() for value in sample if value and value.strip()]
    if not values:
        raise InputError("The time column is empty.", field=field, remedy="Choose another column.")
    zoned = [bool(_OFFSET.search(value)) and not value.isdigit() for value in values]
    mixed = any(zoned) and not all(zoned)
    if all(_ISO.match(value) for value in values):
        dated = all(len(value) == 10 for value in values)
        return TimeGuess((ISO,), all(zoned), dated, mixed)
    if all(re.fullmatch(r"\d{9,19}(\.\d+)?", value) for value in values):
        digits = len(values[0].split(".")[0])
        unit = min(
            EPOCHS, key=lambda u: abs(digits - {"s": 10, "ms": 13, "us": 16, "ns": 19}[EPOCHS[u]])
        )
        return TimeGuess((unit,), True, False, False)
    frame = pd.Series(values, dtype="str")
    read = {
        form: pd.to_datetime(frame, format=form, errors="coerce").notna().to_numpy()
        for form in FORMATS
        if "%" in form and _digits_fit(form, values)
    }
    fitting = [form for form, readable in read.items() if readable.all()]
    if not fitting:
        raise _unreadable(values, read, field)
    dated = not any(sign in fitting[0] for sign in ("%H", "%I"))
    return TimeGuess(tuple(fitting), False, dated, False)


def _unreadable(values: Sequence[str], read: Mapping[str, np.ndarray], field: str) -> InputError:
    """Names the value that keeps the format of most others from fitting."""
    iso = np.array([bool(_ISO.match(value)) for value in values])
    readable = max((iso, *read.values()), key=lambda found: int(found.sum()))
    wrong = values[int(np.argmin(readable))]
    others = f", unlike {values[int(np.argmax(readable))]!r}" if readable.any() else ""
    return InputError(
        f"{wrong!r} is not a time that can be read{others}.",
        field=field,
        remedy="Write times like 2024-03-08 09:30 or 2024-03-08T14:30:00Z.",
    )


def _digits_fit(form: str, values: Sequence[str]) -> bool:
    """A time without separators has two digits for each part; strptime would take fewer."""
    digits = {" %H%M": 4, " %H%M%S": 6}.get(form[form.find(" ") :] if " " in form else "")
    return digits is None or all(len(value.rsplit(" ", 1)[-1]) == digits for value in values)


@dataclass(frozen=True)
class ReadTimes:
    """Times as UTC nanoseconds; NAT where `bad`, `ambiguous` or `missing` says why."""

    ns: np.ndarray
    bad: np.ndarray  # cannot be read
    ambiguous: np.ndarray  # the clock change repeats it
    missing: np.ndarray  # the clock change skips it
    zoned: np.ndarray  # carries its own offset


def read_times(values: pd.Series, form: str, zone: str) -> ReadTimes:
    """Parse texts, or take times that are typed already, into UTC.

    Parameters
    ----------
    values : texts, or datetimes with or without a zone.
    form : one of `FORMATS`; not used for typed times.
    zone : IANA name for naive times.
    """
    # Times repeat across symbols: each distinct one is parsed once.
    codes, distinct = pd.factorize(values, use_na_sentinel=False)
    once = _read_distinct(pd.Series(distinct), form, zone)
    return ReadTimes(
        once.ns[codes],
        once.bad[codes],
        once.ambiguous[codes],
        once.missing[codes],
        once.zoned[codes],
    )


def _read_distinct(values: pd.Series, form: str, zone: str) -> ReadTimes:
    none = np.zeros(len(values), dtype=bool)
    if isinstance(values.dtype, pd.DatetimeTZDtype):
        ns = _ns(_in_bounds(values.dt.tz_convert("UTC").dt.tz_localize(None)))
        return ReadTimes(ns, ns == NAT, none, none, ~none)
    if pd.api.types.is_datetime64_dtype(values.dtype):
        return _localised(values, none, zone)
    text = values.astype("str").str.strip()
    if form in EPOCHS:
        number = pd.to_numeric(text, errors="coerce")
        ns = _ns(_in_bounds(pd.to_datetime(number, unit=EPOCHS[form], errors="coerce")))
        return ReadTimes(ns, ns == NAT, none, none, ~none)
    if form == ISO:
        # pandas reads more than ISO 8601 says, e.g. "-1" as an offset: only what matches is read.
        zoned = text.str.match(_ZONED_ISO).fillna(False).to_numpy(dtype=bool)
        naive = text.str.match(_NAIVE_ISO).fillna(False).to_numpy(dtype=bool)
        out = _localised(
            pd.to_datetime(text.where(naive), format="ISO8601", errors="coerce"), zoned, zone
        )
        if not zoned.any():
            return out
        aware = pd.to_datetime(text.where(zoned), format="ISO8601", utc=True, errors="coerce")
        ns = np.where(zoned, _ns(_in_bounds(aware.dt.tz_localize(None))), out.ns)
        return ReadTimes(ns, np.where(zoned, ns == NAT, out.bad), out.ambiguous, out.missing, zoned)
    return _localised(pd.to_datetime(text, format=form, errors="coerce"), none, zone)


def _localised(naive: pd.Series, skip: np.ndarray, zone: str) -> ReadTimes:
    """Naive times of `zone` as UTC; rows of `skip` are somebody else's."""
    naive = _in_bounds(naive)
    bad = naive.isna().to_numpy() & ~skip
    local = naive.dt.tz_localize(
        check_zone(zone), ambiguous=np.ones(len(naive), dtype=bool), nonexistent="NaT"
    )
    missing = local.isna().to_numpy() & ~bad & ~skip
    other = naive.dt.tz_localize(
        check_zone(zone), ambiguous=np.zeros(len(naive), dtype=bool), nonexistent="NaT"
    )
    ns = _ns(local.dt.tz_convert("UTC").dt.tz_localize(None))
    ambiguous = ns != _ns(other.dt.tz_convert("UTC").dt.tz_localize(None))
    ns = np.where(ambiguous, NAT, ns)
    return ReadTimes(ns, bad, ambiguous, missing, np.zeros(len(naive), dtype=bool))


def check_zone(zone: str) -> ZoneInfo:
    """The zone of that IANA name; InputError when there is none."""
    if not zone:
        raise InputError(
            "The times carry no time zone.",
            field="timezone",
            remedy="Choose the zone they are written in, e.g. America/New_York or UTC.",
        )
    try:
        return ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise InputError(
            f"There is no time zone {zone!r}.",
            field="timezone",
            remedy="Use a name like America/New_York, Europe/London or UTC.",
        ) from None


def _in_bounds(naive: pd.Series) -> pd.Series:
    """Times that nanoseconds can count; NaT for the others."""
    return naive.where((naive >= EARLIEST) & (naive < LATEST))


def _ns(values: pd.Series) -> np.ndarray:
    return values.to_numpy().astype("datetime64[ns]").astype(np.int64)
