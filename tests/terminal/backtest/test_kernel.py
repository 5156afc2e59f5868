"""The compiled loop equals the same code run as plain Python, with and without a cache."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np

from terminal.backtest.account import Account, ExitRules
from terminal.backtest.costs import Costs
from terminal.backtest.engine import run_market
from terminal.backtest.inputs import prepare
from terminal.backtest.kernel import compiled, layout
from terminal.backtest.kernel.checks import first_refused, fit_targets, last_rows
from terminal.backtest.kernel.quiet import busy_bars, moved_bits, run_quiet
from terminal.backtest.orders import run_rows
from terminal.settings import ROOT
from tests.terminal.backtest.panels import NAN, panel, random_panel, random_targets
from tests.terminal.backtest.slow_orders import random_orders

ACCOUNT = Account(50_000.0, lot=1.0, long_only=False, leverage=2.0, maintenance=0.2,
                  participation=0.2, cash_rate=0.02, debit_rate=0.05)  # fmt: skip
COSTS = Costs(commission_bps=3.0, commission_minimum=1.0, spread_model="corwin-schultz",
              impact_root=0.5, borrow_bps=80.0, sell_fee_bps=0.3)  # fmt: skip
EXITS = ExitRules(stop_loss=0.05, take_profit=0.1, trailing_atr=3.0, longest=20)


def runs() -> list[str]:
    """Bits of the results of some runs, as text."""
    out = []
    for seed in range(6):
        bars = random_panel(seed, 120, 4, volatility=0.05)
        targets = 2.0 * random_targets(seed, bars, long_only=False)
        fit_targets(targets, False, ACCOUNT.leverage)
        found = run_market(prepare(bars, ACCOUNT, COSTS, EXITS), targets, ACCOUNT)
        out += [array.tobytes().hex()[:4000] + str(array.shape) for array in found[:3]]
        out.append(f"{float(np.nansum(found[0])).hex()} {found[3]} {found[4]}")
        stream = random_orders(seed, bars.n_bars, bars.symbols, bars.close)
        out += [array.tobytes().hex()[:4000] for array in run_rows(bars, stream, ACCOUNT)[1][:3]]
        out += [str(number) for number in over_quiet_bars(seed)]
    return out


def over_quiet_bars(seed: int) -> list[float]:
    """Equity of a run that steps over bars, and its fills."""
    bars, account = random_panel(seed, 60, 3), Account(1e5)
    market, targets = prepare(bars, account, Costs(commission_bps=3.0)), random_targets(seed, bars)
    kept = np.arange(60) % 5 == 4
    busy = busy_bars(market.prices[layout.CLOSE], market.has_action, market.ends, kept)
    equity, _, count = run_quiet(
        market.prices, market.split, market.dividend, market.has_action, market.ends,
        market.month_starts, busy, kept, targets, np.empty((0, 0), dtype=np.uint8),
        np.array([NAN]), moved_bits(targets.view(np.int64)), market.last_bar, account.capital,
        market.rates, market.tiers, market.liquidity,
    )  # fmt: skip
    return [*(float(value) for value in equity), float(count)]


def test_compiled_and_plain_code_agree_bit_for_bit() -> None:
    code = "import json; from tests.terminal.backtest.test_kernel import runs; print(json.dumps(runs()))"  # noqa: E501
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={**os.environ, "NUMBA_DISABLE_JIT": "1"},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == runs()


def test_the_list_of_fills_grows_without_losing_any() -> None:
    """More fills than the first allocation holds: a new target for 8 instruments every bar."""
    n_bars, n = 400, 8
    bars = panel(np.full((n_bars, n), 10.0), np.full((n_bars, n), 10.0))
    weights = np.where(np.arange(n_bars) % 2, 0.5, 1.0)[:, None] * np.full((1, n), 1 / n)
    account = Account(1e6, lot=0.0)
    found = run_market(prepare(bars, account, Costs()), weights, account)
    assert len(found[2]) == (n_bars - 1) * n > 1024


def test_the_last_bar_of_each_instrument_is_found() -> None:
    bars = panel([[1, NAN, NAN], [2, NAN, 3], [3, NAN, NAN]])
    assert last_rows(bars.close).tolist() == [2, -1, 1]


def test_the_first_value_that_cannot_be_is_found() -> None:
    values = np.array([[1.0, NAN], [2.0, 0.0], [-1.0, 4.0]])
    assert first_refused(values, True, True) == 4
    assert first_refused(values, False, True) == 3
    assert first_refused(values, False, False) == 1
    assert first_refused(np.array([[1.0, np.inf]]), True, True) == 1
    assert first_refused(np.ones((3, 2)), False, False) == -1


def test_what_one_process_compiles_the_next_one_loads(tmp_path: Path) -> None:
    """One small loop stands for all: they are compiled by the same decorator."""
    code = """
import numpy as np
from terminal.backtest.kernel.checks import last_rows
print(last_rows(np.ones((2, 1))), sum(last_rows.stats.cache_hits.values()))
"""
    for hits in (0, 1):
        done = subprocess.run(
            [sys.executable, "-c", code],
            cwd=ROOT,
            env={**os.environ, "NUMBA_CACHE_DIR": str(tmp_path / "cache")},
            capture_output=True,
            text=True,
            timeout=300,
        )
        assert done.stdout.strip() == f"[1] {hits}", done.stderr


def test_another_kernel_has_another_cache(tmp_path: Path, monkeypatch) -> None:
    """A change in any file leads to another folder: code that is gone never runs."""
    for name in ("a.py", "b.py"):
        (tmp_path / name).write_text(name)
    monkeypatch.setattr(compiled, "HERE", tmp_path)
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "cache"))
    before = compiled.cache_folder()
    assert compiled.cache_folder() == before
    (tmp_path / "b.py").write_text("changed")
    assert compiled.cache_folder() != before
