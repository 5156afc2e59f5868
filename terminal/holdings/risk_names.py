"""What a view of risk is called in addresses and requests, and how a shock of one's own is read."""

from __future__ import annotations

from terminal.errors import InputError

SESSIONS = (250, 500, 750, 1250, 2500)
USUAL_SESSIONS = 750
MOST_SHOCKS = 10


def read_shocks(text: str) -> tuple[tuple[str, str, float], ...]:
    """(kind, name, move) from text such as `market -10%, sector Energy -20%, AAPL -15%`.

    Raises
    ------
    InputError : naming the part that cannot be read.
    """
    parts = [part.strip() for part in text.replace(";", ",").split(",") if part.strip()]
    if len(parts) > MOST_SHOCKS:
        raise InputError(f"At most {MOST_SHOCKS} moves at once.", field="shock")
    found = []
    for part in parts:
        name, _, move = part.rpartition(" ")
        kind, _, rest = name.strip().partition(" ")
        if name.strip().lower() == "market":
            own = ("market", "")
        elif kind.lower() == "sector" and rest.strip():
            own = ("sector", rest.strip())
        elif name.strip():
            own = ("instrument", name.strip().upper())
        else:
            own = ("", "")
        found.append((*own, _move(part, move, bool(own[0]))))
    return tuple(found)


def _move(part: str, text: str, named: bool) -> float:
    cleaned = text.strip().rstrip("%").replace("\u2212", "-")
    try:
        value = float(cleaned) / 100.0
    except ValueError:
        value = float("nan")
    if not named or not -1.0 <= value <= 10.0:
        raise InputError(
            f"{part!r} cannot be read.", field="shock",
            remedy="Write what moves and by how many percent, −100 to 1000: market -10%, sector "
            "Energy -20%, AAPL -15%.",
        )  # fmt: skip
    return value
