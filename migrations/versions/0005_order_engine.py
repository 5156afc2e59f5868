"""Requests of backtests say `lot` where they said `fractional`; frames say what each cost was."""

import sqlalchemy as sa
from alembic import op

from terminal.db.schema import Json

revision = "0005_order_engine"
down_revision = "0004_backtest"
branch_labels = None
depends_on = None

JOBS = sa.table("jobs", sa.column("id", sa.String), sa.column("kind", sa.String),
                sa.column("request", Json))  # fmt: skip


def upgrade() -> None:
    _rewrite("fractional", "lot", lambda fractional: 0.0 if fractional else 1.0)


def downgrade() -> None:
    _rewrite("lot", "fractional", lambda lot: lot == 0.0)


def _rewrite(old: str, new: str, value) -> None:
    conn = op.get_bind()
    rows = conn.execute(sa.select(JOBS.c.id, JOBS.c.request).where(JOBS.c.kind == "backtest")).all()
    for job_id, request in rows:
        if old not in request:
            continue
        kept = {key: item for key, item in request.items() if key != old}
        conn.execute(
            sa.update(JOBS)
            .where(JOBS.c.id == job_id)
            .values(request={**kept, new: value(request[old])})
        )
