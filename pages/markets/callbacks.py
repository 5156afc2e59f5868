"""What happens on the Market page, in the order of a person's steps."""

from __future__ import annotations

from typing import Any

from dash import (
    ALL,
    ClientsideFunction,
    Input,
    Output,
    State,
    clientside_callback,
    ctx,
    no_update,
)

from pages.backtests.figures import own_theme
from pages.components.figure_card import blank_figure
from pages.components.toasts import toast
from pages.markets import choosing, headline, indicators, watch_list
from pages.markets.drawing import RANGES, default_range, draw, first_of_range, view_of
from pages.markets.series import Shown, load
from pages.server import guard
from pages.server.context import actor
from terminal.charts.theme import theme_from

N_OUTPUTS = 12
FEWEST, MOST = 10, 8_000  # bars of a range that still says something in another timeframe


def blank() -> dict[str, Any]:
    """What stands there before the first drawing."""
    return blank_figure()


def register() -> None:
    """Connect everything below."""
    _clientside("follow", Output("mk-chosen", "data"), Input("linked-symbol", "data"),
                State("mk-asked", "data"), State("mk-chosen", "data"))  # fmt: skip
    _clientside("pick", Output("mk-pick-sink", "children"), Input("mk-dataset", "value"),
                Input("mk-symbol", "value"), prevent=True)  # fmt: skip
    _clientside("pickRow", Output("mk-pick-sink", "title"), Input("mk-watch", "selectedRows"),
                prevent=True)  # fmt: skip
    _clientside("range", Output("mk-range-sink", "children"), Input("mk-range", "value"),
                prevent=True)  # fmt: skip
    _clientside("apply", Output("mk-figure", "figure"), Input("mk-answer", "data"), prevent=True)
    _clientside("moved", Output("mk-moved-sink", "children"), Input("mk-figure", "relayoutData"),
                prevent=True)  # fmt: skip

    @guard.callback(
        Output("mk-answer", "data"),
        Output("mk-dataset", "value"),
        Output("mk-symbol", "options"),
        Output("mk-symbol", "value"),
        Output("mk-timeframe", "options"),
        Output("mk-timeframe", "value"),
        Output("mk-prices-box", "hidden"),
        Output("mk-headline", "children"),
        Output("mk-stats", "children"),
        Output("mk-source", "children"),
        Output("mk-indicator-error", "children"),
        Output("mk-indicator-count", "children"),
        Input("mk-chosen", "data"),
        Input("mk-timeframe", "value"),
        Input("mk-prices", "value"),
        Input("mk-style", "value"),
        Input("mk-scale", "value"),
        Input(indicators.control(ALL, ALL), "value"),
        Input("mk-request", "data"),
        Input("theme", "data"),
        Input("palette", "data"),
        State(indicators.control(ALL, ALL), "id"),
        State("mk-view", "data"),
        State("mk-range", "value"),
        role="viewer",
    )
    def show(
        chosen: dict[str, Any] | None, wanted: str, prices: str, style: str, scale: str,
        values: list[Any], asked: dict[str, Any] | None, mode: str | None, palette: str | None,
        ids: list[Any], view: dict[str, Any] | None, span: str | None,
    ) -> Any:  # fmt: skip
        found = choosing.instrument(chosen) if chosen is not None else None
        if found is None:
            return (no_update,) * N_OUTPUTS
        dataset, part = found
        timeframe = choosing.timeframe(dataset, wanted)
        shown = load(dataset, part, timeframe, prices != "traded")
        changed = {name.rpartition(".")[0] for name in ctx.triggered_prop_ids}
        only_view = changed == {"mk-request"}
        overlays, error = indicators.read(ids, values)
        theme = theme_from(mode, palette) if mode else own_theme()
        answer = _answer(shown, asked, view, span, only_view, overlays, theme, scale, style)
        if only_view:
            return answer, *(no_update,) * (N_OUTPUTS - 1)
        if any("mk-indicator" in name for name in changed) and not error:
            indicators.keep(ids, values)
        quote = watch_list.quotes().of(actor(), [part])[0][2]
        return (
            answer,
            dataset.slug,
            _symbols(dataset.slug),
            part.symbol,
            choosing.timeframe_options(dataset),
            timeframe.value,
            dataset.adjustment.value == "split_dividend" or shown.actions.empty,
            headline.headline(shown, quote),
            headline.stats_row(quote),
            headline.source_line(shown),
            error,
            str(len(overlays)) if overlays else "",
        )

    @guard.callback(
        Output("mk-watch", "rowData"),
        Output("mk-add", "value"),
        Input("mk-add", "value"),
        Input("mk-edit", "data"),
        Input("mk-up", "n_clicks"),
        Input("mk-down", "n_clicks"),
        State("mk-watch", "selectedRows"),
        prevent_initial_call=True,
        role="viewer",
    )
    def edit(
        added: str | None, change: dict[str, Any] | None, _up: int, _down: int, selected: Any
    ) -> Any:
        source = ctx.triggered_id
        if source == "mk-add":
            if not added:
                return no_update, no_update
            sentence = watch_list.add(added)
            if sentence:
                toast(sentence)
        elif source == "mk-edit" and change:
            if change.get("op") == "remove":
                watch_list.remove(str(change.get("id")))
            elif change.get("op") == "order":
                watch_list.order([str(one) for one in change.get("ids") or ()])
        elif not selected:
            toast("Choose an instrument of the list first.")
            return no_update, no_update
        else:
            watch_list.move(selected[0]["id"], -1 if source == "mk-up" else 1)
        return watch_list.rows(), None


def _answer(
    shown: Shown, asked: Any, view: Any, span: str | None, only_view: bool,
    overlays: Any, theme: Any, scale: str, style: str,
) -> dict[str, Any]:  # fmt: skip
    """Figure and place; `jump` says that the view is the one asked for, not the person's own."""
    jump, asked = "", asked or {}
    if only_view and asked.get("range") in RANGES:
        jump = asked["range"]
        bars = view_of(shown, None, jump)
    elif only_view:
        bars = view_of(shown, asked, fitting_range(shown, span))
    else:
        mine = view if view and view.get("key") == shown.key else None
        jump = "" if mine else fitting_range(shown, span)
        bars = view_of(shown, mine, jump)
    figure, place = draw(shown, bars, overlays, theme, scale, style)
    figure.update_layout(uirevision=None)
    return {
        "figure": figure,
        "place": place,
        "jump": jump,
        "seq": asked.get("seq", 0),
        "scale": scale,
        "chosen": {"dataset": shown.dataset.slug, "symbol": shown.part.symbol},
    }


def fitting_range(shown: Shown, span: str | None) -> str:
    """The chosen range, unless it has hardly any or far too many bars of this timeframe."""
    if span in RANGES:
        bars = len(shown.bars) - first_of_range(shown, str(span))
        if span == "MAX" and not shown.timeframe.intraday:
            return "MAX"
        if FEWEST <= bars <= MOST:
            return str(span)
    return default_range(shown.timeframe)


def _symbols(slug: str) -> list[dict[str, str]]:
    from pages.server.context import services

    return [
        {
            "label": part.symbol
            if part.name in ("", part.symbol)
            else f"{part.symbol} · {part.name}",
            "value": part.symbol,
        }
        for part in services().catalogue.series(actor(), slug)
    ]


def _clientside(name: str, *dependencies: Any, prevent: bool = False) -> None:
    clientside_callback(
        ClientsideFunction("terminalMarket", name), *dependencies, prevent_initial_call=prevent
    )
