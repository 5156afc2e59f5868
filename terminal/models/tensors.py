"""Named arrays in a safetensors file: a header of names, types and shapes, then plain numbers.

Nothing in such a file can run. What is read is compared with what the reader expects, so a file
decides neither how much memory is taken nor which arrays there are.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from terminal.errors import InputError

Arrays = dict[str, npt.NDArray[Any]]


@dataclass(frozen=True)
class Expected:
    """An array as its reader knows it; a length of None is free up to `limit` numbers in all."""

    dtype: str
    shape: tuple[int | None, ...]
    limit: int = 50_000_000


def write_tensors(path: Path, arrays: Mapping[str, npt.NDArray[Any]]) -> None:
    """Write arrays under their names; the same arrays give the same bytes."""
    save_file({name: np.ascontiguousarray(arrays[name]) for name in sorted(arrays)}, path)


def read_tensors(path: Path, expected: Mapping[str, Expected]) -> Arrays:
    """The arrays called as expected.

    Raises
    ------
    InputError : when the file is no safetensors file, a name is missing or too many, a type or
        shape differs, or a number is not finite.
    """
    found: Arrays = {}
    try:
        with safe_open(path, framework="numpy") as file:
            names = set(file.keys())
            if names != set(expected):
                odd = sorted(names.symmetric_difference(expected))[0]
                raise _refused(path, f"array {odd!r} is {'unknown' if odd in names else 'missing'}")
            for name, want in expected.items():
                part = file.get_slice(name)
                shape = tuple(part.get_shape())
                _check_shape(path, name, shape, want)
                if _DTYPES.get(part.get_dtype()) != want.dtype:
                    raise _refused(path, f"array {name!r} is not of type {want.dtype}")
                found[name] = file.get_tensor(name)
    except (SafetensorError, OSError, ValueError, OverflowError) as error:
        raise _refused(path, f"it cannot be read ({error})") from error
    for name, array in found.items():
        if array.dtype.kind == "f" and not np.all(np.isfinite(array)):
            raise _refused(path, f"array {name!r} has numbers that are not finite")
    return found


_DTYPES = {
    "F64": "float64", "F32": "float32", "I64": "int64", "I32": "int32", "U8": "uint8",
    "BOOL": "bool",
}  # fmt: skip


def _check_shape(path: Path, name: str, shape: tuple[int, ...], want: Expected) -> None:
    fits = len(shape) == len(want.shape) and all(
        own in (None, length) for own, length in zip(want.shape, shape, strict=True)
    )
    if not fits or int(np.prod([1, *shape], dtype=np.float64)) > want.limit:
        raise _refused(path, f"array {name!r} has shape {shape}, not {want.shape}")


def _refused(path: Path, what: str) -> InputError:
    return InputError(
        f"The model file {path.name} is refused: {what}.",
        field=path.name,
        remedy="Export the model again.",
    )
