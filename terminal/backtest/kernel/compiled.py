"""`compiled`: numba with a cache that knows every file of the kernel.

Numba's own cache looks at the file of the outermost function only, so a change in a function it
calls would go on running as it was. Here the cache's folder carries the hash of all files.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar, cast

import numba
from numba.core import config

F = TypeVar("F", bound=Callable[..., Any])
HERE = Path(__file__).parent


def cache_folder() -> Path:
    """Where compiled code lies: `NUMBA_CACHE_DIR`, else beside the source, else a temporary one."""
    content = hashlib.sha256(numba.__version__.encode())
    for path in sorted(HERE.glob("*.py")):
        content.update(path.read_bytes())
    name = f"kernel-{content.hexdigest()[:16]}"
    named = os.environ.get("NUMBA_CACHE_DIR")
    if named:
        return Path(named) / name
    beside = HERE / "__pycache__"
    if os.access(beside if beside.is_dir() else HERE, os.W_OK):
        return beside / name
    return Path(tempfile.gettempdir()) / f"alphatrade-{os.getuid()}" / name


FOLDER = cache_folder()


def compiled(function: F) -> F:
    """`numba.njit`, cached in `FOLDER`; no fast-math: results are the same as those of Python."""
    return _compiled(function, inside=False)


def inlined(function: F) -> F:
    """`compiled`, and part of its caller: to hand over a dozen arrays costs more than a fill."""
    return _compiled(function, inside=True)


def _compiled(function: F, *, inside: bool) -> F:
    settings: Any = config
    before = settings.CACHE_DIR
    settings.CACHE_DIR = str(FOLDER)
    try:
        make = numba.njit(cache=True, error_model="numpy", nogil=True, forceinline=inside)
        return cast(F, make(function))
    finally:
        settings.CACHE_DIR = before
