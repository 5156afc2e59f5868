"""The trading room: accounts, the hash-chained ledger, its projections, leases, kills, sessions."""

import sqlalchemy as sa
from alembic import op

from terminal.db.schema import ExactDecimal, Json, UtcDateTime

revision = "0010_trading"
down_revision = "0009_drift_reports"
branch_labels = None
depends_on = None

# Every legal step of an order, as (before, after). Code holds the same table
# (terminal/execution/states.py); a test compares the two.
AT_BROKER = (
    "accepted", "partially_filled", "cancelling", "filled",
    "cancelled", "replaced", "rejected", "expired",
)  # fmt: skip
CLOSED = ("cancelled", "replaced", "rejected", "expired")
STEPS = {
    "intent": ("denied", "sending", "cancelled", "expired"),
    "denied": AT_BROKER,
    "sending": ("unknown", "denied", *AT_BROKER),
    "unknown": ("sending", *AT_BROKER),
    "accepted": AT_BROKER,
    "partially_filled": AT_BROKER,
    "cancelling": AT_BROKER,
    "filled": ("accepted", "partially_filled", "cancelling", *CLOSED),
    **dict.fromkeys(CLOSED, ("filled", *CLOSED)),
}
TRANSITIONS = [
    (before, after) for before, afters in STEPS.items() for after in afters if after != before
]

SESSION_STATES = (
    "starting", "reconciling", "running", "paused", "halted", "stopping", "stopped", "failed",
)  # fmt: skip

# REPLACE deletes without firing a DELETE trigger, so the insert is checked too.
SQLITE_GUARD = (
    """CREATE TRIGGER ledger_events_no_update BEFORE UPDATE ON ledger_events
       BEGIN SELECT RAISE(ABORT, 'ledger_events is append-only'); END""",
    """CREATE TRIGGER ledger_events_no_delete BEFORE DELETE ON ledger_events
       BEGIN SELECT RAISE(ABORT, 'ledger_events is append-only'); END""",
    """CREATE TRIGGER ledger_events_append BEFORE INSERT ON ledger_events
       WHEN NEW.seq <> (SELECT coalesce(max(seq), 0) + 1 FROM ledger_events
                        WHERE account_id = NEW.account_id)
       BEGIN SELECT RAISE(ABORT, 'ledger_events is append-only'); END""",
    # REPLACE with a known external name would delete the event that has it: nothing is written
    """CREATE TRIGGER ledger_events_once BEFORE INSERT ON ledger_events
       WHEN NEW.external_id IS NOT NULL AND EXISTS (
         SELECT 1 FROM ledger_events
         WHERE account_id = NEW.account_id AND external_id = NEW.external_id)
       BEGIN SELECT RAISE(IGNORE); END""",
    """CREATE TRIGGER orders_transition BEFORE UPDATE OF state ON orders
       WHEN NEW.state <> OLD.state AND NOT EXISTS (
         SELECT 1 FROM order_transitions WHERE before = OLD.state AND after = NEW.state)
       BEGIN SELECT RAISE(ABORT, 'illegal transition of an order'); END""",
    """CREATE TRIGGER orders_no_replace BEFORE INSERT ON orders
       WHEN EXISTS (
         SELECT 1 FROM orders WHERE account_id = NEW.account_id
         AND (client_order_id = NEW.client_order_id OR broker_order_id = NEW.broker_order_id))
       BEGIN SELECT RAISE(ABORT, 'orders are never deleted'); END""",
    """CREATE TRIGGER orders_no_delete BEFORE DELETE ON orders
       BEGIN SELECT RAISE(ABORT, 'orders are never deleted'); END""",
)
POSTGRESQL_GUARD = (
    """CREATE FUNCTION ledger_events_refuse() RETURNS trigger LANGUAGE plpgsql AS
       $$ BEGIN RAISE EXCEPTION 'ledger_events is append-only'; END $$""",
    """CREATE FUNCTION ledger_events_check_end() RETURNS trigger LANGUAGE plpgsql AS
       $$ BEGIN
         IF NEW.seq <> (SELECT coalesce(max(seq), 0) + 1 FROM ledger_events
                        WHERE account_id = NEW.account_id) THEN
           RAISE EXCEPTION 'ledger_events is append-only';
         END IF;
         RETURN NEW;
       END $$""",
    """CREATE FUNCTION orders_check_transition() RETURNS trigger LANGUAGE plpgsql AS
       $$ BEGIN
         IF NEW.state <> OLD.state AND NOT EXISTS (
           SELECT 1 FROM order_transitions t WHERE t.before = OLD.state AND t.after = NEW.state)
         THEN
           RAISE EXCEPTION 'illegal transition of an order: % to %', OLD.state, NEW.state;
         END IF;
         RETURN NEW;
       END $$""",
    """CREATE FUNCTION orders_refuse() RETURNS trigger LANGUAGE plpgsql AS
       $$ BEGIN RAISE EXCEPTION 'orders are never deleted'; END $$""",
    """CREATE TRIGGER ledger_events_no_change BEFORE UPDATE OR DELETE ON ledger_events
       FOR EACH ROW EXECUTE FUNCTION ledger_events_refuse()""",
    """CREATE TRIGGER ledger_events_no_truncate BEFORE TRUNCATE ON ledger_events
       FOR EACH STATEMENT EXECUTE FUNCTION ledger_events_refuse()""",
    """CREATE TRIGGER ledger_events_append BEFORE INSERT ON ledger_events
       FOR EACH ROW EXECUTE FUNCTION ledger_events_check_end()""",
    """CREATE TRIGGER orders_transition BEFORE UPDATE OF state ON orders
       FOR EACH ROW EXECUTE FUNCTION orders_check_transition()""",
    """CREATE TRIGGER orders_no_delete BEFORE DELETE ON orders
       FOR EACH ROW EXECUTE FUNCTION orders_refuse()""",
)
POSTGRESQL_FUNCTIONS = (
    "ledger_events_refuse", "ledger_events_check_end", "orders_check_transition", "orders_refuse",
)  # fmt: skip


