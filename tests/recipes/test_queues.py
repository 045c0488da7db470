"""Each queue that projects have does the work after the save, and survives what goes wrong."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from django_rokka.emulator import EmulatorServer

from tests.recipes.conftest import MakeProject, Rokka
from tests.recipes.project import Project
from tests.recipes.queues import CeleryQueue, Queue, RedisQueue

AFTER_A_LEASE = 120
"""Seconds after which neither a lease nor the first pause holds up another try."""

CLOSED = "redis://127.0.0.1:1/0"


@pytest.fixture
def brand(project: Project, queue: Queue) -> dict[str, Any]:
    """A row whose first alias is set."""
    project.act("create", "tomato")
    queue.work(project)
    told: dict[str, Any] = project.act("tell")
    return told


@pytest.fixture(params=["django_tasks_rq", "celery"])
def unreachable(request: pytest.FixtureRequest, tmp_path: Path) -> Queue:
    """A queue at a Redis that does not answer."""
    package = request.param
    pytest.importorskip(package, reason=f"{package} is not installed (group `recipes`)")
    if package == "celery":
        pytest.importorskip("django.tasks", reason="the shop's backend is written for Django 6.0")
        return CeleryQueue("pictures", redis=None, url=CLOSED, log=tmp_path / "celery.log")
    return RedisQueue("pictures", redis=None, url=CLOSED)


def in_step(brand: dict[str, Any]) -> dict[str, Any]:
    """Say what is told of a row when all is done, and its image was replaced."""
    return {
        "hash": brand["hash"],
        "alias": "brand_1",
        "has_placeholder": True,
        "state": "in_step",
        "error": "",
        "is_due_within_minutes": False,
        "wishes": [["brand_1", "cleared"]],
    }


def test_queue__has_all_the_calls_but_the_upload(
    project: Project, queue: Queue, asked: Rokka, brand: dict[str, Any]
) -> None:
    before = asked.count_changes()
    assert brand == {**in_step(brand), "wishes": []}
    assert project.act("replace", "navy") == {"calls": ["POST"], "alias": ""}
    assert queue.count(project) == 2
    assert project.act("tell")["state"] == "pending"

    queue.work(project)

    told = project.act("tell")
    assert told == in_step(told)
    assert told["hash"] == asked.get_alias("brand_1") != brand["hash"]
    assert queue.count(project) == 0
    assert asked.count_changes() - before == {"moves": 1, "clearings": 1}


def test_worker__survives_an_outage_which_a_later_run_heals(
    project: Project, queue: Queue, asked: Rokka, brand: dict[str, Any], server: EmulatorServer
) -> None:
    before = asked.count_changes()
    server.emulator.faults.add(method="PUT", path="/alias/", status=503)
    project.act("replace", "navy")

    queue.work(project)

    failed = project.act("tell")
    assert "503" in failed["error"]
    expected = {"state": "failed", "alias": "", "is_due_within_minutes": True, "wishes": []}
    assert failed == {**in_step(failed), **expected, "error": failed["error"]}
    assert asked.get_alias("brand_1") == brand["hash"]
    assert queue.count(project) == 0

    project.run_cron(ahead=AFTER_A_LEASE)

    healed = project.act("tell")
    assert healed == in_step(failed)
    assert asked.get_alias("brand_1") == healed["hash"]
    assert asked.count_changes() - before == {"moves": 1, "clearings": 1}


def test_worker__killed_after_the_call_leaves_what_a_later_run_heals(
    project: Project, queue: Queue, asked: Rokka, brand: dict[str, Any]
) -> None:
    before = asked.count_changes()
    project.act("replace", "navy")

    queue.work(project, die_after="PUT")

    told = project.act("tell")
    assert (told["state"], told["alias"]) == ("pending", "")
    assert asked.get_alias("brand_1") == told["hash"] != brand["hash"]
    assert asked.count_changes() - before == {"moves": 1}

    project.run_cron(ahead=AFTER_A_LEASE)

    healed = project.act("tell")
    assert healed == in_step(told)
    assert asked.count_changes() - before == {"moves": 2, "clearings": 1}


def test_worker__killed_at_the_first_call_leaves_no_name_that_is_a_strangers(
    project: Project, queue: Queue, asked: Rokka
) -> None:
    project.act("create", "tomato")
    queue.work(project, die_after="PUT")
    assert asked.get_alias("brand_1") == project.act("tell")["hash"]
    project.act("replace", "navy")
    queue.work(project)  # while the dead worker has the alias

    project.run_cron(ahead=AFTER_A_LEASE)

    told = project.act("tell")
    assert told == in_step(told)
    assert asked.get_alias("brand_1") == told["hash"]
    assert asked.count_changes() == {"moves": 2, "clearings": 1}


def test_queue__that_can_defer_heals_an_outage_by_itself(
    project: Project, queue: Queue, asked: Rokka, brand: dict[str, Any], server: EmulatorServer
) -> None:
    if not queue.can_defer:
        pytest.skip("follow_up() heals here, see test_celery.py")
    before = asked.count_changes()
    server.emulator.faults.add(method="PUT", path="/alias/", status=503)
    project.act("replace", "navy")
    # Two minutes ago: the pause of one minute is over by now.
    queue.work(project, ahead=-120)
    assert project.act("tell")["state"] == "failed"

    queue.work(project)

    told = project.act("tell")
    assert told == in_step(told)
    assert asked.get_alias("brand_1") == told["hash"] != brand["hash"]
    assert asked.count_changes() - before == {"moves": 1, "clearings": 1}


def test_queue__that_does_not_answer_leaves_the_row_saved_and_the_rest_to_cron(
    make_project: MakeProject, unreachable: Queue, asked: Rokka
) -> None:
    rokka = {"task_backend": "pictures", "task_queue": "pictures"}
    project = make_project(rokka=rokka, **unreachable.settings)
    assert project.act("create", "tomato") == {"calls": ["POST"], "alias": ""}
    told = project.act("tell")
    assert (told["state"], told["alias"], told["error"]) == ("pending", "", "")

    project.run_cron()

    assert project.act("tell")["state"] == "in_step"
    assert asked.get_alias("brand_1") == told["hash"]
