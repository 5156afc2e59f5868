"""Several runs side by side: their metrics in one table, and one self-contained HTML file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape

from terminal.backtest.difference import Differences, differences
from terminal.backtest.metrics import METRICS
from terminal.backtest.result import BacktestResult
from terminal.charts.comparison import comparison_drawdown_figure, comparison_figure
from terminal.charts.curve import session_returns
from terminal.charts.theme import DARK, Theme
from terminal.errors import InputError
from terminal.reports import content
from terminal.reports.certificate import badge_sign, badge_text
from terminal.reports.page import Payload, figure_html, page, table_html
from terminal.reports.sessions import session_curve
from terminal.reports.tables import Cell, Table, number, text

EVERY_PAIR = 6
"""Runs up to which each is compared with each; of more, each with the first: the more pairs, the
larger a difference must be to be told from chance."""


@dataclass(frozen=True)
class MetricRow:
    """One metric of all runs; `best` is the position of the best value, None where none is best."""

    key: str
    title: str
    group: str
    unit: str
    hint: str
    values: tuple[float | None, ...]
    best: int | None


def metric_rows(metrics: Mapping[str, Mapping[str, float | None]]) -> list[MetricRow]:
    """The metrics of several runs (`run name -> metric key -> value`), in catalogue order.

    The best value is marked where a metric says which way is better and the runs differ.
    """
    rows = []
    for metric in METRICS:
        found = tuple(of_run.get(metric.key) for of_run in metrics.values())
        if all(value is None for value in found):
            continue
        rows.append(
            MetricRow(
                metric.key,
                metric.title,
                metric.group,
                metric.unit,
                content.formula(metric),
                found,
                _best(found, metric.higher_is_better),
            )
        )
    return rows


def _best(values: tuple[float | None, ...], higher: bool | None) -> int | None:
    known = [(value, k) for k, value in enumerate(values) if value is not None]
    if higher is None or len(known) < 2 or len({value for value, _ in known}) == 1:
        return None
    wanted = max(v for v, _ in known) if higher else min(v for v, _ in known)
    return next(k for value, k in known if value == wanted)


def distinct_names(results: list[BacktestResult]) -> list[str]:
    """A name per run; equal names are numbered."""
    names: list[str] = []
    for result in results:
        name, count = content.headline(result), 2
        while name in names:
            name, count = f"{content.headline(result)} ({count})", count + 1
        names.append(name)
    return names


def comparison_html(
    results: list[BacktestResult], theme: Theme = DARK, *, timezone: str = "UTC"
) -> str:
    """The comparison of two or more runs as one file that opens offline.

    Raises
    ------
    InputError : fewer than two runs.
    """
    if len(results) < 2:
        raise InputError(f"a comparison needs at least two runs, not {len(results)}.", field="ids")
    names = distinct_names(results)
    curves = {name: result.curve for name, result in zip(names, results, strict=True)}
    simulated = any(result.provenance.simulated for result in results)
    payload = Payload()
    for mode in ("dark", "light"):
        own = Theme(mode, theme.palette)
        equity = comparison_figure(curves, own, timezone=timezone, simulated=simulated)
        log = comparison_figure(curves, own, scale="log", timezone=timezone, simulated=simulated)
        below = comparison_drawdown_figure(curves, own, timezone=timezone, simulated=simulated)
        payload.add("equity", mode, equity)
        payload.add("equity-alternative", mode, log)
        payload.add("drawdown", mode, below)
    banner = '<div class="banner" role="note">SIMULATED DATA</div>' if simulated else ""
    body = "\n".join(
        [
            f'{banner}<header class="top"><div><p class="kind">Backtest comparison</p>'
            f"<h1>{escape(' / '.join(names))}</h1></div>"
            '<button type="button" id="mode" class="switch">Light</button></header><main>',
            table_html(_runs(names, results)),
            figure_html("equity", "Equity", "100 at the first bar all runs have.", 360,
                        wide=True, switch=True),
            figure_html("drawdown", "Drawdown", "Of each run from its own last high.", 240,
                        wide=True),
            table_html(difference_table(differences_of(results, timezone))),
            *(table_html(table) for table in _tables(names, results)),
            "</main><footer>",
            *(f"<p>{escape(line)}</p>" for line in content.DISCLAIMERS),
            "</footer>",
        ]
    )  # fmt: skip
    return page("Backtest comparison", body, payload, theme.mode, theme.palette)


def differences_of(results: list[BacktestResult], timezone: str = "UTC") -> Differences:
    """Whether the Sharpe ratios of the runs differ, over the sessions all of them have.

    Of more than `EVERY_PAIR` runs each is compared with the first. The seed is fixed: the same runs
    always give the same answer.
    """
    names = distinct_names(results)
    judged = results[0].judged
    return differences(
        {
            name: session_returns(session_curve(result)["equity"], timezone, result.request.capital)
            for name, result in zip(names, results, strict=True)
        },
        {name: result.request.risk_free_rate for name, result in zip(names, results, strict=True)},
        periods=252.0 if judged is None else judged.analysis.evidence.periods,
        reference=names[0] if len(names) > EVERY_PAIR else None,
    )


def difference_table(found: Differences) -> Table:
    """Every pair with its difference and both p-values; the finding in words below."""
    return Table(
        "Do they differ?",
        ("Run", "Against", "Sharpe difference", "Memmel p", "Bootstrap p", "Verdict"),
        ("left", "left", "right", "right", "right", "left"),
        tuple(
            (
                text(pair.first),
                text(pair.second),
                number(pair.difference, "ratio", change=True),
                Cell(f"{pair.memmel:.3f}"),
                Cell(f"{pair.bootstrap:.3f}"),
                text("differ" if pair.differs else "not distinguishable"),
            )
            for pair in found.pairs
        ),
        " ".join(found.sentences),
        " ".join(
            [
                *found.sentences,
                f"Over {found.sessions:,} common sessions; Jobson, Korkie and Memmel, and the "
                "bootstrap of Ledoit and Wolf, two-sided.",
                *(f"{name} never moved and is left out." for name in found.left_out),
            ]
        ),
    )


def _runs(names: list[str], results: list[BacktestResult]) -> Table:
    rows = []
    for name, result in zip(names, results, strict=True):
        shown = dict(content.facts(result))
        rows.append(
            (
                text(name),
                text(shown["Strategy"]),
                text(shown["Parameters"]),
                text(shown["Overlays"]),
                text(shown["Data set"]),
                text(shown["Period"]),
                Cell(
                    badge_text(result.provenance.certificate),
                    badge_sign(result.provenance.certificate),
                ),
                text("; ".join(content.warnings(result))),
            )
        )
    columns = (
        "Run",
        "Strategy",
        "Parameters",
        "Overlays",
        "Data set",
        "Period",
        "Certificate",
        "Notes",
    )
    return Table("Runs", columns, ("left",) * 8, tuple(rows))


def _tables(names: list[str], results: list[BacktestResult]) -> list[Table]:
    """Metrics by group, a column per run, the best of a row in the colour of gains."""
    by_run = dict(zip(names, (result.metrics for result in results), strict=True))
    groups: dict[str, list[tuple[Cell, ...]]] = {}
    for row in metric_rows(by_run):
        cells = [
            Cell(number(value, row.unit).text, "up" if k == row.best else "flat")
            for k, value in enumerate(row.values)
        ]
        groups.setdefault(row.group, []).append((text(row.title, row.hint), *cells))
    return [
        Table(
            group[:1].upper() + group[1:],
            ("Metric", *names),
            ("left", *(["right"] * len(names))),  # type: ignore[arg-type]
            tuple(rows),
            note="The best value of a row is coloured, where one is better than another.",
        )
        for group, rows in groups.items()
    ]
