"""What the JSON of XGBoost and of CatBoost share when it is checked before the library reads it.

Both libraries trust their files: a number out of place reads foreign memory or ends the process.
So neither reads the file itself, but a new text, composed of what was checked and of constants.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import orjson

from terminal.errors import InputError
from terminal.models.samples import IntArray

MALFORMED = (KeyError, TypeError, IndexError, ValueError, OverflowError, AttributeError)
"""What plain Python says when JSON has another form than expected."""


def read_json(path: Path) -> Any:
    """What a JSON file says; InputError when it is not JSON."""
    try:
        return orjson.loads(path.read_bytes())
    except (OSError, orjson.JSONDecodeError) as error:
        raise refused(path.name, f"it is not JSON ({error})") from error


def whole(values: Any, count: int) -> IntArray:
    """`count` whole numbers of 32 bits, else ValueError."""
    found = np.asarray(values)
    if found.shape != (count,):
        raise ValueError(f"shape {found.shape}, not {count} values")
    if count and found.dtype.kind not in "ib":
        raise ValueError("not whole numbers")
    if np.any(np.abs(found.astype(np.int64)) >= 2**31):
        raise ValueError("too large")
    return found.astype(np.int64)


def finite(values: Any, count: int) -> list[float]:
    """`count` finite numbers, else ValueError."""
    found = np.asarray(values)
    if found.shape != (count,) or (count and found.dtype.kind not in "if"):
        raise ValueError(f"not {count} numbers")
    numbers = found.astype(np.float64)
    if not np.all(np.isfinite(numbers)):
        raise ValueError("not finite")
    plain: list[float] = numbers.tolist()
    return plain


def refused(name: str, what: str) -> InputError:
    """One voice for every refusal."""
    return InputError(
        f"The model file {name} is refused: {what}.",
        field=name,
        remedy="Export the model again.",
    )
