"""What a person waits for, by the browser's own clock: each figure beside its limit.

Starts a terminal of its own (`python app.py` on an empty folder, without the simulated data),
signs in, and measures in Chromium:

- a click on Run backtest until the job's card stands on the page, until the job has started, until
  the result is painted; engine and metrics of that run (20 stocks, 8,313 days);
- a click on a finished run until its result is painted;
- a chart of 10,000 candles until it can be panned;
- the Market page on a series of 1,000,000 bars: a pan until the bars of the new view are painted,
  server and network included;
- the second start of the terminal until its first page is painted.

    python benchmarks/ui.py [--rounds 5]

Medians over the rounds; the exit status is 1 when one is over its limit.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np
import pandas as pd
from playwright.sync_api import Browser, Page, sync_playwright

from terminal import clock
from terminal.accounts.actor import SYSTEM, Actor, Role
from terminal.charts.candles import candles_figure
from terminal.charts.theme import DARK
from terminal.db.database import Database
from terminal.db.repositories import jobs as job_rows
from terminal.market.dataset import Adjustment, Dataset, NewSeries
from terminal.market.publish import publish
from terminal.market.store import open_store
from terminal.market.timeframe import Timeframe
from terminal.settings import ROOT, Settings, load_settings
from tests.browser import ARGUMENTS, find
from tests.launched import Launched, start

READER = Actor(SYSTEM.user_id, SYSTEM.username, Role.ADMIN)
PASSWORD = "benchmarks of this terminal"
CANDLES, LONG = 10_000, 1_000_000
RESULT = "[data-result] .scatterlayer path"

# Notes when the first element of a selector was painted, counted from the next click.
WATCH = """targets => {
  window.marks = {};
  document.addEventListener("click", event => {
    marks.clock = Date.now();
    marks.click = event.timeStamp;
  }, { once: true, capture: true });
  const look = () => Object.entries(targets).forEach(([name, selector]) => {
    if (name in marks || !("click" in marks) || !document.querySelector(selector)) return;
    marks[name] = null;
    const painted = () => { marks[name] = performance.now() - marks.click; };
    requestAnimationFrame(() => setTimeout(painted));
  });
  if (window.looker) window.looker.disconnect();
  window.looker = new MutationObserver(look);
  window.looker.observe(document.documentElement, { childList: true, subtree: true });
}"""

# Draws a figure from its JSON text; milliseconds until it is painted and takes the mouse.
DRAW = """async ([text, again]) => {
  let node = document.getElementById("benchmark-chart");
  if (!node) {
    node = document.createElement("div");
    node.id = "benchmark-chart";
    node.style.cssText = "position:fixed;inset:0;z-index:5000";
    document.body.appendChild(node);
  }
  if (!again && node.data) Plotly.purge(node);
  const began = performance.now();
  const figure = JSON.parse(text);
  const draw = again ? Plotly.react : Plotly.newPlot;
  await draw(node, figure.data, figure.layout, { responsive: true });
  await new Promise(done => requestAnimationFrame(() => setTimeout(done)));
  return performance.now() - began;
}"""

# Pans the Market page's chart by most of its width; milliseconds until the new bars are painted.
PAN = """async () => {
  const node = document.querySelector("#mk-figure .js-plotly-plot") ||
    document.querySelector("#mk-figure");
  const old = node.data;
  const [low, high] = node._fullLayout.xaxis.range;
  const by = (low - high) * 1.6;
  const began = performance.now();
  await Plotly.relayout(node, { "xaxis.range[0]": low + by, "xaxis.range[1]": high + by });
  while (node.data === old) {
    if (performance.now() - began > 30000) throw new Error("no new bars came");
    await new Promise(done => setTimeout(done, 5));
  }
  await new Promise(done => requestAnimationFrame(() => setTimeout(done)));
  return performance.now() - began;
}"""


@dataclass
class Report:
    """Samples by line, in milliseconds, each line with its limit."""

    limits: dict[str, float] = field(default_factory=dict)
    samples: dict[str, list[float]] = field(default_factory=dict)

    def add(self, line: str, limit_ms: float, value_ms: float) -> None:
        """One sample of a line."""
        self.limits[line] = limit_ms
        self.samples.setdefault(line, []).append(value_ms)

    def print(self) -> bool:
        """Print the table; True when every median keeps its limit."""
        print(f"\n{'':62}{'median':>10}{'worst':>10}{'limit':>10}")
        kept = True
        for line, values in self.samples.items():
            middle, limit = statistics.median(values), self.limits[line]
            kept &= middle <= limit
            mark = "ok" if middle <= limit else "OVER"
            print(f"{line:62}{middle:>7,.0f} ms{max(values):>7,.0f} ms{limit:>7,.0f} ms  {mark}")
        return kept


def main() -> int:
    """Measure everything; 1 when something is over its limit."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    path = find()
    if path is None:
        print("No browser was found: python -m tests.browser", file=sys.stderr)
        return 1
    report = Report()
    with tempfile.TemporaryDirectory(prefix="att-ui-") as name, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(ARGUMENTS))
        with start(Path(name)) as terminal:
            page = signed_in_page(browser, terminal)
            runs(page, terminal, rounds, report)
            charts(page, rounds, report)
            panning(page, terminal, rounds, report)
            page.context.close()
        second_start(browser, Path(name), report)
        browser.close()
    return 0 if report.print() else 1


