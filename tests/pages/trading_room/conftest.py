"""The real application with a trader's account in it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from terminal import clock
from terminal.accounts.actor import Actor
from terminal.db.tables import trading as tables
from terminal.execution import kill
from tests.pages.server.conftest import Browser, World, quick_hashes, world
from tests.terminal.execution.desks import Desk

__all__ = ["quick_hashes", "world"]

PRICED_AT = datetime(2024, 12, 31, 17, tzinfo=UTC)


@dataclass
class Room:
    """An account of the trader's: "Secret desk", with money, a position and a price."""

    world: World
    desk: Desk

    @property
    def trader(self) -> Actor:
        return self.world.people["trader"]

    def browser(self, who: str = "trader") -> Browser:
        return self.world.browser(who)

    def price(self, symbol: str, price: str, *, received_at: datetime | None = None) -> None:
        """A last price as the account's session writes it."""
        with self.world.services.db.write() as conn:
            conn.execute(
                tables.last_prices.insert().values(
                    account_id=self.desk.id,
                    symbol=symbol,
                    price=Decimal(price),
                    at=PRICED_AT,
                    received_at=received_at or clock.now(),
                    simulated=True,
                    average_volume=Decimal(1_000_000),
                    sector="",
                )
            )

    def page(self, who: str, path: str, **query: str) -> str:
        """The text of a page as Dash sends it."""
        given = "&".join(f"{key}={value}" for key, value in query.items())
        browser = self.browser(who)
        location = "_pages_location"
        answer = browser.call(
            ".._pages_content.children..._pages_store.data..",
            outputs=[
                {"id": "_pages_content", "property": "children"},
                {"id": "_pages_store", "property": "data"},
            ],
            inputs=[
                {"id": location, "property": "pathname", "value": path},
                {"id": location, "property": "search", "value": f"?{given}" if given else ""},
            ],
            changedPropIds=[f"{location}.pathname"],
        )
        assert answer.status_code == 200, answer.text
        return str(answer.text).replace("\\u002f", "/")

    def ask(self, who: str, output: str, **values: Any) -> Any:
        """Call the one callback whose id contains `output`; values by id, else nothing."""
        callbacks = self.world.app.callback_map
        found = [name for name in callbacks if output in name and "callback" in callbacks[name]]
        found = [output] if output in found else found
        assert len(found) == 1, found
        entry = callbacks[found[0]]
        first = entry["inputs"][0]
        return self.browser(who).call(
            found[0],
            outputs=_outputs(entry),
            inputs=[_given(one, values) for one in entry["inputs"]],
            state=[_given(one, values) for one in entry["state"]],
            changedPropIds=[f"{first['id']}.{first['property']}"],
        )


def _given(one: dict[str, Any], values: dict[str, Any]) -> dict[str, Any]:
    name = one["id"].replace("-", "_")
    default = 1 if one["property"] == "n_clicks" else None
    return {"id": one["id"], "property": one["property"], "value": values.get(name, default)}


def _outputs(entry: dict[str, Any]) -> Any:
    made = entry["output"]
    many = made if isinstance(made, list) else [made]
    out = [{"id": one.component_id, "property": one.component_property} for one in many]
    return out if isinstance(made, list) else out[0]


@pytest.fixture
def room(world: World) -> Room:
    """The trader's account."""
    desk = Desk(world.services.db, world.people["trader"], "Secret desk")
    made = Room(world, desk)
    with world.services.db.write() as conn:
        kill.add_switch(conn, desk.id)
    desk.deposit(100_000, "first")
    desk.intend("one", "buy", 10, "AAPL")
    desk.send("one")
    desk.fill("one", "e1", "AAPL", "buy", 10, 100)
    made.price("AAPL", "101.5")
    return made
