"""Nothing waits for a compiler after set-up: whatever is compiled is compiled there."""

from __future__ import annotations

import importlib
import re
import subprocess
import sys
from collections.abc import Iterator

from numba.core.dispatcher import Dispatcher

from terminal.backtest import compile_all
from terminal.settings import ROOT

MARKS = re.compile(r"numba\.(n?jit|vectorize|guvectorize|cfunc)\b|@(compiled|inlined)\b")


def functions() -> Iterator[Dispatcher]:
    """Every function of the terminal that numba compiles."""
    for path in sorted((ROOT / "terminal").rglob("*.py")):
        if MARKS.search(path.read_text()):
            name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
            for found in vars(importlib.import_module(name)).values():
                if isinstance(found, Dispatcher) and found.py_func.__module__ == name:
                    yield found


def calls(function: Dispatcher) -> Iterator[Dispatcher]:
    """The compiled functions whose names stand in its body: they are compiled with it."""
    known = function.py_func.__globals__
    for name in function.py_func.__code__.co_names:
        if isinstance(known.get(name), Dispatcher):
            yield known[name]


def forgotten() -> list[str]:
    """Those that neither ran nor are called by one that ran."""
    everything = list(functions())
    waiting = [function for function in everything if function.signatures]
    warm = set(waiting)
    while waiting:
        new = set(calls(waiting.pop())) - warm
        warm |= new
        waiting += new
    return sorted(
        f"{found.py_func.__module__}.{found.py_func.__name__}"
        for found in everything
        if found not in warm
    )


def test_set_up_compiles_every_compiled_function() -> None:
    """In a process in which nothing else has run."""
    asked = [sys.executable, "-m", "tests.terminal.backtest.test_compile_all"]
    done = subprocess.run(asked, cwd=ROOT, capture_output=True, text=True, check=True)
    n, *cold = done.stdout.split()
    assert int(n) > 60
    assert cold == []


if __name__ == "__main__":
    compile_all.main()
    print(len(list(functions())), *forgotten())