def signed_in_page(browser: Browser, terminal: Launched) -> Page:
    """The Backtest page of the first user, once the built-in data is there."""
    page = browser.new_context(viewport={"width": 1440, "height": 900}).new_page()
    page.goto(terminal.link)
    page.fill("[name=username]", "ada")
    for box in page.locator("input[type=password]").all():
        box.fill(PASSWORD)
    page.click("button[type=submit]")
    page.wait_for_url(lambda url: "/setup/" not in url)
    if "/login" in page.url:
        page.fill("[name=username]", "ada")
        page.fill("[name=password]", PASSWORD)
        page.click("button[type=submit]")
    page.wait_for_selector("#sidebar")
    wait_for(lambda: _has_form(page, terminal), 60, "the built-in data")
    return page


def _has_form(page: Page, terminal: Launched) -> bool:
    page.goto(f"{terminal.url}/backtest")
    page.wait_for_selector("#main h1")
    return bool(page.locator("#bt-run").count())


def runs(page: Page, terminal: Launched, rounds: int, report: Report) -> None:
    """Click to row, to start, to result; then the result again from the list."""
    _settings, database = own_database(terminal)
    wait_for_warm_worker()
    for number in range(rounds + 1):
        page.goto(f"{terminal.url}/backtest")
        page.wait_for_selector("#bt-run")
        page.wait_for_timeout(2500)  # a person reads; the worker makes its next process ready
        page.evaluate(WATCH, {"card": ".job-card", "result": RESULT})
        page.click("#bt-run")
        marks = finished_marks(page, "result")
        job_id = page.url.rsplit("/", 1)[1]
        with database.read() as conn:
            job = job_rows.get(conn, READER, job_id)
        assert job.started_at is not None
        assert job.summary is not None
        seconds = job.summary["seconds"]
        if number == 0:
            continue  # the first run of a fresh installation compiles the engine
        started = job.started_at.timestamp() * 1000 - marks["clock"]
        work = 1000 * (seconds["engine"] + seconds["metrics"] + seconds["signals"])
        report.add("click on Run backtest until its job is on the page", 200, marks["card"])
        report.add("click until the job has started, a worker being idle", 1_500, started)
        report.add("signals, engine and metrics, 20 stocks, 8,313 days", 1_000, work)
        report.add("click until the result is painted, run included", 4_000, marks["result"])
    for _ in range(rounds):
        page.goto(f"{terminal.url}/backtest")
        link = page.locator("#bt-runs .grid-link").first
        link.wait_for()
        page.wait_for_timeout(800)
        page.evaluate(WATCH, {"result": RESULT})
        link.click()
        report.add(
            "click on a finished run until its result is painted",
            1_000,
            finished_marks(page, "result")["result"],
        )
    database.close()


def own_database(terminal: Launched) -> tuple[Settings, Database]:
    """The running terminal's settings and another door to its database."""
    own = {"ATT_STORAGE__DATA_DIR": str(terminal.folder / "var")}
    settings = load_settings(ROOT / "config", own)
    return settings, Database(settings.storage.url)


