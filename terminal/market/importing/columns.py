"""Which column of a file means what, guessed from its name and confirmed by the person."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace

from terminal.errors import InputError


@dataclass(frozen=True)
class Columns:
    """Column names of the file by meaning; "" where there is none.

    Either `ts`, or `date` with an optional `time`. `split` is units per old unit (1 or 0: none),
    `dividend` cash per unit, both on the row of the ex-date.
    """

    ts: str = ""
    date: str = ""
    time: str = ""
    symbol: str = ""
    open: str = ""
    high: str = ""
    low: str = ""
    close: str = ""
    volume: str = ""
    adjusted_close: str = ""
    split: str = ""
    dividend: str = ""

    @property
    def used(self) -> tuple[str, ...]:
        """The file's columns that are read."""
        return tuple(dict.fromkeys(v for v in vars(self).values() if v))

    @property
    def close_only(self) -> bool:
        """True when there is a close but no open, high, low."""
        return not (self.open or self.high or self.low)

    def check(self, header: Sequence[str], file: str = "") -> None:
        """InputError when a needed column is not mapped, or a mapped one is not in the file."""
        where = f" in {file}" if file else ""
        if not (self.ts or self.date):
            raise InputError(
                f"No column is chosen for the time{where}.",
                field="columns.ts",
                remedy=f"Choose one of: {', '.join(header)}.",
            )
        if not self.close:
            raise InputError(
                f"No column is chosen for the close{where}.",
                field="columns.close",
                remedy=f"Choose one of: {', '.join(header)}.",
            )
        partial = [n for n in ("open", "high", "low") if not getattr(self, n)]
        if partial and not self.close_only:
            raise InputError(
                f"No column is chosen for {', '.join(partial)}{where}.",
                field=f"columns.{partial[0]}",
                remedy="Choose all of open, high and low, or none of them for closes only.",
            )
        for meaning, name in vars(self).items():
            if name and name not in header:
                raise InputError(
                    f"There is no column {name!r}{where}; it has {', '.join(header)}.",
                    field=f"columns.{meaning}",
                    remedy="Files imported together need the same columns.",
                )
        chosen = [name for name in vars(self).values() if name]
        twice = sorted({name for name in chosen if chosen.count(name) > 1})
        if twice:
            raise InputError(
                f"Column {twice[0]!r} is chosen twice.", field="columns", remedy="Choose each once."
            )


# Names are compared in lower case without punctuation; the first meaning that knows a name has it.
_KNOWN: dict[str, tuple[str, ...]] = {
    "ts": ("timestamp", "ts", "datetime", "dateandtime", "bartime", "opentime", "index"),
    "date": ("date", "day", "tradedate", "tradingday", "yyyymmdd", "dt"),
    "time": ("time", "timeofday", "hour", "hhmm", "hhmmss"),
    "symbol": ("symbol", "ticker", "sym", "instrument", "ric", "asset", "code", "security"),
    "open": ("open", "o", "openprice", "first", "firstprice", "pxopen"),
    "high": ("high", "h", "highprice", "max", "pxhigh"),
    "low": ("low", "l", "lowprice", "min", "pxlow"),
    "close": ("close", "c", "closeprice", "last", "lastprice", "price", "pxlast", "settle"),
    "volume": ("volume", "v", "vol", "qty", "size", "shares", "totalvolume"),
    "adjusted_close": ("adjclose", "adjustedclose", "closeadj", "adjustedcloseprice"),
    "split": ("splitcoefficient", "split", "splits", "stocksplits", "stocksplit", "splitratio"),
    "dividend": ("dividend", "dividends", "dividendamount", "div", "cashdividend"),
}


def guess_columns(header: Sequence[str]) -> Columns:
    """The most likely mapping of a header; what cannot be guessed stays ""."""
    plain = {name: re.sub(r"[^a-z0-9]", "", name.lower()) for name in header}
    found: dict[str, str] = {}
    for meaning, names in _KNOWN.items():
        for known in names:
            match = [h for h in header if plain[h] == known and h not in found.values()]
            if match:
                found[meaning] = match[0]
                break
    guess = Columns(**found)
    if guess.ts and guess.date:
        guess = replace(guess, date="", time="")
    if not guess.ts and not guess.date and guess.time:
        guess = replace(guess, ts=guess.time, time="")
    if not guess.close and guess.adjusted_close:
        guess = replace(guess, close=guess.adjusted_close, adjusted_close="")
    return guess


MEANINGS: tuple[str, ...] = tuple(f.name for f in fields(Columns))
