"""The check of an order against the limits: every limit it breaks, in one pass.

An order that can only reduce a position (the other side, and no larger than the position less what
already works on that side) passes every exposure limit. One of source `FLATTEN` that only reduces
passes everything. Whatever else may go through zero is judged as what it may open.
"""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from terminal.execution.limits.denial import Denial, deny, seconds, shown
from terminal.execution.limits.parameters import Exact, Limits
from terminal.execution.limits.view import (
    ZERO,
    AccountView,
    Line,
    OpenOrder,
    Totals,
    worst_value,
)
from terminal.execution.order import FLATTEN, OrderIntent, OrderType, Side, TimeInForce

_WINDOWS = (
    ("per_second", timedelta(seconds=1), "second"),
    ("per_minute", timedelta(minutes=1), "minute"),
)
_WITHOUT_LIMIT = (OrderType.MARKET, OrderType.STOP, OrderType.TRAILING_STOP)
_NO_LINE = Line()


def check(intent: OrderIntent, view: AccountView, limits: Limits) -> tuple[Denial, ...]:
    """Every limit that refuses the order; empty: it may be sent.

    An order that `intent.replaces` is not counted: it ends as this one begins.
    """
    exact, totals = limits.exact, view.totals
    line = totals.lines.get(intent.symbol, _NO_LINE)
    replaced = _replaced(intent, totals) if intent.replaces else None
    held, working = _signed(intent, line, replaced)
    after = held + working + intent.quantity
    out: list[Denial] = []
    if after <= ZERO:
        if intent.source != FLATTEN:
            _conduct(intent, view, exact, out)
        return tuple(out)
    _conduct(intent, view, exact, out)
    _permission(intent, exact, after, out)
    _size(intent, view, exact, working, after, out)
    _exposure(intent, view, exact, line, replaced, out)
    return tuple(out)


def reduces(intent: OrderIntent, view: AccountView) -> bool:
    """Whether the order can only reduce a position, whatever else that works may fill."""
    line = view.totals.lines.get(intent.symbol, _NO_LINE)
    held, working = _signed(intent, line, _replaced(intent, view.totals))
    return held + working + intent.quantity <= ZERO


def _replaced(intent: OrderIntent, totals: Totals) -> OpenOrder | None:
    order = totals.orders.get(intent.replaces) if intent.replaces else None
    if order is None or order.symbol != intent.symbol or order.side is not intent.side:
        return None
    return order


def _signed(intent: OrderIntent, line: Line, replaced: OpenOrder | None) -> tuple[Decimal, Decimal]:
    """Units held, positive in the order's direction, and units that work on its side."""
    held, working = (
        (line.held, line.buying) if intent.side is Side.BUY else (-line.held, line.selling)
    )
    return held, working if replaced is None else working - replaced.remaining


def _conduct(intent: OrderIntent, view: AccountView, exact: Exact, out: list[Denial]) -> None:
    """Price, repetition, rate and hours: they bind reducing orders too."""
    if exact.collar is not None and intent.limit_price is not None:
        _collar(intent, view, exact.collar, out)
    once = intent.parent_id is None and intent.replaces is None
    if exact.duplicate_window is not None and view.recent and once:
        last = view.latest.get((intent.symbol, intent.side, intent.quantity, intent.bar_ts))
        if last is not None and view.now - last < exact.duplicate_window:
            age = seconds(view.now - last)
            window = seconds(exact.duplicate_window)
            out.append(Denial(
                "duplicate_window_s",
                f"The same order ({intent.side} {shown(intent.quantity)} {intent.symbol}) was "
                f"given {shown(age)} s ago; repeats are refused for {shown(window)} s.",
                age, window,
            ))  # fmt: skip
    for most, window_, word in _WINDOWS:
        allowed = getattr(exact, most)
        if allowed and view.recent and (count := view.intents_since(window_) + 1) > allowed:
            deny(out, f"max_orders_{most}", f"It would be order {count} within a {word}", count,
                 allowed)  # fmt: skip
    closed = exact.only_when_open and not view.market_open
    if closed and intent.time_in_force is not TimeInForce.OPG:
        out.append(Denial("only_when_open", "The market is closed."))


