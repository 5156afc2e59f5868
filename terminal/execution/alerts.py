"""Alerts: a row for the bell in the app, then e-mail and webhook from the sweeper's process.

The row is written in the transaction of what it tells; delivery comes after and may fail without
harm: it is tried again, and the row says how it ended.
"""

from __future__ import annotations

import json
import smtplib
import urllib.error
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.message import EmailMessage
from typing import Any

import sqlalchemy as sa

from terminal import clock
from terminal.accounts.actor import Actor
from terminal.db.database import Database
from terminal.db.tables.trading import alerts as table
from terminal.settings import TradingSettings

TITLE_LENGTH = 200
TRIES = 5
KEPT_TRYING = timedelta(hours=1)
TIMEOUT_S = 10.0


@dataclass(frozen=True)
class Alert:
    """Something a person should know; `level` is info, warning or critical."""

    id: int
    owner_id: int
    account_id: str | None
    at: datetime
    level: str
    title: str
    body: str
    read_at: datetime | None
    delivered: dict[str, Any] | None


def raise_alert(
    conn: sa.Connection,
    owner_id: int,
    account_id: str | None,
    level: str,
    title: str,
    body: str = "",
) -> None:
    """Write an alert inside the caller's transaction."""
    conn.execute(
        table.insert().values(
            owner_id=owner_id,
            account_id=account_id,
            at=clock.now(),
            level=level,
            title=title[:TITLE_LENGTH],
            body=body,
        )
    )


def newest(conn: sa.Connection, actor: Actor, limit: int = 50) -> Sequence[Alert]:
    """The actor's own, newest first."""
    rows = conn.execute(
        sa.select(table)
        .where(table.c.owner_id == actor.user_id)
        .order_by(table.c.id.desc())
        .limit(limit)
    )
    return tuple(Alert(**row._asdict()) for row in rows)


def mark_read(conn: sa.Connection, actor: Actor) -> None:
    """All of the actor's alerts are read."""
    conn.execute(
        table.update()
        .where(table.c.owner_id == actor.user_id, table.c.read_at.is_(None))
        .values(read_at=clock.now())
    )


def deliver(db: Database, settings: TradingSettings) -> int:
    """Send what was not sent yet by every channel that is set; how many alerts were looked at.

    Each alert is claimed by a conditional update before it is sent, so that two sweepers do not
    send it twice.
    """
    channels = {
        name: send
        for name, send, is_set in (
            ("email", _email, bool(settings.alert_email and settings.smtp_host)),
            ("webhook", _webhook, bool(settings.webhook_url.get_secret_value())),
        )
        if is_set
    }
    if not channels:
        return 0
    with db.read() as conn:
        rows = conn.execute(
            sa.select(table).where(table.c.at >= clock.now() - KEPT_TRYING).order_by(table.c.id)
        ).all()
    waiting = [Alert(**row._asdict()) for row in rows]
    waiting = [alert for alert in waiting if _open(alert, channels)]
    for alert in waiting:
        outcome = dict(alert.delivered or {})
        outcome["tries"] = int(outcome.get("tries", 0)) + 1
        with db.write() as conn:
            claimed = conn.execute(
                table.update()
                .where(table.c.id == alert.id, _same(alert.delivered))
                .values(delivered=outcome)
            ).rowcount
        if not claimed:
            continue
        for name, send in channels.items():
            if outcome.get(name) != "sent":
                outcome[name] = _outcome(send, alert, settings)
        with db.write() as conn:
            conn.execute(table.update().where(table.c.id == alert.id).values(delivered=outcome))
    return len(waiting)


def _open(alert: Alert, channels: dict[str, Any]) -> bool:
    done = alert.delivered or {}
    return int(done.get("tries", 0)) < TRIES and any(done.get(name) != "sent" for name in channels)


def _same(delivered: dict[str, Any] | None) -> sa.ColumnElement[bool]:
    return table.c.delivered.is_(None) if delivered is None else table.c.delivered == delivered


def _outcome(send: Any, alert: Alert, settings: TradingSettings) -> str:
    try:
        send(alert, settings)
    except (OSError, smtplib.SMTPException, urllib.error.URLError) as error:
        return f"failed: {error}"[:200]
    return "sent"


def _email(alert: Alert, settings: TradingSettings) -> None:
    message = EmailMessage()
    message["Subject"] = f"[{alert.level}] {alert.title}"
    message["From"] = settings.smtp_from or settings.alert_email
    message["To"] = settings.alert_email
    message.set_content(f"{alert.body}\n\n{alert.at:%Y-%m-%d %H:%M:%S} UTC")
    with smtplib.SMTP(settings.smtp_host, settings.smtp_port, timeout=TIMEOUT_S) as server:
        if settings.smtp_tls:
            server.starttls()
        if settings.smtp_user:
            server.login(settings.smtp_user, settings.smtp_password.get_secret_value())
        server.send_message(message)


def _webhook(alert: Alert, settings: TradingSettings) -> None:
    body = json.dumps(
        {
            "level": alert.level,
            "title": alert.title,
            "body": alert.body,
            "at": alert.at.isoformat(),
            "account": alert.account_id,
        }
    ).encode()
    request = urllib.request.Request(  # noqa: S310  the operator's own address
        settings.webhook_url.get_secret_value(),
        data=body,
        headers={"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=TIMEOUT_S):  # noqa: S310
        return
