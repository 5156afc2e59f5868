"""Who acts: the value every repository takes to filter by owner and role."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """What a person may do: look, trade (launch work, import data), administer."""

    VIEWER = "viewer"
    TRADER = "trader"
    ADMIN = "admin"

    def allows(self, minimum: Role) -> bool:
        """True when this role is at least `minimum`."""
        order = list(Role)
        return order.index(self) >= order.index(minimum)


@dataclass(frozen=True)
class Actor:
    """The person (or the system itself) on whose behalf something happens."""

    user_id: int
    username: str
    role: Role

    @property
    def is_admin(self) -> bool:
        return self.role is Role.ADMIN


SYSTEM = Actor(user_id=0, username="system", role=Role.ADMIN)
"""The terminal itself: sweeper, migrations, built-in data. Never a login."""
