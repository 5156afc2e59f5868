"""What happens while rules are edited: buttons and choices, checks, the preview."""

from __future__ import annotations

from typing import Any

from dash import ALL, Input, Output, State, ctx, no_update

from pages.backtests.choices import timeframe_options
from pages.backtests.figures import own_theme
from pages.rule_builder import editing, preview_panel
from pages.rule_builder.bars import symbols_of
from pages.rule_builder.draft import Draft, read_draft, with_texts
from pages.rule_builder.editor import do_at, editor, error_at, field_at, pick_at, share_at
from pages.server import guard
from pages.server.context import actor, services
from pages.server.preferences import preferences, save_preference
from terminal.charts.theme import theme_from
from terminal.strategies.rules.reading import parse_rules
from terminal.strategies.rules.rule_set import RuleSet
from terminal.strategies.rules.strategy import rules_param
from terminal.strategies.rules.words import in_words

N_PREVIEW = 6
WRONG = "Correct the marked fields to see what the rules do."


def paths(ids: list[dict[str, Any]]) -> list[str]:
    """The places of controls."""
    return [own["at"] for own in ids]


def register() -> None:
    """Editing, checking, previewing."""

    @guard.callback(
        Output("ru-editor", "children"),
        Output("ru-draft", "data"),
        Input(do_at(ALL, ALL), "n_clicks"),
        Input(pick_at(ALL), "value"),
        State(pick_at(ALL), "id"),
        State(field_at(ALL), "value"),
        State(field_at(ALL), "id"),
        State("ru-draft", "data"),
        prevent_initial_call=True,
        role="viewer",
    )
    def edit(
        _clicks: list[int], picked: list[Any], pick_ids: Any, texts: list[Any], ids: Any,
        draft: Draft | None,
    ) -> Any:  # fmt: skip
        if draft is None:
            return no_update, no_update
        before = with_texts(draft, paths(ids), texts)
        after = before
        source = ctx.triggered_id
        if source and source["type"] == "ru-do":
            # drawn anew, buttons report no clicks
            if ctx.triggered[0]["value"]:
                after = editing.act(before, source["do"], source["at"])
        else:
            after = choose_all(before, paths(pick_ids), picked)
        if after == before:
            return no_update, no_update
        return editor(after), after

    @guard.callback(
        Output(error_at(ALL), "children"),
        Output("ru-ready", "data"),
        Output("ru-words", "children"),
        Input(field_at(ALL), "value"),
        Input("ru-draft", "data"),
        State(field_at(ALL), "id"),
        State(error_at(ALL), "id"),
        role="viewer",
    )
    def check(texts: list[Any], draft: Draft | None, ids: Any, places: Any) -> Any:
        if draft is None:
            return [no_update] * len(places), no_update, no_update
        rules, errors = read_draft(with_texts(draft, paths(ids), texts))
        shown = placed(errors, paths(places))
        if rules is None:
            return shown, {"rules": None}, error_words(errors)
        return shown, {"rules": rules_param(rules)}, in_words(rules)

    @guard.callback(
        Output("ru-changed", "children"),
        Input("ru-ready", "data"),
        Input("ru-name", "value"),
        Input("ru-own", "data"),
        role="viewer",
    )
    def compare(ready: dict[str, Any] | None, name: str | None, own: dict[str, Any]) -> str:
        if not ready or own["id"] is None:
            return ""
        same = ready["rules"] == own["rules"] and (name or "").strip() == own["name"]
        return "" if same else "Changed, not saved"

    @guard.callback(
        Output("ru-symbol", "options"),
        Output("ru-symbol", "value"),
        Output("ru-timeframe", "options"),
        Output("ru-timeframe", "value"),
        Input("ru-dataset", "value"),
        State("ru-symbol", "value"),
        State("ru-timeframe", "value"),
        prevent_initial_call=True,
        role="viewer",
    )
    def follow_dataset(slug: str, symbol: str | None, timeframe: str) -> Any:
        symbols = symbols_of(slug)
        dataset = services().catalogue.dataset(actor(), slug)
        options = timeframe_options(dataset)
        known = timeframe in {option["value"] for option in options}
        return (
            symbols,
            symbol if symbol in symbols else next(iter(symbols), None),
            options,
            timeframe if known else dataset.timeframe.value,
        )

    @guard.callback(
        Output("ru-back", "data"),
        Input("ru-earlier", "n_clicks"),
        Input("ru-later", "n_clicks"),
        Input("ru-span", "value"),
        Input("ru-symbol", "value"),
        Input("ru-timeframe", "value"),
        State("ru-back", "data"),
        prevent_initial_call=True,
        role="viewer",
    )
    def turn(_earlier: int, _later: int, span: int, _symbol: str, _bars: str, back: int) -> Any:
        moves = {"ru-earlier": span, "ru-later": -span}
        return max(0, int(back) + moves[ctx.triggered_id]) if ctx.triggered_id in moves else 0

    @guard.callback(
        Output("ru-figure", "figure"),
        Output("ru-figure", "style"),
        Output("ru-legend", "children"),
        Output("ru-count", "children"),
        Output("ru-earlier", "disabled"),
        Output("ru-later", "disabled"),
        Output(share_at(ALL), "children"),
        Input("ru-ready", "data"),
        Input("ru-dataset", "value"),
        Input("ru-symbol", "value"),
        Input("ru-timeframe", "value"),
        Input("ru-span", "value"),
        Input("ru-back", "data"),
        Input("theme", "data"),
        Input("palette", "data"),
        State("ru-draft", "data"),
        State(share_at(ALL), "id"),
        role="viewer",
    )
    def show(
        ready: dict[str, Any] | None, slug: str, symbol: str | None, timeframe: str, span: int,
        back: int, mode: str | None, palette: str | None, draft: Draft, share_ids: Any,
    ) -> Any:  # fmt: skip
        rules = ready_rules(ready)
        if rules is None:
            words = WRONG if ready else ""
            return *(no_update,) * 3, words, no_update, no_update, [""] * len(share_ids)
        if not symbol or symbol not in symbols_of(slug):
            return *(no_update,) * N_PREVIEW, [""] * len(share_ids)
        theme = theme_from(mode, palette) if mode else own_theme()
        shown = preview_panel.show(rules, slug, symbol, timeframe, span, back, theme)
        chosen = {"dataset": slug, "symbol": symbol, "timeframe": timeframe}
        if preferences().get(preview_panel.PREFERENCE) != chosen:
            # saving the rules leads to another address, which must show the same instrument
            save_preference(preview_panel.PREFERENCE, chosen)
        return (
            shown.figure,
            {"height": f"{shown.height}px"},
            shown.legend,
            shown.words,
            shown.first == 0,
            back <= 0,
            [
                preview_panel.share_words(shown.found, rules, draft, place)
                for place in paths(share_ids)
            ],
        )


def choose_all(draft: Draft, places: list[str], values: list[Any]) -> Draft:
    """The draft after the choices that say something else than it."""
    made = draft
    for place, value in zip(places, values, strict=True):
        if value is not None and value != editing.chosen(made, place):
            made = editing.choose(made, place, value)
    return made


def ready_rules(ready: dict[str, Any] | None) -> RuleSet | None:
    """The rules of the last check, when nothing was wrong."""
    return parse_rules(ready["rules"]) if ready and ready.get("rules") else None


def placed(errors: dict[str, str], places: list[str]) -> list[str]:
    """Errors in the order of their places; what has no place of its own goes to the last one."""
    shown = [errors.get(place, "") for place in places]
    lost = [text for place, text in errors.items() if place not in places]
    if lost and shown:
        shown[-1] = shown[-1] or lost[0]
    return shown


def error_words(errors: dict[str, str]) -> str:
    """How much is wrong."""
    return "1 field needs a change." if len(errors) == 1 else f"{len(errors)} fields need a change."
