"""Tab "Evidence": how far the result can be told from luck; and the sentence of the page's head."""

from __future__ import annotations

from typing import Any

from dash import html

from pages.backtests.cards import table_panel
from pages.backtests.figures import own_theme, run_sections, section_card
from pages.backtests.run import Run
from pages.components.empty_state import empty_state
from pages.components.notice import Kind, notice
from pages.components.panel import panel
from terminal.reports import evidence as report

TONES: dict[str, Kind] = {"skill": "success", "weak": "info", "luck": "warning"}


def headline(run: Run) -> html.Div:
    """The finding in words, above every number."""
    found = report.verdict_of(run.result)
    if found is None:
        return notice(report.NOT_ASKED, "info")
    but = report.caveats(run.result)
    kind = TONES.get(found.standing, "info")
    if but and kind == "success":
        kind = "info"
    shown = notice(found.sentences[0], kind, " ".join(but) or None)
    return html.Div(shown, className="bt-verdict")


def evidence(run: Run) -> list[Any]:
    """Verdict and intervals, then the entries at other times, then what else could have been."""
    judged = run.result.judged
    if judged is None:
        body = empty_state("Nothing was asked about luck", report.NOT_ASKED, icon="market")
        return [panel("Evidence", body)]
    made = judged.analysis.evidence
    found = judged.verdict_now or judged.verdict
    parts = run_sections(run, own_theme(), "evidence")
    says = [
        *found.sentences[1:],
        *report.caveats(run.result),
        report.trials_sentence(judged),
        *made.notes,
    ]
    figures = [section_card(part, run, later=True) for part in parts.values()]
    pairs = [figures[k : k + 2] for k in range(0, len(figures), 2)]
    return [
        panel("In words", html.Ul([html.Li(line) for line in says], className="bt-checks")),
        html.Div(
            [table_panel(report.verdict_table(judged)), table_panel(report.interval_table(judged))],
            className="grid-2",
        ),
        table_panel(report.simulation_table(judged)),
        *(html.Div(pair, className="grid-2" if len(pair) > 1 else "") for pair in pairs),
    ]
