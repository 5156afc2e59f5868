"""What a loop may tell the processor: which memory it will need, and whose users need no counting.

A loop that steps over bars touches rows that no processor foresees, and would wait for each of
them, the longer the more others use the same memory. Neither changes a number.
"""

from __future__ import annotations

from typing import Any, TypeVar

from llvmlite import ir  # type: ignore[import-untyped]
from numba import types
from numba.core import config
from numba.extending import intrinsic

from terminal.backtest.kernel.compiled import inlined
from terminal.market.panel import FloatArray

A = TypeVar("A")
LINE = 8
"""Numbers in a line of the cache."""
READ, SOON, DATA = 0, 3, 1
"""What llvm.prefetch is told: to read, to keep near, not code."""


def _ask_for(values: FloatArray, at: int) -> None:
    """Ask for the line of the cache with the flat element `at`; uncompiled: do nothing."""


def bare(values: A) -> A:
    """The same array, whose users are not counted: it must outlive the function that asks."""
    return values


SETTINGS: Any = config

if not SETTINGS.DISABLE_JIT:

    @intrinsic
    def _ask_for(_typing: Any, values: Any, at: Any) -> Any:
        """The same as an instruction of the processor (LLVM Language Reference, llvm.prefetch)."""

        def generate(context: Any, builder: Any, signature: Any, given: Any) -> Any:
            array = context.make_array(signature.args[0])(context, builder, given[0])
            place = builder.bitcast(builder.gep(array.data, [given[1]]), ir.IntType(8).as_pointer())
            number = ir.IntType(32)
            kind = ir.FunctionType(ir.VoidType(), [place.type, number, number, number])
            function = builder.module.declare_intrinsic("llvm.prefetch", [place.type], kind)
            builder.call(function, [place, number(READ), number(SOON), number(DATA)])
            return context.get_dummy_value()

        return types.void(values, types.intp), generate

    @intrinsic
    def bare(_typing: Any, values: Any) -> Any:
        """The same array without its counter, which every call would change twice."""

        def generate(context: Any, builder: Any, signature: Any, given: Any) -> Any:
            array = context.make_array(signature.args[0])(context, builder, given[0])
            array.meminfo = ir.Constant(array.meminfo.type, None)
            array.parent = ir.Constant(array.parent.type, None)
            return array._getvalue()

        return values(values), generate


@inlined
def ask_for_rows(first: int, end: int, tables: FloatArray) -> None:
    """Ask for rows `first` to `end` of the first two of `tables` (k, n_rows, n_columns)."""
    n_rows, n = tables.shape[1:]
    if end <= n_rows:
        for k in range(first * n, end * n, LINE):
            _ask_for(tables, k)
            _ask_for(tables, n_rows * n + k)
