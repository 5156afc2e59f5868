"""How many cases a test tries: few at every run, all with `ATT_TEST_FULL=1`."""

from __future__ import annotations

import os

FULL = bool(os.environ.get("ATT_TEST_FULL"))


def cases(usual: int, full: int) -> int:
    """A number of seeds, rounds or examples; `usual` is enough to fail on a planted fault."""
    return full if FULL else usual
