"""Celery's beat does what cron would."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from django_rokka.emulator import EmulatorServer

from tests.recipes.conftest import MakeProject, Rokka
from tests.recipes.project import Project
from tests.recipes.queues import CeleryQueue, wait_until

AFTER_A_PAUSE = 120


@pytest.fixture
def project(make_project: MakeProject, celery_queue: CeleryQueue) -> Project:
    """The shop with Celery as the default, which has its own name for the queue."""
    backend = "tests.recipes.shop.backends.CeleryBackend"
    return make_project(**{**celery_queue.settings, "tasks": {"default": {"BACKEND": backend}}})


@pytest.fixture
def brand(project: Project, celery_queue: CeleryQueue) -> dict[str, Any]:
    project.act("create", "tomato")
    celery_queue.work(project)
    told: dict[str, Any] = project.act("tell")
    return told


@pytest.fixture
def beat(
    project: Project, celery_queue: CeleryQueue, asked: Rokka, tmp_path: Path
) -> Callable[[], None]:
    """Run a worker with its beat, two minutes later, until a cache is cleared."""

    def run() -> None:
        before = asked.count_changes()["clearings"]
        schedule = str(tmp_path / "beat")
        with celery_queue.working(project, "-B", "-s", schedule, ahead=AFTER_A_PAUSE):
            wait_until(lambda: asked.count_changes()["clearings"] > before, told=celery_queue.log)

    return run


@pytest.mark.usefixtures("brand")
def test_beat__heals_an_outage(
    project: Project,
    celery_queue: CeleryQueue,
    asked: Rokka,
    server: EmulatorServer,
    beat: Callable[[], None],
) -> None:
    before = asked.count_changes()
    server.emulator.faults.add(method="PUT", path="/alias/", status=503)
    project.act("replace", "navy")
    celery_queue.work(project)
    assert project.act("tell")["state"] == "failed"

    beat()

    told = project.act("tell")
    assert (told["state"], told["alias"]) == ("in_step", "brand_1")
    assert asked.get_alias("brand_1") == told["hash"]
    assert asked.count_changes() - before == {"moves": 1, "clearings": 1}


def test_beat__moves_the_alias_of_a_row_that_no_signal_told_of(
    project: Project, asked: Rokka, brand: dict[str, Any], beat: Callable[[], None]
) -> None:
    project.act("replace_by_update", "navy")

    beat()

    told = project.act("tell")
    assert (told["state"], told["alias"]) == ("in_step", "brand_1")
    assert asked.get_alias("brand_1") == told["hash"] != brand["hash"]
