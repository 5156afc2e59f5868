"""Orders a second and the time of a submit on the paper exchange, and its memory.

The exchange runs in a process of its own and writes every order to the disk before it answers; the
orders go through the adapter that sessions use. `python benchmarks/paper_exchange.py`.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import psutil

from terminal.execution.brokers.alpaca import AlpacaBroker
from terminal.execution.brokers.connections import exchange_urls
from terminal.execution.order import OrderIntent, OrderType, Side
from tests.paper_exchange import Running, bars, running, walk

SYMBOLS = [f"S{n:02d}" for n in range(30)]
ORDERS, THREADS, ROWS = 400, 4, 2600


def main() -> None:
    """Measure and print."""
    prices = {symbol: walk([symbol], ROWS, seed)[symbol] for seed, symbol in enumerate(SYMBOLS)}
    with tempfile.TemporaryDirectory() as name, running(Path(name), bars(prices)) as exchange:
        assert exchange.process is not None
        process = psutil.Process(exchange.process.pid)
        print(f"memory before the market is loaded: {_mb(process):.0f} MB")
        began = time.perf_counter()
        exchange.step()
        print(f"load {len(SYMBOLS)} instruments x {ROWS} bars: {time.perf_counter() - began:.2f} s")
        print(f"memory with the market loaded:      {_mb(process):.0f} MB")
        times = sorted(_submit_all(_broker(exchange), "one", ORDERS))
        print(
            f"submit through the adapter: median {statistics.median(times) * 1e3:.1f} ms, "
            f"95 % {times[int(len(times) * 0.95)] * 1e3:.1f} ms, "
            f"{len(times) / sum(times):.0f} orders/s one after the other"
        )
        brokers = [_broker(exchange) for _ in range(THREADS)]
        began = time.perf_counter()
        with ThreadPoolExecutor(THREADS) as pool:
            jobs = [
                pool.submit(_submit_all, broker, f"t{n}", ORDERS // THREADS)
                for n, broker in enumerate(brokers)
            ]
            sent = sum(len(job.result()) for job in jobs)
        rate = sent / (time.perf_counter() - began)
        print(f"{rate:.0f} orders/s from {THREADS} accounts at once")
        began = time.perf_counter()
        exchange.step(26)
        print(f"a session of 26 bars in steps: {time.perf_counter() - began:.2f} s")
        began = time.perf_counter()
        exchange.kill()
        exchange.start()
        _broker(exchange).clock()
        print(f"killed and back with everything: {time.perf_counter() - began:.2f} s")


def _mb(process: psutil.Process) -> float:
    return float(process.memory_info().rss) / 2**20


def _broker(exchange: Running) -> AlpacaBroker:
    made = exchange.account(1_000_000)
    return AlpacaBroker("paper", made["key"], made["secret"], exchange_urls(exchange.url))


def _submit_all(broker: AlpacaBroker, name: str, count: int) -> list[float]:
    """Seconds of each submit; every tenth order rests, the others are cancelled."""
    times = []
    for number in range(count):
        intent = OrderIntent(
            f"{name}-{number}", "a", SYMBOLS[number % len(SYMBOLS)], Side.BUY, Decimal(1),
            OrderType.LIMIT, limit_price=Decimal(50),
        )  # fmt: skip
        began = time.perf_counter()
        order = broker.submit(intent)
        times.append(time.perf_counter() - began)
        if number % 10:
            broker.cancel(order.broker_order_id)
    return times


if __name__ == "__main__":
    main()