def wait_for_warm_worker() -> None:
    """Time for the waiting processes of a fresh installation to have compiled the engine."""
    time.sleep(8)


def charts(page: Page, rounds: int, report: Report) -> None:
    """10,000 candles at once; windows of 1,000,000 bars while panning."""
    text = figure_text(candles_figure(random_bars(CANDLES), DARK, symbol="BENCH"))
    page.evaluate(DRAW, [text, False])  # the first drawing of a page also compiles the library
    for _ in range(rounds):
        taken = page.evaluate(DRAW, [text, False])
        report.add(f"chart of {CANDLES:,} candles until it can be panned", 500, taken)
    page.evaluate("document.getElementById('benchmark-chart').remove()")


def panning(page: Page, terminal: Launched, rounds: int, report: Report) -> None:
    """The Market page on a long series: every pan asks the server for another window."""
    settings, database = own_database(terminal)
    dataset = replace(builtin_like(), slug="benchmark", title="Benchmark, random walk")
    part = NewSeries("LONG", random_bars(LONG), name="A million bars")
    _made, save = publish(open_store(settings, database), dataset, [part], clock.now())
    with database.write() as conn:
        save(conn)
    database.close()
    page.goto(f"{terminal.url}/?dataset=benchmark&symbol=LONG")
    page.wait_for_selector("#mk-figure .cartesianlayer path", state="attached", timeout=30_000)
    page.locator("#mk-range").get_by_text("1M", exact=True).click()  # 44,640 of the bars
    page.wait_for_timeout(4000)
    for number in range(rounds + 1):
        taken = page.evaluate(PAN)
        page.wait_for_timeout(400)
        if number:
            line = f"a pan in a series of {LONG:,} bars until it is painted"
            report.add(line, 1_000, taken)


def builtin_like() -> Dataset:
    """Minute bars around the clock, as traded."""
    return Dataset(
        slug="",
        title="",
        source="random numbers",
        licence="none",
        adjustment=Adjustment.AS_TRADED,
        timeframe=Timeframe.MIN_1,
        calendar="24/7",
        simulated=True,
        fields="ohlcv",
        currency="USD",
        version="",
    )


def second_start(browser: Browser, folder: Path, report: Report) -> None:
    """From `python app.py` on a folder that was used before until a page is painted."""
    began = time.time()
    with start(folder) as terminal:
        page = browser.new_context().new_page()
        page.goto(f"{terminal.url}/login")
        page.wait_for_selector("[name=username]")
        painted = page.evaluate(
            "performance.timeOrigin + "
            "performance.getEntriesByName('first-contentful-paint')[0].startTime"
        )
        report.add("second start until the first page is painted", 6_000, painted - 1000 * began)
        page.context.close()


def figure_text(figure: Any) -> str:
    """What the server would send."""
    text: str = figure.to_json()
    return text


def random_bars(count: int) -> pd.DataFrame:
    """Bars of a random walk, the same each time."""
    rng = np.random.default_rng(7)
    close = 100 * np.exp(np.cumsum(rng.normal(0, 0.0008, count)))
    open_ = np.r_[close[:1], close[:-1]]
    spread = np.abs(rng.normal(0, 0.0004, count))
    index = pd.date_range("2000-01-03 14:30", periods=count, freq="1min", tz="UTC", name="ts")
    return pd.DataFrame(
        {
            "open": open_,
            "high": np.maximum(open_, close) * (1 + spread),
            "low": np.minimum(open_, close) * (1 - spread),
            "close": close,
            "volume": rng.integers(100, 10_000, count).astype(float),
        },
        index=index,
    )


def finished_marks(page: Page, name: str) -> dict[str, float]:
    """The marks of the page once `name` is among them."""
    wait_for(lambda: page.evaluate("name => marks[name] != null", name), 60, name)
    return dict(json.loads(page.evaluate("JSON.stringify(marks)")))


def wait_for(condition: Callable[[], bool], limit_s: float, what: str) -> None:
    """Return when the condition holds; fail after the limit."""
    deadline = time.monotonic() + limit_s
    while not condition():
        assert time.monotonic() < deadline, f"{what} did not come within {limit_s:.0f} s"
        time.sleep(0.1)


if __name__ == "__main__":
    raise SystemExit(main())