def upgrade() -> None:
    op.create_table(
        "kill_switches",
        sa.Column("scope", sa.String(length=32), nullable=False),
        sa.Column("engaged", sa.Boolean(), nullable=False),
        sa.Column("cause", sa.String(length=32), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("actor_name", sa.String(length=64), nullable=False),
        sa.Column("changed_at", UtcDateTime, nullable=False),
        sa.PrimaryKeyConstraint("scope", name=op.f("pk_kill_switches")),
    )
    op.create_table(
        "order_transitions",
        sa.Column("before", sa.String(length=20), nullable=False),
        sa.Column("after", sa.String(length=20), nullable=False),
        sa.PrimaryKeyConstraint("before", "after", name=op.f("pk_order_transitions")),
    )
    op.create_table(
        "broker_credentials",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("owner_id", sa.Integer(), nullable=False),
        sa.Column("broker", sa.String(length=16), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("key_hint", sa.String(length=16), nullable=False),
        sa.Column("sealed", sa.Text(), nullable=False),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["users.id"], name=op.f("fk_broker_credentials_owner_id_users")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_broker_credentials")),
    )
    op.create_index(
        op.f("ix_broker_credentials_owner_id"), "broker_credentials", ["owner_id"], unique=False
    )
    op.create_table(
        "trading_accounts",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("owner_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("broker", sa.String(length=16), nullable=False),
        sa.Column("environment", sa.String(length=16), nullable=False),
        sa.Column("broker_account_id", sa.String(length=64), nullable=False),
        sa.Column("credential_id", sa.String(length=32), nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("lot_method", sa.String(length=16), nullable=False),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.Column("closed_at", UtcDateTime, nullable=True),
        sa.Column("head_seq", sa.BigInteger(), nullable=False),
        sa.Column("head_hash", sa.String(length=64), nullable=False),
        sa.CheckConstraint(
            "broker IN ('paper', 'alpaca')", name=op.f("ck_trading_accounts_broker")
        ),
        sa.CheckConstraint(
            "environment IN ('paper', 'live')", name=op.f("ck_trading_accounts_environment")
        ),
        sa.CheckConstraint(
            "lot_method IN ('average', 'fifo')", name=op.f("ck_trading_accounts_lot_method")
        ),
        sa.ForeignKeyConstraint(
            ["credential_id"],
            ["broker_credentials.id"],
            name=op.f("fk_trading_accounts_credential_id_broker_credentials"),
        ),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["users.id"], name=op.f("fk_trading_accounts_owner_id_users")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_trading_accounts")),
        sa.UniqueConstraint("owner_id", "name", name=op.f("uq_trading_accounts_owner_id_name")),
    )
    op.create_index(
        op.f("ix_trading_accounts_owner_id"), "trading_accounts", ["owner_id"], unique=False
    )
    op.create_table(
        "account_leases",
        sa.Column("account_id", sa.String(length=32), nullable=False),
        sa.Column("token", sa.BigInteger(), nullable=False),
        sa.Column("holder", sa.String(length=64), nullable=False),
        sa.Column("acquired_at", UtcDateTime, nullable=False),
        sa.Column("renewed_at", UtcDateTime, nullable=False),
        sa.Column("expires_at", UtcDateTime, nullable=False),
        sa.Column("reconciled_until", UtcDateTime, nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["trading_accounts.id"],
            name=op.f("fk_account_leases_account_id_trading_accounts"),
        ),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_account_leases")),
    )
    op.create_table(
        "account_marks",
        sa.Column("account_id", sa.String(length=32), nullable=False),
        sa.Column("at", UtcDateTime, nullable=False),
        sa.Column("equity", ExactDecimal, nullable=False),
        sa.Column("cash", ExactDecimal, nullable=False),
        sa.Column("gross", ExactDecimal, nullable=False),
        sa.Column("net", ExactDecimal, nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["trading_accounts.id"],
            name=op.f("fk_account_marks_account_id_trading_accounts"),
        ),
        sa.PrimaryKeyConstraint("account_id", "at", name=op.f("pk_account_marks")),
    )
    op.create_table(
        "alerts",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("owner_id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.String(length=32), nullable=True),
        sa.Column("at", UtcDateTime, nullable=False),
        sa.Column("level", sa.String(length=8), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("read_at", UtcDateTime, nullable=True),
        sa.Column("delivered", Json, nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["trading_accounts.id"],
            name=op.f("fk_alerts_account_id_trading_accounts"),
        ),
        sa.ForeignKeyConstraint(["owner_id"], ["users.id"], name=op.f("fk_alerts_owner_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alerts")),
    )
    op.create_index(op.f("ix_alerts_account_id"), "alerts", ["account_id"], unique=False)
    op.create_index(op.f("ix_alerts_owner_id"), "alerts", ["owner_id"], unique=False)
    op.create_table(
        "cash",
        sa.Column("account_id", sa.String(length=32), nullable=False),
        sa.Column("balance", ExactDecimal, nullable=False),
        sa.Column("updated_at", UtcDateTime, nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["trading_accounts.id"],
            name=op.f("fk_cash_account_id_trading_accounts"),
        ),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_cash")),
    )
    op.create_table(
        "fills",
        sa.Column("account_id", sa.String(length=32), nullable=False),
        sa.Column("execution_id", sa.String(length=128), nullable=False),
        sa.Column("client_order_id", sa.String(length=128), nullable=False),
        sa.Column("symbol", sa.String(length=32), nullable=False),
        sa.Column("side", sa.String(length=4), nullable=False),
        sa.Column("quantity", ExactDecimal, nullable=False),
        sa.Column("price", ExactDecimal, nullable=False),
        sa.Column("fee", ExactDecimal, nullable=False),
        sa.Column("realised", ExactDecimal, nullable=False),
        sa.Column("at", UtcDateTime, nullable=False),
        sa.Column("recorded_at", UtcDateTime, nullable=False),
        sa.Column("busted", sa.Boolean(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["trading_accounts.id"],
            name=op.f("fk_fills_account_id_trading_accounts"),
        ),
        sa.PrimaryKeyConstraint("account_id", "execution_id", name=op.f("pk_fills")),
    )
    op.create_index(op.f("ix_fills_account_id_at"), "fills", ["account_id", "at"], unique=False)
    op.create_index(op.f("ix_fills_client_order_id"), "fills", ["client_order_id"], unique=False)
    op.create_index(
        op.f("ix_fills_account_id_symbol"), "fills", ["account_id", "symbol"], unique=False
    )
    op.create_table(
        "last_prices",
        sa.Column("account_id", sa.String(length=32), nullable=False),
        sa.Column("symbol", sa.String(length=32), nullable=False),
        sa.Column("price", ExactDecimal, nullable=False),
        sa.Column("at", UtcDateTime, nullable=False),
        sa.Column("received_at", UtcDateTime, nullable=False),
        sa.Column("simulated", sa.Boolean(), nullable=False),
        sa.Column("average_volume", ExactDecimal, nullable=True),
        sa.Column("sector", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["trading_accounts.id"],
            name=op.f("fk_last_prices_account_id_trading_accounts"),
        ),
        sa.PrimaryKeyConstraint("account_id", "symbol", name=op.f("pk_last_prices")),
    )
    op.create_table(
        "ledger_events",
        sa.Column("account_id", sa.String(length=32), nullable=False),
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", UtcDateTime, nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("client_order_id", sa.String(length=128), nullable=True),
        sa.Column("external_id", sa.String(length=160), nullable=True),
        sa.Column("fencing_token", sa.BigInteger(), nullable=True),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.Column("previous_hash", sa.String(length=64), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["trading_accounts.id"],
            name=op.f("fk_ledger_events_account_id_trading_accounts"),
        ),
        sa.PrimaryKeyConstraint("account_id", "seq", name=op.f("pk_ledger_events")),
        sa.UniqueConstraint(
            "account_id", "external_id", name=op.f("uq_ledger_events_account_id_external_id")
        ),
    )
    op.create_index(
        op.f("ix_ledger_events_client_order_id"), "ledger_events", ["client_order_id"], unique=False
    )
    op.create_index(
        op.f("ix_ledger_events_account_id_kind"),
        "ledger_events",
        ["account_id", "kind"],
        unique=False,
    )
    op.create_table(
        "live_sessions",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("account_id", sa.String(length=32), nullable=False),
        sa.Column("owner_id", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("command", sa.String(length=16), nullable=False),
        sa.Column("heartbeat_at", UtcDateTime, nullable=True),
        sa.Column("last_bar_ts", UtcDateTime, nullable=True),
        sa.Column("next_bar_at", UtcDateTime, nullable=True),
        sa.Column("last_signal", Json, nullable=True),
        sa.Column("feed", Json, nullable=True),
        sa.Column("started_at", UtcDateTime, nullable=False),
        sa.Column("ended_at", UtcDateTime, nullable=True),
        sa.CheckConstraint(
            f"state IN {SESSION_STATES!r}",
            name=op.f("ck_live_sessions_state"),
        ),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["trading_accounts.id"],
            name=op.f("fk_live_sessions_account_id_trading_accounts"),
        ),
        sa.ForeignKeyConstraint(["id"], ["jobs.id"], name=op.f("fk_live_sessions_id_jobs")),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["users.id"], name=op.f("fk_live_sessions_owner_id_users")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_live_sessions")),
    )
    op.create_index(
        op.f("ix_live_sessions_account_id"), "live_sessions", ["account_id"], unique=False
    )
    op.create_index(op.f("ix_live_sessions_owner_id"), "live_sessions", ["owner_id"], unique=False)
    op.create_table(
        "loss_baselines",
        sa.Column("account_id", sa.String(length=32), nullable=False),
        sa.Column("session_date", sa.Date(), nullable=False),
        sa.Column("opening_equity", ExactDecimal, nullable=False),
        sa.Column("peak_equity", ExactDecimal, nullable=False),
        sa.Column("updated_at", UtcDateTime, nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["trading_accounts.id"],
            name=op.f("fk_loss_baselines_account_id_trading_accounts"),
        ),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_loss_baselines")),
    )
    op.create_table(
        "lots",
        sa.Column("account_id", sa.String(length=32), nullable=False),
        sa.Column("symbol", sa.String(length=32), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("quantity", ExactDecimal, nullable=False),
        sa.Column("cost", ExactDecimal, nullable=False),
        sa.Column("opened_at", UtcDateTime, nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["trading_accounts.id"],
            name=op.f("fk_lots_account_id_trading_accounts"),
        ),
        sa.PrimaryKeyConstraint("account_id", "symbol", "number", name=op.f("pk_lots")),
    )
    op.create_table(
        "orders",
        sa.Column("account_id", sa.String(length=32), nullable=False),
        sa.Column("client_order_id", sa.String(length=128), nullable=False),
        sa.Column("broker_order_id", sa.String(length=128), nullable=True),
        sa.Column("session_id", sa.String(length=32), nullable=True),
        sa.Column("parent_id", sa.String(length=32), nullable=True),
        sa.Column("replaces", sa.String(length=128), nullable=True),
        sa.Column("source", sa.String(length=64), nullable=False),
        sa.Column("bar_ts", UtcDateTime, nullable=True),
        sa.Column("leg", sa.String(length=64), nullable=False),
        sa.Column("symbol", sa.String(length=32), nullable=False),
        sa.Column("side", sa.String(length=4), nullable=False),
        sa.Column("type", sa.String(length=16), nullable=False),
        sa.Column("time_in_force", sa.String(length=4), nullable=False),
        sa.Column("quantity", ExactDecimal, nullable=False),
        sa.Column("limit_price", ExactDecimal, nullable=True),
        sa.Column("stop_price", ExactDecimal, nullable=True),
        sa.Column("trail_price", ExactDecimal, nullable=True),
        sa.Column("trail_percent", ExactDecimal, nullable=True),
        sa.Column("reference_price", ExactDecimal, nullable=True),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("filled_quantity", ExactDecimal, nullable=False),
        sa.Column("average_price", ExactDecimal, nullable=True),
        sa.Column("fees", ExactDecimal, nullable=False),
        sa.Column("facts", Json, nullable=False),
        sa.Column("flag", sa.String(length=32), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("expected_cost", Json, nullable=True),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.Column("sent_at", UtcDateTime, nullable=True),
        sa.Column("updated_at", UtcDateTime, nullable=False),
        sa.Column("last_seq", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["trading_accounts.id"],
            name=op.f("fk_orders_account_id_trading_accounts"),
        ),
        sa.PrimaryKeyConstraint("account_id", "client_order_id", name=op.f("pk_orders")),
        sa.UniqueConstraint(
            "account_id", "broker_order_id", name=op.f("uq_orders_account_id_broker_order_id")
        ),
    )
    op.create_index(
        op.f("ix_orders_account_id_created_at"),
        "orders",
        ["account_id", "created_at"],
        unique=False,
    )
    op.create_index(
        op.f("ix_orders_account_id_state"), "orders", ["account_id", "state"], unique=False
    )
    op.create_index(op.f("ix_orders_parent_id"), "orders", ["parent_id"], unique=False)
    op.create_index(op.f("ix_orders_session_id"), "orders", ["session_id"], unique=False)
    op.create_table(
        "parent_orders",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("account_id", sa.String(length=32), nullable=False),
        sa.Column("session_id", sa.String(length=32), nullable=True),
        sa.Column("symbol", sa.String(length=32), nullable=False),
        sa.Column("side", sa.String(length=4), nullable=False),
        sa.Column("quantity", ExactDecimal, nullable=False),
        sa.Column("algorithm", sa.String(length=32), nullable=False),
        sa.Column("params", Json, nullable=False),
        sa.Column("seed", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("command", sa.String(length=16), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("curve", Json, nullable=True),
        sa.Column("arrival_price", ExactDecimal, nullable=True),
        sa.Column("expected_cost", Json, nullable=True),
        sa.Column("start_at", UtcDateTime, nullable=False),
        sa.Column("end_at", UtcDateTime, nullable=False),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.Column("updated_at", UtcDateTime, nullable=False),
        sa.CheckConstraint(
            "state IN ('waiting', 'working', 'paused', 'done', 'cancelled', 'failed')",
            name=op.f("ck_parent_orders_state"),
        ),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["trading_accounts.id"],
            name=op.f("fk_parent_orders_account_id_trading_accounts"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_parent_orders")),
    )
    op.create_index(
        op.f("ix_parent_orders_account_id"), "parent_orders", ["account_id"], unique=False
    )
    op.create_table(
        "positions",
        sa.Column("account_id", sa.String(length=32), nullable=False),
        sa.Column("symbol", sa.String(length=32), nullable=False),
        sa.Column("quantity", ExactDecimal, nullable=False),
        sa.Column("cost", ExactDecimal, nullable=False),
        sa.Column("average_cost", ExactDecimal, nullable=False),
        sa.Column("realised", ExactDecimal, nullable=False),
        sa.Column("fees", ExactDecimal, nullable=False),
        sa.Column("dividends", ExactDecimal, nullable=False),
        sa.Column("tape_end", sa.String(length=224), nullable=False),
        sa.Column("updated_at", UtcDateTime, nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["trading_accounts.id"],
            name=op.f("fk_positions_account_id_trading_accounts"),
        ),
        sa.PrimaryKeyConstraint("account_id", "symbol", name=op.f("pk_positions")),
    )
    op.create_table(
        "risk_limits",
        sa.Column("account_id", sa.String(length=32), nullable=False),
        sa.Column("limits", Json, nullable=False),
        sa.Column("updated_at", UtcDateTime, nullable=False),
        sa.Column("updated_by", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["trading_accounts.id"],
            name=op.f("fk_risk_limits_account_id_trading_accounts"),
        ),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_risk_limits")),
    )
    op.create_table(
        "statements",
        sa.Column("account_id", sa.String(length=32), nullable=False),
        sa.Column("session_date", sa.Date(), nullable=False),
        sa.Column("content", Json, nullable=False),
        sa.Column("head_seq", sa.BigInteger(), nullable=False),
        sa.Column("head_hash", sa.String(length=64), nullable=False),
        sa.Column("reconciled", sa.Boolean(), nullable=False),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["trading_accounts.id"],
            name=op.f("fk_statements_account_id_trading_accounts"),
        ),
        sa.PrimaryKeyConstraint("account_id", "session_date", name=op.f("pk_statements")),
    )
    op.create_table(
        "session_bars",
        sa.Column("session_id", sa.String(length=32), nullable=False),
        sa.Column("bar_ts", UtcDateTime, nullable=False),
        sa.Column("decided_at", UtcDateTime, nullable=False),
        sa.Column("targets", Json, nullable=False),
        sa.Column("standing", Json, nullable=False),
        sa.Column("equity", ExactDecimal, nullable=False),
        sa.Column("prices", Json, nullable=False),
        sa.ForeignKeyConstraint(
            ["session_id"],
            ["live_sessions.id"],
            name=op.f("fk_session_bars_session_id_live_sessions"),
        ),
        sa.PrimaryKeyConstraint("session_id", "bar_ts", name=op.f("pk_session_bars")),
    )
    op.bulk_insert(
        sa.table("order_transitions", sa.column("before"), sa.column("after")),
        [{"before": before, "after": after} for before, after in TRANSITIONS],
    )
    # Locked by every authorised send, so that a kill and a send take turns: it must be there.
    op.execute(
        "INSERT INTO kill_switches (scope, engaged, cause, reason, actor_name, changed_at) "
        "VALUES ('*', false, '', '', 'system', '2026-01-01 00:00:00')"
    )
    guard = POSTGRESQL_GUARD if op.get_bind().dialect.name == "postgresql" else SQLITE_GUARD
    for statement in guard:
        op.execute(statement)


def downgrade() -> None:
    op.drop_table("session_bars")
    op.drop_table("statements")
    op.drop_table("risk_limits")
    op.drop_table("positions")
    op.drop_index(op.f("ix_parent_orders_account_id"), table_name="parent_orders")
    op.drop_table("parent_orders")
    op.drop_index(op.f("ix_orders_session_id"), table_name="orders")
    op.drop_index(op.f("ix_orders_parent_id"), table_name="orders")
    op.drop_index(op.f("ix_orders_account_id_state"), table_name="orders")
    op.drop_index(op.f("ix_orders_account_id_created_at"), table_name="orders")
    op.drop_table("orders")
    op.drop_table("lots")
    op.drop_table("loss_baselines")
    op.drop_index(op.f("ix_live_sessions_owner_id"), table_name="live_sessions")
    op.drop_index(op.f("ix_live_sessions_account_id"), table_name="live_sessions")
    op.drop_table("live_sessions")
    op.drop_index(op.f("ix_ledger_events_client_order_id"), table_name="ledger_events")
    op.drop_index(op.f("ix_ledger_events_account_id_kind"), table_name="ledger_events")
    op.drop_table("ledger_events")
    op.drop_table("last_prices")
    op.drop_index(op.f("ix_fills_client_order_id"), table_name="fills")
    op.drop_index(op.f("ix_fills_account_id_symbol"), table_name="fills")
    op.drop_index(op.f("ix_fills_account_id_at"), table_name="fills")
    op.drop_table("fills")
    op.drop_table("cash")
    op.drop_index(op.f("ix_alerts_owner_id"), table_name="alerts")
    op.drop_index(op.f("ix_alerts_account_id"), table_name="alerts")
    op.drop_table("alerts")
    op.drop_table("account_marks")
    op.drop_table("account_leases")
    op.drop_index(op.f("ix_trading_accounts_owner_id"), table_name="trading_accounts")
    op.drop_table("trading_accounts")
    op.drop_index(op.f("ix_broker_credentials_owner_id"), table_name="broker_credentials")
    op.drop_table("broker_credentials")
    op.drop_table("order_transitions")
    op.drop_table("kill_switches")
    if op.get_bind().dialect.name == "postgresql":
        for name in POSTGRESQL_FUNCTIONS:
            op.execute(f"DROP FUNCTION {name}()")
