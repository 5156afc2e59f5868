"""Tables of the accounts room.

Secrets are never stored: a password only as its Argon2id string, a session token and a one-time
link only as SHA-256 of a random 256-bit value. User 0 is the terminal itself (`SYSTEM`), so that
work nobody asked for has an owner too; it has no password and is not active.
"""

from __future__ import annotations

import sqlalchemy as sa

from terminal.db.schema import Json, UtcDateTime, metadata

USERNAME_LENGTH = 64
ADDRESS_LENGTH = 64
HASH_LENGTH = 64  # SHA-256 in hex

users = sa.Table(
    "users",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("username", sa.String(USERNAME_LENGTH), nullable=False, unique=True),
    sa.Column("password_hash", sa.String(255), nullable=False),  # "" = cannot sign in
    sa.Column("role", sa.String(16), nullable=False),
    sa.Column("active", sa.Boolean, nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("password_changed_at", UtcDateTime),
    sa.Column("last_login_at", UtcDateTime),
    sa.CheckConstraint("role IN ('viewer', 'trader', 'admin')", name="role"),
)

sessions = sa.Table(
    "sessions",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("token_hash", sa.String(HASH_LENGTH), nullable=False, unique=True),
    sa.Column("user_id", sa.ForeignKey("users.id", ondelete="CASCADE"), nullable=False, index=True),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("last_seen_at", UtcDateTime, nullable=False),
    sa.Column("expires_at", UtcDateTime, nullable=False, index=True),
    sa.Column("address", sa.String(ADDRESS_LENGTH), nullable=False),
    sa.Column("browser", sa.String(200), nullable=False),
)

login_attempts = sa.Table(
    "login_attempts",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("username", sa.String(USERNAME_LENGTH), nullable=False),
    sa.Column("address", sa.String(ADDRESS_LENGTH), nullable=False),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Index(None, "username", "address", "at"),
    sa.Index(None, "address", "at"),
)

one_time_links = sa.Table(
    "one_time_links",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("token_hash", sa.String(HASH_LENGTH), nullable=False, unique=True),
    sa.Column("purpose", sa.String(16), nullable=False),
    sa.Column("user_id", sa.ForeignKey("users.id", ondelete="CASCADE"), index=True),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("expires_at", UtcDateTime, nullable=False),
    sa.Column("used_at", UtcDateTime),
    sa.CheckConstraint("purpose IN ('setup', 'reset')", name="purpose"),
    sa.CheckConstraint("(purpose = 'setup') = (user_id IS NULL)", name="reset_names_a_user"),
)

preferences = sa.Table(
    "preferences",
    metadata,
    sa.Column("user_id", sa.ForeignKey("users.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("key", sa.String(64), primary_key=True),
    sa.Column("value", Json, nullable=False),
    sa.Column("updated_at", UtcDateTime, nullable=False),
)

# Append-only: triggers (in the migration) refuse UPDATE and DELETE. `detail` is canonical JSON
# text and not JSONB, because the hash covers its bytes. No foreign key: the log outlives rows.
audit_log = sa.Table(
    "audit_log",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Column("actor_id", sa.Integer, nullable=False),
    sa.Column("actor_name", sa.String(USERNAME_LENGTH), nullable=False),
    sa.Column("action", sa.String(64), nullable=False, index=True),
    sa.Column("object", sa.String(200), nullable=False),
    sa.Column("detail", sa.Text, nullable=False),
    sa.Column("previous_hash", sa.String(HASH_LENGTH), nullable=False),
    sa.Column("hash", sa.String(HASH_LENGTH), nullable=False),
)
