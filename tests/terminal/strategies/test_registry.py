"""Every strategy can be found, described, and run with its own defaults."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from terminal.backtest.account import Account
from terminal.backtest.events import decided_weights
from terminal.errors import InputError
from terminal.params import describe, validate
from terminal.settings import ROOT
from terminal.strategies.registry import STRATEGIES, get_strategy
from terminal.strategies.strategy import require_bars
from tests.terminal.backtest.panels import random_panel


def test_the_first_families_are_there() -> None:
    assert set(STRATEGIES) >= {
        "buy-and-hold",
        "sma-crossover",
        "ema-crossover",
        "donchian-breakout",
        "rsi-reversion",
        "zscore-reversion",
        "momentum",
    }


@pytest.mark.parametrize("slug", STRATEGIES)
def test_a_strategy_is_what_its_slug_says_and_tells_people_about_itself(slug: str) -> None:
    found = get_strategy(slug)
    assert found.slug == slug
    assert found.title and found.family and found.description.endswith(".")
    for spec in describe(found.params_type):
        assert spec.title and spec.help, f"{slug}.{spec.name} has no title or help"
        bounded = spec.low is not None and spec.high is not None
        assert spec.choices or bounded or spec.kind in ("str", "bool")
    defaults = found.params_type()
    assert validate(found.params_type, vars(defaults)) == defaults


@pytest.mark.parametrize("slug", [slug for slug in STRATEGIES if not get_strategy(slug).costly])
def test_defaults_run_on_data_that_is_long_enough(slug: str) -> None:
    found = get_strategy(slug)
    params = found.params_type()
    # a month, for those that decide when one begins
    bars = random_panel(1, found.warmup(params) + 24, 3, ragged=False)
    if found.start is not None:
        found = replace(found, targets=decided_weights(found, Account(long_only=False)))
    targets = found.targets(bars, params)
    assert targets.shape == bars.close.shape and np.isfinite(targets).any()


def test_an_unknown_slug_is_refused_with_the_known_ones() -> None:
    with pytest.raises(InputError, match=r"no strategy 'smaa'; known: sma-crossover, .*momentum"):
        get_strategy("smaa")


def test_asking_for_more_bars_than_exist_names_both_numbers() -> None:
    found = get_strategy("sma-crossover")
    params = found.params_type()
    require_bars(found, params, 200)
    with pytest.raises(InputError, match=r"needs 199 bars .* the chosen range has 199") as caught:
        require_bars(found, params, 199)
    assert caught.value.field == "start" and caught.value.remedy


def test_listing_strategies_never_loads_the_compiler_or_a_solver() -> None:
    """The web process lists strategies; it must not pay for numba and optimisers."""
    code = (
        "import sys; from terminal.strategies.registry import STRATEGIES, get_strategy;"
        "[get_strategy(s) for s in STRATEGIES];"
        "heavy = ('numba', 'clarabel', 'cvxpy', 'pypfopt', 'skfolio', 'sklearn');"
        "print([name for name in heavy if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=60
    )
    assert done.stdout.strip() == "[]", done.stdout + done.stderr
