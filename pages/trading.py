"""Trading: an account's desk with ticket, positions, orders, fills on the price, its session."""

from __future__ import annotations

import dash
from dash import html

from pages.backtests.figures import load_plotly
from pages.trading_room import (
    account,
    algorithm_form,
    blotter,
    frame,
    headline,
    polling,
    price_panel,
    session_cards,
    stopping,
    ticket,
)

dash.register_page(
    __name__, path="/trading", name="Trading", title="Trading · AlphaTrade", order=28,
    menu="trading",
)  # fmt: skip


def layout(account_id: str = "", **query: str) -> html.Div:
    """The desk of an account (`?account=`), or how to get one."""
    chosen = account.chosen(query.get("account") or account_id)
    if chosen is None:
        return frame.nothing_yet()
    money = headline.read(chosen.id)
    trades = account.may_trade()
    left = [ticket.ticket_panel(chosen.id)] if trades else []
    return frame.page(
        chosen,
        "/trading",
        [
            stopping.dialog_place(),
            headline.headline_place(chosen.id, money),
            html.Div(
                [
                    html.Div([*left, session_cards.cards_place(chosen.id)], className="tr-left"),
                    html.Div(
                        [
                            headline.positions_panel(money),
                            blotter.blotter_panel(chosen.id),
                            algorithm_form.parents_panel(chosen.id),
                            algorithm_form.children_place(),
                            price_panel.price_panel(chosen.id),
                            *([algorithm_form.algorithm_panel(chosen.id)] if trades else []),
                            headline.lots_panel(chosen.id),
                        ],
                        className="tr-right",
                    ),
                ],
                className="tr-columns",
            ),
            headline.mark_store(),
            price_panel.drawn_store(),
            load_plotly(),
        ],
        actions=stopping.switches(),
        simulated=money.simulated,
    )


for part in (polling, stopping, headline, ticket, blotter, algorithm_form, price_panel,
             session_cards):  # fmt: skip
    part.register()
