"""How the accounts room says a duration to a person."""

from __future__ import annotations

import math


def spell_duration(seconds: float) -> str:
    """`42 s`, `4 min 10 s`, `2 h 5 min`; rounded up, so that waiting this long is enough."""
    whole = max(math.ceil(seconds), 1)
    minutes, rest = divmod(whole, 60)
    hours, rest_minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {rest_minutes} min" if rest_minutes else f"{hours} h"
    if minutes:
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    return f"{rest} s"
