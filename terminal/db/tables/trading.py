"""Tables of the trading room.

`ledger_events` is the truth: append-only and hash-chained by account, guarded by triggers.
`orders`, `fills`, `positions`, `lots` and `cash` are projections of it that replay to the same
values. A trigger lets an order change its state only as `order_transitions` allows. Plain tables on
PostgreSQL, too: a unique index of a hypertable needs the time column.
"""

from __future__ import annotations

import sqlalchemy as sa

from terminal.db.schema import ExactDecimal, Json, UtcDateTime, metadata

BROKERS = ("paper", "alpaca")
ENVIRONMENTS = ("paper", "live")
LOT_METHODS = ("average", "fifo")
SESSION_STATES = (
    "starting", "reconciling", "running", "paused", "halted", "stopping", "stopped", "failed",
)  # fmt: skip
ALGORITHM_STATES = ("waiting", "working", "paused", "done", "cancelled", "failed")

broker_credentials = sa.Table(
    "broker_credentials",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("owner_id", sa.ForeignKey("users.id"), nullable=False, index=True),
    sa.Column("broker", sa.String(16), nullable=False),
    sa.Column("name", sa.String(64), nullable=False),
    sa.Column("key_hint", sa.String(16), nullable=False),  # last four characters, for the eye
    sa.Column("sealed", sa.Text, nullable=False),  # encrypted {"key": ..., "secret": ...}
    sa.Column("created_at", UtcDateTime, nullable=False),
)

