"""Where no queue is, the process that saves does the work, after the commit and not for long."""

from __future__ import annotations

from typing import Any

import pytest

from django_rokka.emulator import EmulatorServer
from django_rokka.tasks import find_library

from tests.recipes.conftest import MakeProject, Rokka
from tests.recipes.project import Project

AFTER_A_PAUSE = 120
LONGEST_SAVE = 14
"""Seconds: ten for the alias and its cache, the rest for a slow machine."""


@pytest.fixture(params=["no library", "immediate"])
def project(request: pytest.FixtureRequest, make_project: MakeProject) -> Project:
    """The shop without any framework of tasks, and with the backend that Django has by default."""
    if request.param == "no library":
        return make_project()
    library = find_library()
    if library is None:
        pytest.skip("neither django.tasks nor django_tasks is installed")
    backend = f"{library.__name__}.backends.immediate.ImmediateBackend"
    return make_project(tasks={"default": {"BACKEND": backend}})


@pytest.fixture
def brand(project: Project) -> dict[str, Any]:
    project.act("create", "tomato")
    told: dict[str, Any] = project.act("tell")
    return told


def test_save__moves_the_alias_and_clears_its_cache(
    project: Project, brand: dict[str, Any], asked: Rokka
) -> None:
    before = asked.count_changes()
    saved = project.act("replace", "navy")
    assert sorted(saved["calls"]) == ["DELETE", "GET", "POST", "PUT"]
    assert saved["alias"] == "brand_1"
    told = project.act("tell")
    assert (told["state"], told["alias"], told["has_placeholder"]) == ("in_step", "brand_1", True)
    assert told["wishes"] == [["brand_1", "cleared"]]
    assert asked.get_alias("brand_1") == told["hash"] != brand["hash"]
    assert asked.count_changes() - before == {"moves": 1, "clearings": 1}


def test_save__during_an_outage_is_a_save_and_cron_heals_the_rest(
    project: Project, brand: dict[str, Any], asked: Rokka, server: EmulatorServer
) -> None:
    before = asked.count_changes()
    server.emulator.faults.add(method="PUT", path="/alias/", status=503)
    assert project.act("replace", "navy")["alias"] == ""
    told = project.act("tell")
    assert (told["state"], told["is_due_within_minutes"]) == ("failed", True)
    assert "503" in told["error"]
    assert asked.get_alias("brand_1") == brand["hash"]

    project.run_cron(ahead=AFTER_A_PAUSE)

    assert asked.get_alias("brand_1") == project.act("tell")["hash"] == told["hash"]
    assert asked.count_changes() - before == {"moves": 1, "clearings": 1}


@pytest.mark.soak
def test_save__waits_ten_seconds_at_most_for_a_rokka_that_hangs(
    project: Project, brand: dict[str, Any], server: EmulatorServer
) -> None:
    server.emulator.faults.add(method="PUT", path="/alias/", delay=60)
    assert project.act("time_replacing", "navy") < LONGEST_SAVE
    server.emulator.faults.wake()
    told = project.act("tell")
    assert (told["state"], told["is_due_within_minutes"]) == ("failed", True)
