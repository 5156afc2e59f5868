"""The model card: one HTML file that says what a model is, what it was made from, and how it was
judged, against what a person needs to know before trusting it (Mitchell et al. 2019)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from terminal.charts.numbers import MISSING
from terminal.charts.theme import DARK, Theme
from terminal.charts.training import Curve, curves_figure, paths_figure
from terminal.reports.page import Payload, definitions_html, figure_html, page, table_html
from terminal.reports.tables import Cell, Table, text

LIMITS = (
    "The score says how well outcomes are ordered, not what can be earned after costs: a backtest "
    "of the model says that.",
    "Weights are those that were judged: they have learned nothing from the out-of-sample period.",
    "A model that was found among many looks better than it is; the number of trials is stated.",
    "Past relations between features and outcomes can end at any time; the Monitor page watches.",
)
SHOWN_FITS = 6


def model_card(
    name: str, result: Mapping[str, Any], curves: Mapping[str, Curve], theme: Theme = DARK
) -> str:
    """The card as an HTML document.

    Parameters
    ----------
    result : what a training keeps (`terminal.training.job`). curves : losses by fit.
    """
    simulated = bool(result["lineage"]["simulated"])
    payload = Payload()
    outside = result["out_of_sample"]["score"]
    shown = dict(list(curves.items())[:SHOWN_FITS])
    for mode in ("dark", "light"):
        own = Theme(mode, theme.palette)
        payload.add(
            "paths",
            mode,
            paths_figure(
                [value for value in result["cross_validation"]["paths"] if value is not None],
                outside["chance"],
                outside["name"],
                own,
                outside=_interval(outside),
                simulated=simulated,
            ),
        )
        payload.add("curves", mode, curves_figure(shown, own, simulated=simulated))
    body = "\n".join(
        [
            _header(name, result, simulated),
            "<main>",
            figure_html(
                "paths",
                "Scores against luck",
                "Every whole path of cross-validation, and the out-of-sample period with its "
                "interval.",
                240,
                wide=True,
            ),
            table_html(gate_table(result["verdict"]["checks"]), numbers=False),
            table_html(figures_table(result)),
            figure_html(
                "curves",
                "Losses",
                "Dotted while training, solid on the slice that says when to stop.",
                300,
                wide=True,
            ),
            table_html(recipe_table(result["recipe"]), numbers=False),
            table_html(columns_table(result["lineage"]["columns"]), numbers=False),
            '<section class="card wide"><header><h2>Lineage</h2></header>'
            + definitions_html(lineage_rows(result["lineage"]), "facts provenance")
            + "</section>",
            "</main>",
            "<footer>"
            + "".join(f"<p>{escape(line)}</p>" for line in LIMITS)
            + "<p>Made with AlphaTrade Terminal.</p></footer>",
        ]
    )
    return page(f"{name} - model card", body, payload, theme.mode, theme.palette)


def _header(name: str, result: Mapping[str, Any], simulated: bool) -> str:
    banner = '<div class="banner" role="note">SIMULATED DATA</div>' if simulated else ""
    passed = result["verdict"]["passed"]
    badge = "passed the gate" if passed else "did not pass the gate"
    facts = [
        ("Model", result["model_title"]),
        ("Predicts", result["label_title"]),
        ("Data", f"{result['lineage']['dataset_title']}, {result['lineage']['timeframe']}"),
        ("Instruments", ", ".join(result["lineage"]["symbols"])),
        (
            "Learned from",
            f"{result['lineage']['n_events']:,} events, {result['lineage']['first_event'][:10]} to "
            f"{result['lineage']['last_event'][:10]}",
        ),
        ("Out of sample from", result["lineage"]["out_of_sample_from"][:10]),
        ("Trained in", f"{result['seconds']:.0f} s"),
    ]
    return (
        f'{banner}<header class="top"><div><p class="kind">Model card</p>'
        f'<h1>{escape(name)}</h1><p class="badge {"up" if passed else "flat"}">{badge}</p></div>'
        '<button type="button" id="mode" class="switch">Light</button></header>'
        f'<div class="verdict"><p><strong>{escape(result["verdict"]["words"])}</strong></p></div>'
        + definitions_html(facts)
    )


def gate_table(checks: Sequence[Mapping[str, Any]]) -> Table:
    """What was asked and what was found."""
    return Table(
        "The gate",
        ("Question", "Answer", "Found"),
        ("left", "left", "left"),
        tuple(
            (
                text(check["name"]),
                Cell(
                    "passed" if check["passed"] else "failed", "up" if check["passed"] else "down"
                ),
                text(check["words"]),
            )
            for check in checks
        ),
    )


def figures_table(result: Mapping[str, Any]) -> Table:
    """Figures of the out-of-sample period and what they mean."""
    found = dict(result["out_of_sample"]["figures"])
    profit = result["profit"]
    rows = [(text(_spoken(key)), _number(value)) for key, value in found.items()]
    rows += [
        (text("long/short Sharpe ratio a year, before costs"), _number(profit["sharpe"])),
        (text("periods that do not overlap"), _number(profit["periods"])),
        (text("trials with models on this data so far"), _number(profit["trials"])),
        (text("probability of skill after so many trials"), _number(profit["deflated"])),
    ]
    return Table("Out of sample", ("Figure", "Value"), ("left", "right"), tuple(rows))


def recipe_table(recipe: Mapping[str, Any]) -> Table:
    """How the model is made."""
    rows = [
        (text("weights by uniqueness"), text("yes" if recipe["uniqueness"] else "no")),
        (text("weight of the oldest event"), text(f"{recipe['time_decay']:g}")),
        (text("share that says when to stop"), text(f"{recipe['early_stopping']:g}")),
        (text("seed"), text(recipe["seed"])),
    ]
    for group, words in (("label_params", "label"), ("model_params", "model")):
        rows += [
            (text(f"{words}: {_spoken(key)}"), text(value)) for key, value in recipe[group].items()
        ]
    return Table("Recipe", ("Parameter", "Value"), ("left", "left"), tuple(rows))


def columns_table(columns: Sequence[str]) -> Table:
    """The features in their order."""
    rows = tuple((text(k), text(name)) for k, name in enumerate(columns, start=1))
    return Table("Features", ("No.", "Column"), ("right", "left"), rows)


def lineage_rows(lineage: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What it was made from and by."""
    skipped = {"columns", "request", "packages", "symbols"}
    rows = [(_spoken(key), str(value)) for key, value in lineage.items() if key not in skipped]
    versions = ", ".join(f"{name} {version}" for name, version in lineage["packages"].items())
    return [*rows, ("packages", versions)]


def _interval(score: Mapping[str, Any]) -> tuple[float, float, float] | None:
    if score["value"] is None or score["low"] is None:
        return None
    return score["value"], score["low"], score["high"]


def _number(value: float | int | None) -> Cell:
    if value is None:
        return Cell(MISSING)
    return Cell(f"{value:,}" if isinstance(value, int) else f"{value:.4g}")


def _spoken(key: str) -> str:
    return key.replace("_", " ")
