"""Celery as a doorbell: one task that carries nothing but a job's id.

No result backend, JSON only, acknowledged on receipt: the row decides who runs what, so a lost
message is rung again and a doubled one finds the row taken.
"""

from __future__ import annotations

from celery import Celery
from kombu import Queue

from terminal.jobs.kinds import KINDS
from terminal.settings import get_settings

PREFIX = get_settings().redis.queue_prefix
QUEUES = tuple(sorted({kind.queue for kind in KINDS.values()}))
TASK = "terminal.run"


def queue_name(queue: str) -> str:
    """A queue's name at the broker."""
    return f"{PREFIX}.{queue}"


def _broker_url() -> str:
    url = get_settings().redis.url
    return url.replace("unix://", "redis+socket://", 1)


app = Celery("terminal", broker=_broker_url())
app.conf.update(
    accept_content=["json"],
    task_serializer="json",
    task_ignore_result=True,
    task_queues=[Queue(queue_name(queue), routing_key=queue_name(queue)) for queue in QUEUES],
    task_default_queue=queue_name(QUEUES[0]),
    task_create_missing_queues=False,
    worker_prefetch_multiplier=1,
    worker_hijack_root_logger=False,
    worker_enable_remote_control=False,
    worker_send_task_events=False,
    broker_connection_retry_on_startup=True,
    broker_connection_max_retries=None,
    broker_transport_options={
        "global_keyprefix": f"{PREFIX}:",
        "socket_connect_timeout": 0.15,
        "socket_timeout": 5,
        "max_retries": 0,
        "health_check_interval": 10,
    },
)
