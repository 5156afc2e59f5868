"""How far apart training and test must lie: look-back + horizon.

An event at row t reads features of the rows t - look_back .. t and an outcome of the rows up to
t + horizon. Two events share no bar where their rows are more than look_back + horizon apart.
"""

from __future__ import annotations

from terminal.errors import InputError

AUTO = "auto"


def auto_gap(look_back: int, horizon: int) -> int:
    """The shortest gap that is safe, in bars."""
    if look_back < 0 or horizon < 1:
        raise InputError(
            f"A look-back of {look_back} and a horizon of {horizon} bars make no sense.",
            field="gap",
            remedy="Look-back is 0 or more, the horizon 1 or more.",
        )
    return look_back + horizon


def checked_gap(asked: int | str, look_back: int, horizon: int) -> int:
    """The gap a form asks for ("auto" or bars).

    Raises
    ------
    InputError : it is shorter than look-back + horizon; says all three numbers.
    """
    least = auto_gap(look_back, horizon)
    if asked == AUTO:
        return least
    if not isinstance(asked, int) or asked < least:
        raise InputError(
            f"The gap is {asked} bars; a look-back of {look_back} and a horizon of {horizon} "
            f"need at least {least}.",
            field="gap",
            remedy=f'Enter "auto" or {least} and more.',
        )
    return asked
