"""Two commands a minute finish whatever was left undone, wherever."""

from __future__ import annotations

from typing import Any

import pytest

from django_rokka.emulator import EmulatorServer

from tests.recipes.conftest import MakeProject, Rokka
from tests.recipes.project import Project

AFTER_A_PAUSE = 120


@pytest.fixture
def project(make_project: MakeProject) -> Project:
    return make_project(tasks={})


@pytest.fixture
def brand(project: Project) -> dict[str, Any]:
    project.act("create", "tomato")
    told: dict[str, Any] = project.act("tell")
    return told


def test_cron__moves_the_alias_of_a_row_that_no_signal_told_of(
    project: Project, brand: dict[str, Any], asked: Rokka
) -> None:
    before = asked.count_changes()
    assert project.act("replace_by_update", "navy")["calls"] == []
    project.run_cron()
    told = project.act("tell")
    assert (told["state"], told["alias"]) == ("in_step", "brand_1")
    assert told["wishes"] == [["brand_1", "cleared"]]
    assert asked.get_alias("brand_1") == told["hash"] != brand["hash"]
    assert asked.count_changes() - before == {"moves": 1, "clearings": 1}


def test_cron__asks_nothing_where_nothing_is_to_do(
    project: Project, brand: dict[str, Any], asked: Rokka
) -> None:
    before = asked.count_requests()
    project.run_cron()
    assert asked.count_requests() == before


def test_cron__fails_with_rokka_and_heals_a_few_minutes_later(
    project: Project, brand: dict[str, Any], asked: Rokka, server: EmulatorServer
) -> None:
    before = asked.count_changes()
    project.act("replace_by_update", "navy")
    server.emulator.faults.add(method="PUT", path="/alias/", status=503)
    printed = project.manage("rokka_alias", "apply", code=1)
    assert "brand_1" in printed
    told = project.act("tell")
    assert (told["state"], told["is_due_within_minutes"]) == ("failed", True)

    project.run_cron()  # too early
    assert asked.count_changes() == before
    project.run_cron(ahead=AFTER_A_PAUSE)

    assert asked.get_alias("brand_1") == project.act("tell")["hash"] != brand["hash"]
    assert asked.count_changes() - before == {"moves": 1, "clearings": 1}
