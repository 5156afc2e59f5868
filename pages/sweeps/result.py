"""What a sweep has found, in tabs; while it runs, as far as it is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from dash import dcc, html

from pages.backtests.figures import own_theme
from pages.components.button import button
from pages.components.empty_state import empty_state
from pages.components.figure_card import figure_card
from pages.components.notice import notice
from pages.components.number import change, number, stat, stats
from pages.components.panel import panel, panel_head
from pages.components.table import (
    badge_column,
    change_column,
    number_column,
    table,
    text_column,
)
from pages.components.tabs import tab_links
from pages.job import request_facts
from pages.server.context import actor, services
from pages.sweeps import reading
from pages.sweeps.form import OBJECTIVE_WORDS
from terminal.accounts.actor import Role
from terminal.backtest.sweeps.search import OBJECTIVES
from terminal.backtest.sweeps.stored import StoredSweep, read_frame
from terminal.charts.equity import equity_figure
from terminal.charts.sweep_lines import decay_figure
from terminal.charts.theme import Theme

POINT_TONES = {"done": "neutral", "pruned": "warn", "failed": "down", "front": "accent"}
GRID_HEIGHT = 392


def body(sweep: StoredSweep, tab: str) -> list[Any]:
    """Tabs and the open one."""
    address = f"/sweep/{sweep.row.job_id}"
    chosen = tab if tab in TABS else "overview"
    links = [(title, f"{address}?tab={key}") for key, (title, _) in TABS.items()]
    return [
        tab_links(links, f"{address}?tab={chosen}", "Parts of the sweep"),
        html.Div(TABS[chosen][1](sweep), className="stack"),
    ]


def overview(sweep: StoredSweep) -> list[Any]:
    """The verdict, the landscape, the best combinations."""
    return [
        *_verdict(sweep),
        _landscape_card(sweep),
        *_front_card(sweep),
        _best_card(sweep),
    ]


def parameters(sweep: StoredSweep) -> list[Any]:
    """What each parameter does, and all of them at once."""
    theme = own_theme()
    warnings, remarks = reading.findings(sweep)
    return [
        *(notice(words, "warning") for words in warnings),
        figure_card(
            "sw-sensitivity",
            "Each parameter alone",
            figure=reading.sensitivity(sweep, theme),
            help="Mean and best score over everything else, by value. A good parameter has a broad "
            "hill, not a needle.",
            height=300,
            className="bt-wide-figure",
        ),
        figure_card(
            "sw-parallel",
            "All parameters at once",
            figure=reading.parallel(sweep, theme),
            help="One line a combination, from its parameters to its score; the best fifth in "
            "colour.",
            height=340,
            className="bt-wide-figure",
        ),
        panel("In words", html.Ul([html.Li(words) for words in remarks], className="sw-list")),
    ]


def forward(sweep: StoredSweep) -> list[Any]:
    """In-sample against out-of-sample by window, and the equity of what was chosen."""
    result = sweep.row.result
    if sweep.request.walk_forward is None:
        return [
            html.Section(
                empty_state(
                    "No walk-forward in this sweep",
                    "Choose rolling or anchored windows in the form: each training part then "
                    "chooses what the test after it trades.",
                    icon="market",
                ),
                className="panel",
            )
        ]
    if result is None or result["walk_forward"] is None:
        return [_later()]
    facts = result["walk_forward"]
    windows = _frame(sweep, "windows")
    curve = _frame(sweep, "walk_forward")
    if windows is None or curve is None:
        return [notice("The files of the walk-forward are missing.", "error", "Run it again.")]
    theme = own_theme()
    labels = [f"{day:%Y-%m-%d}" for day in windows["test_first"]]
    title = OBJECTIVE_WORDS[sweep.request.objectives[0]]
    found = facts["metrics"]
    return [
        notice(facts["sentence"], "info"),
        stats(
            [
                stat("Out-of-sample return", change(found["total_return"])),
                stat("CAGR", change(found["cagr"])),
                stat("Sharpe", number(found["sharpe"])),
                stat("Max drawdown", change(found["max_drawdown"])),
                stat(
                    "Efficiency",
                    number(facts["efficiency"], "percent"),
                    "Mean out-of-sample score / mean in-sample score.",
                ),
            ]
        ),
        figure_card(
            "sw-decay",
            "What was promised, and what came",
            figure=decay_figure(
                labels,
                windows["in_sample"].to_numpy(),
                windows["out_of_sample"].to_numpy(),
                windows["median"].to_numpy(),
                theme,
                title=title,
                simulated=sweep.row.simulated,
            ),
            height=300,
            className="bt-wide-figure",
        ),
        figure_card(
            "sw-forward",
            "Equity out of sample",
            figure=_equity(curve, theme, sweep),
            help="One run of the engine: every window trades what was best before it, and pays for "
            "the change.",
            height=300,
        ),
        panel("Windows", _windows_table(sweep, windows), flush=True),
    ]


def details(sweep: StoredSweep) -> list[Any]:
    """What was asked."""
    asked = {key: value for key, value in sweep.row.request.items() if key != "backtest"}
    return [
        html.Div(
            [
                panel("Sweep", request_facts(asked)),
                panel("Backtest that is varied", request_facts(sweep.row.request["backtest"])),
            ],
            className="grid-2",
        )
    ]


def _verdict(sweep: StoredSweep) -> list[Any]:
    """Best combination and how far it is luck."""
    result = sweep.row.result
    if result is None:
        return []
    found, judged = result["metrics"], result["honesty"]
    sentences = judged["sentences"]
    warnings, _ = reading.findings(sweep)
    return [
        stats(
            [
                stat(
                    "Best combination",
                    reading.short_words(result["params"]),
                    reading.params_words(sweep, result["params"]),
                ),
                stat("Sharpe", number(found["sharpe"])),
                stat("CAGR", change(found["cagr"])),
                stat("Max drawdown", change(found["max_drawdown"])),
                stat(
                    "Deflated Sharpe",
                    number(judged["dsr"]),
                    "Confidence that the Sharpe ratio is above what the best of this many trials "
                    "would show by luck.",
                ),
                stat(
                    "Overfitting",
                    number(judged["pbo"], "percent"),
                    "How often the best of one half of the period is below the median in the "
                    "other.",
                ),
            ]
        ),
        html.Section(
            [
                panel_head(f"How far this is luck: {judged['headline']}"),
                html.Div(
                    [
                        notice(sentences[0], "success" if judged["sure"] else "warning"),
                        html.Ul([html.Li(words) for words in sentences[1:]], className="sw-list"),
                        *(notice(words, "warning") for words in warnings),
                    ],
                    className="panel-body stack",
                ),
            ],
            className="panel sw-honesty",
        ),
    ]


def _landscape_card(sweep: StoredSweep) -> html.Section:
    choice = reading.first_choice(sweep)
    axes = [{"label": item.title, "value": item.name} for item in sweep.space.dimensions]
    metrics = [{"label": OBJECTIVE_WORDS[name], "value": name} for name in OBJECTIVES]
    two = len(axes) > 1
    controls = [
        _pick("sw-metric", "Score", metrics, choice.metric),
        html.Div(_pick("sw-x", "Across", axes, choice.x), hidden=not two),
        html.Div(_pick("sw-y", "Up", axes if two else [], choice.y), hidden=not two),
        html.Div(
            dcc.RadioItems(
                [{"label": "Best", "value": "max"}, {"label": "Mean", "value": "mean"}],
                "max",
                id="sw-reduce",
                inline=True,
                className="segmented segmented-small",
            ),
            hidden=len(axes) < 3,
            title="Over the parameters that are not shown",
        ),
    ]
    card = figure_card(
        "sw-heat",
        "Landscape" if two else "Score by value",
        figure=reading.landscape(sweep, choice, own_theme()),
        help="The framed cell is the best. Over parameters that are not shown: the best score or "
        "the mean.",
        height=380,
        filename="sweep",
        className="bt-wide-figure",
    )
    card.children.insert(1, html.Div(controls, className="sw-controls"))
    return card


def _pick(id: str, label: str, options: list[dict[str, str]], value: str) -> html.Label:
    return html.Label(
        [
            html.Span(label, className="muted"),
            dcc.Dropdown(
                options, value or None, id=id, clearable=False, searchable=False,
                className="sw-pick",
            ),
        ],
        className="sw-control",
    )  # fmt: skip


def _front_card(sweep: StoredSweep) -> list[Any]:
    if len(sweep.request.objectives) < 2:
        return []
    return [
        figure_card(
            "sw-front",
            "Pareto front",
            figure=reading.front(sweep, own_theme()),
            help="Combinations that no other beats in both objectives.",
            height=320,
        )
    ]


def _best_card(sweep: StoredSweep) -> html.Section:
    trader = actor().role.allows(Role.TRADER)
    parts: list[Any] = []
    if trader:
        parts.append(
            button("Run the chosen one as a backtest", "sw-run-point", small=True, icon="play",
                   disabled=True)
        )  # fmt: skip
    columns = [
        number_column("rank", "#", "count", width=64),
        *(
            text_column(f"p_{item.name}", item.title, width=120, cellClass="num")
            for item in sweep.space.dimensions
        ),
        number_column("m_sharpe", "Sharpe", width=88),
        number_column("m_sortino", "Sortino", width=88),
        change_column("m_cagr", "CAGR", width=104),
        change_column("m_max_drawdown", "Max DD", width=108),
        number_column("m_calmar", "Calmar", width=88),
        number_column("m_cost_drag", "Costs a year", "percent", width=110),
        number_column("m_fills", "Fills", "count", width=84),
        badge_column("state", "State", POINT_TONES, width=96),
    ]
    return html.Section(
        [
            panel_head("Combinations, the best first", actions=parts),
            table(
                "sw-best",
                columns,
                reading.best_rows(sweep),
                row_id="position",
                height=GRID_HEIGHT,
                selection="single",
                nothing="No combination has finished yet.",
            ),
        ],
        className="panel",
    )


def _windows_table(sweep: StoredSweep, windows: Any) -> html.Div:
    names = ("Train", "Test", "Chosen", "In sample", "Out of sample", "Median of all", "Beat")
    rows = []
    for row in windows.itertuples():
        chosen = reading.params_words(sweep, sweep.space.values(int(row.position)))
        rows.append(
            html.Tr(
                [
                    html.Td(f"{row.train_first:%Y-%m-%d} – {row.train_last:%Y-%m-%d}"),
                    html.Td(f"{row.test_first:%Y-%m-%d} – {row.test_last:%Y-%m-%d}"),
                    html.Td(chosen),
                    *(
                        html.Td(number(value, unit), className="num")
                        for value, unit in (
                            (row.in_sample, "ratio"),
                            (row.out_of_sample, "ratio"),
                            (row.median, "ratio"),
                            (row.beaten, "percent"),
                        )
                    ),
                ]
            )
        )
    head = html.Tr([html.Th(n, className="num" if k > 2 else "") for k, n in enumerate(names)])
    return html.Div(
        html.Table([html.Thead(head), html.Tbody(rows)], className="plain-table"),
        className="plain-table-wrap",
    )


def _equity(curve: Any, theme: Theme, sweep: StoredSweep) -> Any:
    frame = curve.assign(benchmark=float("nan"))
    frame.index = frame.index.tz_localize("UTC")
    return equity_figure(frame, theme, simulated=sweep.row.simulated)


def _frame(sweep: StoredSweep, name: str) -> Any:
    return read_frame(services().db, actor(), services().jobs, sweep.row, name)


def _later() -> html.Section:
    return html.Section(
        empty_state("Not yet", "It is made when every combination has been run.", icon="market"),
        className="panel",
    )


TABS: dict[str, tuple[str, Callable[[StoredSweep], list[Any]]]] = {
    "overview": ("Overview", overview),
    "parameters": ("Parameters", parameters),
    "walk-forward": ("Walk-forward", forward),
    "details": ("Details", details),
}
