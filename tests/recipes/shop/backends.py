"""The backend of TASKS that hands tasks to Celery."""

from __future__ import annotations

from typing import Any

from django.tasks import TaskResult, TaskResultStatus
from django.tasks.backends.base import BaseTaskBackend
from django.utils import timezone

from tests.recipes.shop.tasks import run_task


class CeleryBackend(BaseTaskBackend):
    """Send the path of a task, by which a worker finds it."""

    def enqueue(self, task: Any, args: Any, kwargs: Any) -> TaskResult:  # type: ignore[type-arg]  # generic in the stubs only
        self.validate_task(task)
        queue = None if task.queue_name == "default" else task.queue_name
        sent = run_task.apply_async((task.module_path, list(args), dict(kwargs)), queue=queue)
        return TaskResult(
            task=task,
            id=sent.id,
            status=TaskResultStatus.READY,  # type: ignore[arg-type]  # no Enum in the stubs
            enqueued_at=timezone.now(),
            started_at=None,
            finished_at=None,
            last_attempted_at=None,
            args=list(args),
            kwargs=dict(kwargs),
            backend=self.alias,
            errors=[],
            worker_ids=[],
        )