def _collar(intent: OrderIntent, view: AccountView, collar: Decimal, out: list[Denial]) -> None:
    """How far the limit lies beyond the price at which the order starts to trade."""
    last = view.prices.get(intent.symbol)
    limit, stop = intent.limit_price, intent.stop_price
    reference = stop if stop is not None else last.price if last is not None else None
    if reference is None or limit is None:
        out.append(Denial("price_collar_percent", f"There is no price of {intent.symbol} that the "
                          "limit could be compared with."))  # fmt: skip
        return
    if stop is not None and last is not None:  # a stop already passed trades at the last price
        reference = max(stop, last.price) if intent.side is Side.BUY else min(stop, last.price)
    beyond = (limit - reference) * intent.side.sign
    if beyond > collar * reference:
        percent = beyond / reference * 100
        out.append(Denial(
            "price_collar_percent",
            f"The limit {shown(limit)} lies {shown(round(percent, 2))} % beyond "
            f"{shown(reference)}; allowed: {shown(collar * 100)} %.",
            percent, collar * 100,
        ))  # fmt: skip


def _permission(intent: OrderIntent, exact: Exact, after: Decimal, out: list[Denial]) -> None:
    """Whether this instrument may be added to at all, and sold short."""
    symbol = intent.symbol
    if symbol in exact.restricted:
        out.append(Denial("restricted", f"{symbol} is on the restricted list."))
    if intent.side is Side.SELL:
        if not exact.allow_short:
            out.append(Denial("allow_short", f"It would sell {shown(after)} {symbol} more than is "
                              "held; short sales are not allowed.", after, ZERO))  # fmt: skip
        elif symbol in exact.hard_to_borrow:
            out.append(Denial("hard_to_borrow", f"{symbol} is hard to borrow; it may not be sold "
                              "short.", after, ZERO))  # fmt: skip


def _size(
    intent: OrderIntent,
    view: AccountView,
    exact: Exact,
    working: Decimal,
    after: Decimal,
    out: list[Denial],
) -> None:
    """Units, data and counts: what needs no value of the account."""
    quantity, symbol = intent.quantity, intent.symbol
    if exact.order_quantity is not None and quantity > exact.order_quantity:
        deny(out, "max_order_quantity", f"The order is for {shown(quantity)} units", quantity,
              exact.order_quantity)  # fmt: skip
    if exact.position_quantity is not None and after > exact.position_quantity:
        deny(out, "max_position_quantity", f"The position in {symbol} could reach {shown(after)} "
              "units", after, exact.position_quantity)  # fmt: skip
    if exact.adv_share is not None:
        volume = view.adv.get(symbol)
        if volume is None:
            out.append(Denial("max_adv_percent", f"The average volume of {symbol} is not known."))
        elif (works := working + quantity) > (most := exact.adv_share * volume):
            deny(
                out, "max_adv_percent", f"{shown(works)} units of {symbol} would work", works, most
            )
    if exact.open_orders:
        known = intent.replaces is not None and intent.replaces in view.totals.orders
        count = len(view.open_orders) + (0 if known else 1)
        if count > exact.open_orders:
            deny(out, "max_open_orders", f"{count} orders would be open", count,
                  exact.open_orders)  # fmt: skip
    _age(symbol, view, "max_price_age_s", exact.price_age, out)
    if intent.type in _WITHOUT_LIMIT:
        _age(symbol, view, "max_market_price_age_s", exact.market_price_age, out)


def _age(
    symbol: str, view: AccountView, limit: str, most: timedelta | None, out: list[Denial]
) -> None:
    """How old the last price is."""
    if most is None:
        return
    last = view.prices.get(symbol)
    if last is None:
        out.append(Denial(limit, f"There is no price of {symbol}."))
    elif (age := view.now - last.at) > most:
        deny(out, limit, f"The last price of {symbol} is {shown(seconds(age))} s old", seconds(age),
             seconds(most))  # fmt: skip


