"""How kernels are compiled: cached on disk, without fast-math, free of the interpreter's lock."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba

F = TypeVar("F", bound=Callable[..., Any])


def compiled(function: F) -> F:
    """`numba.njit`; results are those of the Python function, which stays as `py_func`."""
    return cast(F, numba.njit(cache=True, nogil=True, error_model="numpy")(function))
