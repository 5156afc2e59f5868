"""Ring for a job: put its id on its queue, quickly or not at all."""

from __future__ import annotations

from workers.celery_app import TASK, app, queue_name


def ring(job_id: str, queue: str) -> None:
    """Tell a worker of the queue; raises when the broker is away (the sweeper rings again)."""
    app.send_task(TASK, args=[job_id], queue=queue_name(queue), retry=False, ignore_result=True)
