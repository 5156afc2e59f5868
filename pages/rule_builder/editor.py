"""The editor: a draft as groups of rows with choices, numbers and places for their errors.

Choices that change what is drawn (`pick`) and buttons (`do`) go to the server and come back as a
new editor; numbers (`field`) are only read, at every key, so that a button pressed right after
typing never works on what stood there before.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dash import dcc, html
from dash._utils import stringify_id

from pages.components.button import button
from pages.components.hint import hint
from pages.components.icon import icon
from pages.rule_builder.draft import NUMBER_CHOICE, Draft
from pages.rule_builder.editing import depth_of
from terminal.params import ParamSpec
from terminal.strategies.rules.catalogue import FEATURES
from terminal.strategies.rules.reading import MOST, MOST_BARS, WINDOW
from terminal.strategies.rules.rule_set import MOST_DEPTH, Operator, SizingMethod
from terminal.strategies.rules.words import TITLES, VERBS

FEATURE_OPTIONS = [{"label": kind.title, "value": name} for name, kind in FEATURES.items()]
OPERAND_OPTIONS = [{"label": "a number", "value": NUMBER_CHOICE}, *FEATURE_OPTIONS]
OPERATOR_OPTIONS = [{"label": words, "value": item.value} for item, words in VERBS.items()]
JOIN_OPTIONS = [{"label": "all of", "value": "all"}, {"label": "any of", "value": "any"}]
SIZING_OPTIONS = [
    {"label": "Equal slots", "value": SizingMethod.EQUAL.value},
    {"label": "Fixed share", "value": SizingMethod.FIXED.value},
    {"label": "Inverse volatility", "value": SizingMethod.INVERSE_VOLATILITY.value},
]
ORDER_OPTIONS = [
    {"label": "highest first", "value": "highest"},
    {"label": "lowest first", "value": "lowest"},
]
SIZING_HELP = (
    "Equal slots: equity in as many parts as there are instruments, or positions at once. Fixed "
    "share: this part of equity each. Inverse volatility: calm instruments get more. A weight is "
    "set at entry and stands until the exit."
)


def field_at(path: Any) -> dict[str, Any]:
    """Id of a text box."""
    return {"type": "ru-field", "at": path}


def pick_at(path: Any) -> dict[str, Any]:
    """Id of a choice that changes the editor."""
    return {"type": "ru-pick", "at": path}


def do_at(do: Any, path: Any) -> dict[str, Any]:
    """Id of a button."""
    return {"type": "ru-do", "do": do, "at": path}


def error_at(path: Any) -> dict[str, Any]:
    """Id of the place for an error."""
    return {"type": "ru-error", "at": path}


def share_at(path: Any) -> dict[str, Any]:
    """Id of the words about how often a condition holds."""
    return {"type": "ru-share", "at": path}


def editor(draft: Draft) -> list[Any]:
    """Everything that can be changed but the name."""
    parts: list[Any] = [_side(draft, "entry_long"), _side(draft, "exit_long")]
    if draft["entry_short"] is None:
        parts.append(button("Add short rules", do_at("shorts", ""), icon="plus", small=True))
    else:
        parts += [
            _side(draft, "entry_short"),
            _side(draft, "exit_short"),
            button("Remove short rules", do_at("no-shorts", ""), icon="trash", small=True),
        ]
    return [*parts, _money(draft)]


def _side(draft: Draft, field: str) -> html.Section:
    """The outer group of a side with its title."""
    return html.Section(
        [
            html.Div(
                [html.H3(TITLES[field]), html.Span("when", className="muted"),
                 _join(field, draft[field]["join"]),
                 html.Span("these hold", className="muted")],
                className="ru-head",
            ),
            *_items(draft[field], field),
        ],
        className="ru-side",
        **{"aria-label": TITLES[field]},
    )  # fmt: skip


def _items(group: Draft, path: str) -> list[Any]:
    """Rows and inner groups, then the buttons that add more."""
    last = len(group["items"]) - 1
    rows = [
        _inner(item, f"{path}.{k}", k == 0, k == last)
        if "items" in item
        else _condition(item, f"{path}.{k}", k == 0, k == last)
        for k, item in enumerate(group["items"])
    ]
    adds = [button("Condition", do_at("add", path), "quiet", "plus", small=True)]
    if depth_of(path) < MOST_DEPTH:
        adds.append(button("Group", do_at("group", path), "quiet", "plus", small=True))
    return [*rows, _error(path), html.Div(adds, className="ru-adds")]


def _inner(group: Draft, path: str, first: bool, last: bool) -> html.Div:
    return html.Div(
        [
            html.Div(
                [_join(path, group["join"]), html.Span("these", className="muted"),
                 _tools(path, first, last)],
                className="ru-head",
            ),
            *_items(group, path),
        ],
        className="ru-group",
    )  # fmt: skip


def _join(path: str, value: str) -> html.Div:
    switch = dcc.RadioItems(
        JOIN_OPTIONS, value, id=pick_at(f"{path}.join"), inline=True,
        className="segmented segmented-small",
    )  # fmt: skip
    return html.Div(switch, role="group", **{"aria-label": "How the conditions go together"})


def _condition(item: Draft, path: str, first: bool, last: bool) -> html.Div:
    operator = Operator(item["operator"])
    parts = [
        *_feature(item["left"], f"{path}.left", FEATURE_OPTIONS, "Feature"),
        _dropdown(f"{path}.operator", OPERATOR_OPTIONS, item["operator"], "Comparison",
                  "ru-operator"),
    ]  # fmt: skip
    if operator.runs:
        parts.append(_number(f"{path}.bars", item["bars"], "Bars in a row", MOST_BARS))
        parts.append(html.Span("bars in a row", className="muted ru-word"))
    elif operator is Operator.BETWEEN:
        parts += _feature(item["low"], f"{path}.low", OPERAND_OPTIONS, "From")
        parts.append(html.Span("and", className="muted ru-word"))
        parts += _feature(item["high"], f"{path}.high", OPERAND_OPTIONS, "To")
    else:
        parts += _feature(item["right"], f"{path}.right", OPERAND_OPTIONS, "Compared with")
    return html.Div(
        [
            html.Div(parts, className="ru-parts"),
            html.Div(
                [html.Span(id=share_at(path), className="ru-share"), _tools(path, first, last)],
                className="ru-end",
            ),
            *_errors(item, path),
        ],
        className="ru-condition",
    )


def _feature(feature: Draft, path: str, options: Sequence[Any], label: str) -> list[Any]:
    """The choice of a feature, and its numbers beside it."""
    name = feature["feature"]
    parts: list[Any] = [_dropdown(f"{path}.feature", options, name, label, "ru-feature")]
    if name == NUMBER_CHOICE:
        return [*parts, _number(f"{path}.value", feature["value"], "Number")]
    return parts + [
        _number(f"{path}.{spec.name}", feature[spec.name], spec.title, spec)
        for spec in FEATURES[name].params
    ]


def _dropdown(path: str, options: Sequence[Any], value: str, label: str, look: str) -> html.Div:
    own = pick_at(path)
    box = dcc.Dropdown(list(options), value, id=own, clearable=False, optionHeight=28)
    return html.Div(
        [html.Label(label, htmlFor=stringify_id(own), className="visually-hidden"), box],
        className=look,
        title=FEATURES[value].help if value in FEATURES else "",
    )


def _number(path: str, text: str, label: str, spec: ParamSpec | None = None) -> html.Div:
    own = field_at(path)
    span = "" if spec is None or spec.low is None else f": {spec.low:g} to {spec.high:g}"
    return html.Div(
        [
            html.Label(label, htmlFor=stringify_id(own), className="visually-hidden"),
            dcc.Input(id=own, type="text", value=text, autoComplete="off", inputMode="decimal",
                      className="number-input", maxLength=20),
        ],
        className="ru-number",
        title=f"{label}{span}",
    )  # fmt: skip


def _errors(item: Draft, path: str) -> list[Any]:
    """One place for each thing that can be wrong with a condition."""
    places = [path, f"{path}.bars"]
    for side in ("left", "right", "low", "high"):
        names = [key for key in item[side] if key != "feature"]
        places += [f"{path}.{side}", *(f"{path}.{side}.{name}" for name in names)]
    return [_error(place) for place in places]


def _error(path: str) -> html.Div:
    return html.Div(id=error_at(path), className="field-error", role="alert")


def _tools(path: str, first: bool, last: bool) -> html.Div:
    """Up, down, remove."""
    return html.Div(
        [
            _tool("up", path, "chevron-down", "Move up", first),
            _tool("down", path, "chevron-down", "Move down", last),
            _tool("remove", path, "trash", "Remove", False),
        ],
        className="ru-tools",
    )


def _tool(do: str, path: str, picture: str, words: str, disabled: bool) -> html.Button:
    return html.Button(
        icon(picture, words), id=do_at(do, path), type="button", n_clicks=0, title=words,
        disabled=disabled, className=f"icon-button ru-tool ru-tool-{do}",
    )  # fmt: skip


def _money(draft: Draft) -> html.Section:
    """Sizing, positions at once, ranking."""
    sizing = draft["sizing"]
    row: list[Any] = [
        _dropdown("sizing.method", SIZING_OPTIONS, sizing["method"], "Sizing", "ru-operator")
    ]
    if sizing["method"] == SizingMethod.FIXED:
        row += [_number("sizing.weight", sizing["weight"], "Share of equity"),
                html.Span("% of equity each", className="muted ru-word")]  # fmt: skip
    if sizing["method"] == SizingMethod.INVERSE_VOLATILITY:
        row += [_number("sizing.window", sizing["window"], "Window of the volatility", WINDOW),
                html.Span("bars of returns", className="muted ru-word")]  # fmt: skip
    ranking = draft["ranking"]
    limit = [
        html.Span("At most", className="muted ru-word"),
        _number("most", draft["most"], "Positions at once", MOST),
        html.Span("positions at once (empty: no limit), by", className="muted ru-word"),
        *_feature(ranking["by"], "ranking.by", FEATURE_OPTIONS, "Ranked by"),
        _dropdown("ranking.order", ORDER_OPTIONS, ranking["order"], "Order", "ru-operator"),
    ]
    names = [name for name in ranking["by"] if name != "feature"]
    places = ["sizing.weight", "sizing.window", "most", "ranking",
              *(f"ranking.by.{name}" for name in names), "rules"]  # fmt: skip
    return html.Section(
        [
            html.Div([html.H3("Size"), hint(SIZING_HELP)], className="ru-head"),
            html.Div(row, className="ru-parts"),
            html.Div(limit, className="ru-parts"),
            *(_error(place) for place in places),
        ],
        className="ru-side ru-money",
        **{"aria-label": "Size"},
    )
