"""How long the check of an order against every limit takes, and the sums it is made from.

An account of 100 positions, 50 working orders and 200 recent intents, every limit switched on; the
order passes. The sums over the account are made once for each state of it.

    python benchmarks/limits.py [--rounds 20000]
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from terminal.execution.limits import AccountView, Limits, OpenOrder, Price, RecentIntent, check
from terminal.execution.order import OrderIntent, OrderType, Side

NOW = datetime(2026, 3, 2, 15, 30, tzinfo=UTC)
ALL_ON = Limits(
    max_order_quantity=1e6, max_order_notional=1e7, max_position_quantity=1e6,
    max_position_notional=1e7, max_adv_percent=50, max_sector_percent=900, max_gross_notional=1e9,
    max_net_notional=1e9, max_leverage=9, price_collar_percent=5, fat_finger_percent=500,
    fat_finger_multiple=1e4, duplicate_window_s=60, max_orders_per_second=1000,
    max_orders_per_minute=1000, max_open_orders=1000, max_daily_notional=1e9,
    buying_power_multiple=9, market_reserve_percent=1, max_price_age_s=300,
    max_market_price_age_s=60, only_when_open=True, allow_short=True, restricted="ZZZ",
    hard_to_borrow="YYY",
)  # fmt: skip


def account() -> AccountView:
    """A busy account."""
    symbols = [f"S{k:03d}" for k in range(100)]
    return AccountView(
        now=NOW,
        cash=Decimal(200_000),
        equity=Decimal(1_000_000),
        positions={s: Decimal(100 + k) for k, s in enumerate(symbols)},
        prices={s: Price(Decimal("50.25") + k, NOW) for k, s in enumerate(symbols)},
        open_orders=tuple(
            OpenOrder(f"w{k}", symbols[k], Side.BUY if k % 2 else Side.SELL, Decimal(10))
            for k in range(50)
        ),
        recent=tuple(
            RecentIntent(NOW - timedelta(seconds=59 - 0.29 * k), symbols[k % 100], Side.BUY,
                         Decimal(k + 1000))
            for k in range(200)
        ),
        adv={s: Decimal(1_000_000) for s in symbols},
        sectors={s: f"sector {k % 11}" for k, s in enumerate(symbols)},
        traded_today=Decimal(100_000),
        usual_order=Decimal(5_000),
    )  # fmt: skip


def median_us(work: Callable[[], object], rounds: int) -> tuple[float, float]:
    """Median and 99th percentile of single calls, microseconds."""
    took = []
    for _ in range(rounds):
        began = time.perf_counter_ns()
        work()
        took.append(time.perf_counter_ns() - began)
    return statistics.median(took) / 1e3, statistics.quantiles(took, n=100)[98] / 1e3


def main() -> None:
    """Print the table."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--rounds", type=int, default=20_000)
    new = Limits()
    rounds = arguments.parse_args().rounds
    view = account()
    limit = OrderIntent("att-x", "acct", "S007", Side.BUY, Decimal(100), OrderType.LIMIT,
                        limit_price=Decimal("57.30"))  # fmt: skip
    market = OrderIntent("att-x", "acct", "S007", Side.SELL, Decimal(300))
    reducing = replace(market, quantity=Decimal(50))
    assert not any(check(intent, view, ALL_ON) for intent in (limit, market, reducing))
    for name, work in (
        ("limit order, every limit on", lambda: check(limit, view, ALL_ON)),
        ("market order, every limit on", lambda: check(market, view, ALL_ON)),
        ("order that only reduces", lambda: check(reducing, view, ALL_ON)),
        ("limit order, limits of a new account", lambda: check(limit, view, new)),
    ):
        middle, tail = median_us(work, rounds)
        print(f"{name:42} median {middle:6.1f} us   p99 {tail:6.1f} us")
    middle, tail = median_us(lambda: replace(view).totals, max(rounds // 20, 1))
    print(f"{'sums of a new state of the account':42} median {middle:6.1f} us   p99 {tail:6.1f} us")


if __name__ == "__main__":
    main()
