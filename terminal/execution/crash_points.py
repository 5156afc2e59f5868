"""Places at which a test may kill the process: before and after everything that must survive it.

Nothing happens unless the environment names the place, which only tests do.
"""

from __future__ import annotations

import os
import signal

VARIABLE = "ATT_CRASH_POINT"
CRASH_POINTS = (
    "after_claim",
    "after_lease",
    "after_reconcile",
    "before_intent_commit",
    "after_intent_commit",
    "before_send_begun",
    "after_send_begun",
    "after_send",
    "after_ack_commit",
    "before_fill_commit",
    "after_fill_commit",
    "before_heartbeat",
)


def reached(name: str) -> None:
    """Die here, without any clean-up, when this is the place named."""
    if os.environ.get(VARIABLE) == name:
        os.kill(os.getpid(), signal.SIGKILL)
