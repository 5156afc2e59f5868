"""A moment on a page, as `<time>`; the browser writes it in the zone the person prefers."""

from __future__ import annotations

from datetime import UTC, datetime

from dash import html

from terminal.charts.numbers import MISSING


def moment(at: datetime | None, detail: str = "second", zone: str | None = None) -> html.Time:
    """A UTC-aware time.

    Parameters
    ----------
    at : None reads as a dash.
    detail : "day", "minute" or "second".
    zone : the exchange's IANA zone for a time of the market; None for the terminal's own times,
        which are shown in the browser's zone.
    """
    if at is None:
        return html.Time(MISSING)
    utc = at.astimezone(UTC)
    return html.Time(
        utc.strftime("%Y-%m-%d %H:%M:%S UTC"),
        dateTime=utc.isoformat(timespec="milliseconds"),
        **{"data-detail": detail, "data-zone": zone or ""},
    )


def duration(seconds: float | None) -> str:
    """`0.4 s`, `12 s`, `3 min 05 s`, `2 h 04 min`, or a dash."""
    if seconds is None:
        return MISSING
    if seconds < 9.95:
        return f"{max(seconds, 0):.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    if minutes < 60:
        return f"{minutes} min {rest:02d} s"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02d} min"