def _exposure(
    intent: OrderIntent,
    view: AccountView,
    exact: Exact,
    line: Line,
    replaced: OpenOrder | None,
    out: list[Denial],
) -> None:
    """Money: of the order, the position, the sector and the account."""
    totals, symbol = view.totals, intent.symbol
    own = intent.limit_price
    if intent.stop_price is not None and (own is None or intent.stop_price > own):
        own = intent.stop_price
    notional = worst_value(view, symbol, intent.quantity, own)
    if notional is None:
        if exact.values_orders:
            out.append(Denial("max_price_age_s", f"There is no price of {symbol}: its order has no "
                              "value to compare."))  # fmt: skip
        return
    _of_order(notional, view, exact, out)
    gone = ZERO
    if replaced is not None:
        gone = worst_value(view, symbol, replaced.remaining, replaced.price) or ZERO
    if exact.daily is not None:
        traded = view.traded_today + totals.working - gone + notional
        if traded > exact.daily:
            deny(out, "max_daily_notional", f"{shown(traded)} could be traded today", traded,
                  exact.daily)  # fmt: skip
    added = notional - gone
    if intent.side is Side.BUY:
        position = line.value + line.buying_value + added
        other, net = line.value - line.selling_value, totals.long_most + added
    else:
        position = line.selling_value - line.value + added
        other, net = line.value + line.buying_value, added - totals.short_most
    if exact.position_notional is not None and position > exact.position_notional:
        deny(out, "max_position_notional", f"The position in {symbol} could be worth "
              f"{shown(position)}", position, exact.position_notional)  # fmt: skip
    if not exact.values_account:
        return
    if totals.unpriced:
        out.append(Denial("max_price_age_s", f"There is no price of {', '.join(totals.unpriced)}: "
                          "the account's exposure is not known."))  # fmt: skip
        return
    if exact.net is not None and net > exact.net:
        deny(out, "max_net_notional", f"Net exposure could reach {shown(net)}", net, exact.net)
    more = max(abs(position), abs(other)) - line.worst
    _of_account(intent, view, exact, more, notional, out)


def _of_order(notional: Decimal, view: AccountView, exact: Exact, out: list[Denial]) -> None:
    if exact.order_notional is not None and notional > exact.order_notional:
        deny(out, "max_order_notional", f"The order is worth {shown(notional)}", notional,
              exact.order_notional)  # fmt: skip
    if exact.finger_share is not None and notional > (most := exact.finger_share * view.equity):
        deny(out, "fat_finger_percent", f"The order is worth {shown(notional)}", notional, most)
    if exact.finger_multiple is not None and view.usual_order is not None:
        most = exact.finger_multiple * view.usual_order
        if notional > most:
            deny(out, "fat_finger_multiple", f"The order is worth {shown(notional)}, the usual one "
                  f"{shown(view.usual_order)}", notional, most)  # fmt: skip


def _of_account(
    intent: OrderIntent,
    view: AccountView,
    exact: Exact,
    more: Decimal,
    notional: Decimal,
    out: list[Denial],
) -> None:
    """`more`: what the order adds to gross exposure at its worst."""
    totals, equity = view.totals, view.equity
    gross = totals.gross + more
    if exact.sector_share is not None:
        sector = view.sectors.get(intent.symbol, "")
        exposed, most = totals.sectors.get(sector, ZERO) + more, exact.sector_share * equity
        if exposed > most:
            name = sector or "instruments without a sector"
            deny(out, "max_sector_percent", f"Exposure to {name} could reach {shown(exposed)}",
                  exposed, most)  # fmt: skip
    if exact.gross is not None and gross > exact.gross:
        deny(out, "max_gross_notional", f"Gross exposure could reach {shown(gross)}", gross,
              exact.gross)  # fmt: skip
    if exact.leverage is not None and gross > (most := exact.leverage * equity):
        deny(out, "max_leverage", f"Gross exposure could reach {shown(gross)}", gross, most)
    if exact.power is not None:
        used = gross + exact.reserve * notional if intent.type in _WITHOUT_LIMIT else gross
        if used > (most := exact.power * equity):
            deny(out, "buying_power_multiple", f"{shown(used)} of buying power would be in use",
                  used, most)  # fmt: skip