trading_accounts = sa.Table(
    "trading_accounts",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("owner_id", sa.ForeignKey("users.id"), nullable=False, index=True),
    sa.Column("name", sa.String(64), nullable=False),
    sa.Column("broker", sa.String(16), nullable=False),
    sa.Column("environment", sa.String(16), nullable=False),  # live: real money moves
    sa.Column("broker_account_id", sa.String(64), nullable=False),  # "" until first seen
    sa.Column("credential_id", sa.ForeignKey("broker_credentials.id")),  # None: environment
    sa.Column("currency", sa.String(3), nullable=False),
    sa.Column("lot_method", sa.String(16), nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("closed_at", UtcDateTime),
    sa.Column("head_seq", sa.BigInteger, nullable=False),  # of the last ledger event
    sa.Column("head_hash", sa.String(64), nullable=False),
    sa.UniqueConstraint("owner_id", "name"),
    sa.CheckConstraint(f"broker IN {BROKERS!r}", name="broker"),
    sa.CheckConstraint(f"environment IN {ENVIRONMENTS!r}", name="environment"),
    sa.CheckConstraint(f"lot_method IN {LOT_METHODS!r}", name="lot_method"),
)

# `payload` is canonical JSON text, because the hash covers its bytes. `external_id` is the broker's
# own name of what happened (execution, movement): the same thing told twice is one event.
ledger_events = sa.Table(
    "ledger_events",
    metadata,
    sa.Column("account_id", sa.ForeignKey("trading_accounts.id"), primary_key=True),
    sa.Column("seq", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("at", UtcDateTime, nullable=False),  # recorded
    sa.Column("kind", sa.String(32), nullable=False),
    sa.Column("client_order_id", sa.String(128), index=True),
    sa.Column("external_id", sa.String(160)),
    sa.Column("fencing_token", sa.BigInteger),  # of the lease under which it was written
    sa.Column("payload", sa.Text, nullable=False),
    sa.Column("previous_hash", sa.String(64), nullable=False),
    sa.Column("hash", sa.String(64), nullable=False),
    sa.UniqueConstraint("account_id", "external_id"),
    sa.Index(None, "account_id", "kind"),
)

order_transitions = sa.Table(
    "order_transitions",
    metadata,
    sa.Column("before", sa.String(20), primary_key=True),
    sa.Column("after", sa.String(20), primary_key=True),
)

# An order at the broker that is not ours may have any name, so names are one within an account.
orders = sa.Table(
    "orders",
    metadata,
    sa.Column("account_id", sa.ForeignKey("trading_accounts.id"), primary_key=True),
    sa.Column("client_order_id", sa.String(128), primary_key=True),
    sa.Column("broker_order_id", sa.String(128)),
    sa.Column("session_id", sa.String(32), index=True),
    sa.Column("parent_id", sa.String(32), index=True),  # of an execution algorithm
    sa.Column("replaces", sa.String(128)),
    sa.Column("source", sa.String(64), nullable=False),
    sa.Column("bar_ts", UtcDateTime),
    sa.Column("leg", sa.String(64), nullable=False),
    sa.Column("symbol", sa.String(32), nullable=False),
    sa.Column("side", sa.String(4), nullable=False),
    sa.Column("type", sa.String(16), nullable=False),
    sa.Column("time_in_force", sa.String(4), nullable=False),
    sa.Column("quantity", ExactDecimal, nullable=False),
    sa.Column("limit_price", ExactDecimal),
    sa.Column("stop_price", ExactDecimal),
    sa.Column("trail_price", ExactDecimal),
    sa.Column("trail_percent", ExactDecimal),
    sa.Column("reference_price", ExactDecimal),
    sa.Column("state", sa.String(20), nullable=False),
    sa.Column("filled_quantity", ExactDecimal, nullable=False),
    sa.Column("average_price", ExactDecimal),
    sa.Column("fees", ExactDecimal, nullable=False),
    sa.Column("facts", Json, nullable=False),  # that the state follows from
    sa.Column("flag", sa.String(32), nullable=False),  # what a person must look at; "" mostly
    sa.Column("reason", sa.Text, nullable=False),  # of a denial, reject or end; "" without one
    sa.Column("expected_cost", Json),  # of the ticket's preview, for cost analysis
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("sent_at", UtcDateTime),
    sa.Column("updated_at", UtcDateTime, nullable=False),
    sa.Column("last_seq", sa.BigInteger, nullable=False),  # ledger event it reflects
    sa.Index(None, "account_id", "state"),
    sa.Index(None, "account_id", "created_at"),
    sa.UniqueConstraint("account_id", "broker_order_id"),
)

fills = sa.Table(
    "fills",
    metadata,
    sa.Column("account_id", sa.ForeignKey("trading_accounts.id"), primary_key=True),
    sa.Column("execution_id", sa.String(128), primary_key=True),
    sa.Column("client_order_id", sa.String(128), nullable=False, index=True),
    sa.Column("symbol", sa.String(32), nullable=False),
    sa.Column("side", sa.String(4), nullable=False),
    sa.Column("quantity", ExactDecimal, nullable=False),
    sa.Column("price", ExactDecimal, nullable=False),
    sa.Column("fee", ExactDecimal, nullable=False),
    sa.Column("realised", ExactDecimal, nullable=False),  # P&L that it closed, before its fee
    sa.Column("at", UtcDateTime, nullable=False),  # the broker's time
    sa.Column("recorded_at", UtcDateTime, nullable=False),
    sa.Column("busted", sa.Boolean, nullable=False),
    sa.Column("seq", sa.BigInteger, nullable=False),
    sa.Index(None, "account_id", "at"),
    sa.Index(None, "account_id", "symbol"),
)

positions = sa.Table(
    "positions",
    metadata,
    sa.Column("account_id", sa.ForeignKey("trading_accounts.id"), primary_key=True),
    sa.Column("symbol", sa.String(32), primary_key=True),
    sa.Column("quantity", ExactDecimal, nullable=False),  # negative: short
    sa.Column("cost", ExactDecimal, nullable=False),  # of what is held, signed like the quantity
    sa.Column("average_cost", ExactDecimal, nullable=False),  # a unit, 12 decimals
    sa.Column("realised", ExactDecimal, nullable=False),  # since the account opened, before fees
    sa.Column("fees", ExactDecimal, nullable=False),
    sa.Column("dividends", ExactDecimal, nullable=False),
    sa.Column("tape_end", sa.String(224), nullable=False),  # sort key of the last fill or split
    sa.Column("updated_at", UtcDateTime, nullable=False),
)

lots = sa.Table(
    "lots",
    metadata,
    sa.Column("account_id", sa.ForeignKey("trading_accounts.id"), primary_key=True),
    sa.Column("symbol", sa.String(32), primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),  # oldest: lowest
    sa.Column("quantity", ExactDecimal, nullable=False),
    sa.Column("cost", ExactDecimal, nullable=False),  # signed like the quantity
    sa.Column("opened_at", UtcDateTime, nullable=False),
)

cash = sa.Table(
    "cash",
    metadata,
    sa.Column("account_id", sa.ForeignKey("trading_accounts.id"), primary_key=True),
    sa.Column("balance", ExactDecimal, nullable=False),
    sa.Column("updated_at", UtcDateTime, nullable=False),
)

# What prices made of the account, for sparklines and breakers: written by the lease's holder.
account_marks = sa.Table(
    "account_marks",
    metadata,
    sa.Column("account_id", sa.ForeignKey("trading_accounts.id"), primary_key=True),
    sa.Column("at", UtcDateTime, primary_key=True),
    sa.Column("equity", ExactDecimal, nullable=False),
    sa.Column("cash", ExactDecimal, nullable=False),
    sa.Column("gross", ExactDecimal, nullable=False),  # notional, long plus short
    sa.Column("net", ExactDecimal, nullable=False),
)

last_prices = sa.Table(
    "last_prices",
    metadata,
    sa.Column("account_id", sa.ForeignKey("trading_accounts.id"), primary_key=True),
    sa.Column("symbol", sa.String(32), primary_key=True),
    sa.Column("price", ExactDecimal, nullable=False),
    sa.Column("at", UtcDateTime, nullable=False),  # the feed's time
    sa.Column("received_at", UtcDateTime, nullable=False),
    sa.Column("simulated", sa.Boolean, nullable=False),
    sa.Column("average_volume", ExactDecimal),  # units a session; None: unknown
    sa.Column("sector", sa.String(64), nullable=False),  # "": unknown
)

account_leases = sa.Table(
    "account_leases",
    metadata,
    sa.Column("account_id", sa.ForeignKey("trading_accounts.id"), primary_key=True),
    sa.Column("token", sa.BigInteger, nullable=False),  # fencing: rises with every acquisition
    sa.Column("holder", sa.String(64), nullable=False),  # "" after a release
    sa.Column("acquired_at", UtcDateTime, nullable=False),
    sa.Column("renewed_at", UtcDateTime, nullable=False),
    sa.Column("expires_at", UtcDateTime, nullable=False),
    sa.Column("reconciled_until", UtcDateTime),  # the broker's time; None: never clean
)

# scope: an account's id, or "*" for all accounts. A row stays when it is armed again.
kill_switches = sa.Table(
    "kill_switches",
    metadata,
    sa.Column("scope", sa.String(32), primary_key=True),
    sa.Column("engaged", sa.Boolean, nullable=False),
    sa.Column("cause", sa.String(32), nullable=False),  # "manual", or the breaker's name
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("actor_name", sa.String(64), nullable=False),
    sa.Column("changed_at", UtcDateTime, nullable=False),
)

risk_limits = sa.Table(
    "risk_limits",
    metadata,
    sa.Column("account_id", sa.ForeignKey("trading_accounts.id"), primary_key=True),
    sa.Column("limits", Json, nullable=False),
    sa.Column("updated_at", UtcDateTime, nullable=False),
    sa.Column("updated_by", sa.String(64), nullable=False),
)

loss_baselines = sa.Table(
    "loss_baselines",
    metadata,
    sa.Column("account_id", sa.ForeignKey("trading_accounts.id"), primary_key=True),
    sa.Column("session_date", sa.Date, nullable=False),  # of the exchange
    sa.Column("opening_equity", ExactDecimal, nullable=False),
    sa.Column("peak_equity", ExactDecimal, nullable=False),  # since it was armed
    sa.Column("updated_at", UtcDateTime, nullable=False),
)

live_sessions = sa.Table(
    "live_sessions",
    metadata,
    sa.Column("id", sa.ForeignKey("jobs.id"), primary_key=True),
    sa.Column("account_id", sa.ForeignKey("trading_accounts.id"), nullable=False, index=True),
    sa.Column("owner_id", sa.ForeignKey("users.id"), nullable=False, index=True),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("command", sa.String(16), nullable=False),  # "", pause, resume, flatten, stop
    sa.Column("heartbeat_at", UtcDateTime),
    sa.Column("last_bar_ts", UtcDateTime),
    sa.Column("next_bar_at", UtcDateTime),
    sa.Column("last_signal", Json),
    sa.Column("feed", Json),  # {"name", "simulated", "last_message_at", "gaps"}
    sa.Column("started_at", UtcDateTime, nullable=False),
    sa.Column("ended_at", UtcDateTime),
    sa.CheckConstraint(f"state IN {SESSION_STATES!r}", name="state"),
)

# What a session decided at each bar: what the shadow twin compares with.
session_bars = sa.Table(
    "session_bars",
    metadata,
    sa.Column("session_id", sa.ForeignKey("live_sessions.id"), primary_key=True),
    sa.Column("bar_ts", UtcDateTime, primary_key=True),
    sa.Column("decided_at", UtcDateTime, nullable=False),
    sa.Column("targets", Json, nullable=False),  # by symbol; null: no opinion
    sa.Column("standing", Json, nullable=False),  # what was last acted on, for the next bar
    sa.Column("equity", ExactDecimal, nullable=False),
    sa.Column("prices", Json, nullable=False),  # closes it was decided on
)

parent_orders = sa.Table(
    "parent_orders",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("account_id", sa.ForeignKey("trading_accounts.id"), nullable=False, index=True),
    sa.Column("session_id", sa.String(32)),
    sa.Column("symbol", sa.String(32), nullable=False),
    sa.Column("side", sa.String(4), nullable=False),
    sa.Column("quantity", ExactDecimal, nullable=False),
    sa.Column("algorithm", sa.String(32), nullable=False),
    sa.Column("params", Json, nullable=False),
    sa.Column("seed", sa.BigInteger, nullable=False),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("command", sa.String(16), nullable=False),  # "", pause, cancel: what was asked for
    sa.Column("note", sa.Text, nullable=False),  # why nothing more happens; "" otherwise
    sa.Column("curve", Json),  # of VWAP: when a session's volume trades
    sa.Column("arrival_price", ExactDecimal),
    sa.Column("expected_cost", Json),
    sa.Column("start_at", UtcDateTime, nullable=False),
    sa.Column("end_at", UtcDateTime, nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("updated_at", UtcDateTime, nullable=False),
    sa.CheckConstraint(f"state IN {ALGORITHM_STATES!r}", name="state"),
)

statements = sa.Table(
    "statements",
    metadata,
    sa.Column("account_id", sa.ForeignKey("trading_accounts.id"), primary_key=True),
    sa.Column("session_date", sa.Date, primary_key=True),
    sa.Column("content", Json, nullable=False),
    sa.Column("head_seq", sa.BigInteger, nullable=False),
    sa.Column("head_hash", sa.String(64), nullable=False),
    sa.Column("reconciled", sa.Boolean, nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
)

alerts = sa.Table(
    "alerts",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("owner_id", sa.ForeignKey("users.id"), nullable=False, index=True),
    sa.Column("account_id", sa.ForeignKey("trading_accounts.id"), index=True),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Column("level", sa.String(8), nullable=False),  # info, warning, critical
    sa.Column("title", sa.String(200), nullable=False),
    sa.Column("body", sa.Text, nullable=False),
    sa.Column("read_at", UtcDateTime),
    sa.Column("delivered", Json),  # {"email": "...", "webhook": "..."}: outcome by channel
)
