"""How to talk to somebody else's server: not too often, again after a while, not for ever."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from terminal.errors import Unavailable

T = TypeVar("T")
MINUTE_S = 60.0


@dataclass
class RateLimit:
    """At most `per_minute` requests in any minute; the caller waits for its turn."""

    per_minute: int
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    _sent: deque[float] = field(default_factory=deque)

    def wait(self) -> float:
        """Wait until a request may be sent, and count it; the seconds waited."""
        now = self.clock()
        while self._sent and self._sent[0] <= now - MINUTE_S:
            self._sent.popleft()
        pause = 0.0
        if len(self._sent) >= self.per_minute:
            pause = self._sent.popleft() + MINUTE_S - now
            self.sleep(pause)
        self._sent.append(self.clock())
        return pause


@dataclass(frozen=True)
class Retry:
    """Tries again after `first_pause_s`, twice that, and so on; `Unavailable` only.

    A source that says when to come back (`retry_after_s`) is given that time instead; one that
    asks for more than `longest_pause_s` is not waited for.
    """

    attempts: int = 3
    first_pause_s: float = 1.0
    longest_pause_s: float = 30.0
    sleep: Callable[[float], None] = time.sleep

    def call(self, ask: Callable[[], T]) -> T:
        """What `ask` returns, or the last `Unavailable` it raised; anything else at once."""
        pause = self.first_pause_s
        for attempt in range(1, self.attempts + 1):
            try:
                return ask()
            except Unavailable as error:
                wanted = pause if error.retry_after_s is None else error.retry_after_s
                if attempt == self.attempts or wanted > self.longest_pause_s:
                    raise
                self.sleep(wanted)
                pause *= 2
        raise AssertionError("attempts is at least 1")
