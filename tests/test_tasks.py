"""Tasks: by the project's queue where it has one, at once where it has none."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone
from django.utils.module_loading import import_string
from pytest_django import Settings

from django_rokka import aliases, tasks
from django_rokka.client import observe_calls
from django_rokka.emulator import EmulatorServer
from django_rokka.models import Alias, CacheInvalidation
from django_rokka.storage import RokkaStorage
from django_rokka.testing import assert_no_rokka_calls

from tests.lifecycle.mirror import a_file
from tests.testapp.models import Brand, Cover, Ticket

pytestmark = pytest.mark.django_db(transaction=True)

LIBRARY: Any = tasks.find_library()
DUMMY = f"{LIBRARY.__name__}.backends.dummy.DummyBackend"


def has_placeholder() -> bool:
    return bool(Cover.objects.get().placeholder)


def test_task__is_given_ids_alone(rokka: RokkaStorage, settings: Settings) -> None:
    settings.TASKS = {"default": {"BACKEND": DUMMY}}
    cover = Cover.objects.create(image=a_file())
    (result,) = LIBRARY.task_backends["default"].results
    assert list(result.args) == ["testapp.cover", str(cover.pk), "image", "default"]
    assert not has_placeholder()
    result.task.call(*result.args)
    assert has_placeholder()


def test_second_save__before_or_after_the_task_leaves_the_placeholder_to_it(
    rokka: RokkaStorage, settings: Settings
) -> None:
    settings.TASKS = {"default": {"BACKEND": DUMMY}}
    cover = Cover.objects.create(image=a_file())
    results = LIBRARY.task_backends["default"].results
    results[0].task.call(*results[0].args)
    assert has_placeholder()
    cover.save()
    assert not has_placeholder()
    assert len(results) == 2
    results[1].task.call(*results[1].args)
    assert has_placeholder()
    assert not cover.placeholder


def test_task__is_found_by_its_path_as_workers_look_it_up(
    rokka: RokkaStorage, settings: Settings
) -> None:
    settings.TASKS = {"default": {"BACKEND": DUMMY}}
    Cover.objects.create(image=a_file())
    (result,) = LIBRARY.task_backends["default"].results
    path = result.task.module_path
    assert path == "django_rokka.tasks.fetch_placeholder"
    task = import_string(path)
    assert task == result.task
    task.call(*result.args)
    assert has_placeholder()


def test_task__goes_to_the_backend_and_the_queue_of_the_options(
    configure: Any, settings: Settings
) -> None:
    settings.TASKS = {
        "default": {"BACKEND": DUMMY, "QUEUES": ["mails"]},
        "slow": {"BACKEND": DUMMY, "QUEUES": ["pictures"]},
    }
    configure(task_backend="slow", task_queue="pictures")
    Cover.objects.create(image=a_file())
    (result,) = LIBRARY.task_backends["slow"].results
    assert (result.task.backend, result.task.queue_name) == ("slow", "pictures")
    assert import_string(result.task.module_path).queue_name == "pictures"


def test_queue__that_the_project_has_not_is_logged_and_the_row_is_saved(
    rokka: RokkaStorage, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    settings.TASKS = {"default": {"BACKEND": DUMMY, "QUEUES": ["mails"]}}
    cover = Cover.objects.create(image=a_file())
    assert Cover.objects.get() == cover
    assert "Queue 'default' is not valid for backend" in caplog.text


def test_task__is_found_though_a_storage_has_a_queue_that_is_not_there(
    configure: Any, settings: Settings
) -> None:
    settings.TASKS = {"default": {"BACKEND": DUMMY, "QUEUES": ["mails"]}}
    configure(task_queue="pictures")
    other = settings.STORAGES["rokka"]
    options = {**other["OPTIONS"], "task_queue": "mails"}
    settings.STORAGES = {**settings.STORAGES, "second": {**other, "OPTIONS": options}}
    assert import_string("django_rokka.tasks.apply_alias").queue_name == "mails"


@pytest.fixture
def no_library(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in ("django.tasks", "django_tasks"):
        monkeypatch.setitem(sys.modules, name, None)
    tasks.find_library.cache_clear()
    yield
    tasks.find_library.cache_clear()


@pytest.mark.usefixtures("no_library")
def test_work__is_done_at_once_where_nothing_runs_tasks(rokka: RokkaStorage) -> None:
    cover = Cover.objects.create(image=a_file())
    assert has_placeholder()
    assert cover.placeholder


@pytest.mark.usefixtures("no_library")
def test_work__that_fails_at_once_leaves_the_row_saved(
    rokka: RokkaStorage, server: Any, caplog: pytest.LogCaptureFixture
) -> None:
    server.emulator.faults.add(method="GET", path="/render/", status=503)
    Cover.objects.create(image=a_file())
    assert not has_placeholder()
    assert "No placeholder" in caplog.text


def test_module__has_no_other_names() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'anything'"):
        tasks.anything  # noqa: B018  # reading is the test


def test_keys__of_every_kind_survive_the_queue(rokka: RokkaStorage) -> None:
    ticket = Ticket.objects.create()
    key = Ticket._meta.pk
    assert key.to_python(key.value_to_string(ticket)) == ticket.pk


def test_alias__is_moved_by_a_worker(rokka: RokkaStorage, settings: Settings) -> None:
    settings.TASKS = {"default": {"BACKEND": DUMMY}}
    with observe_calls() as calls:
        brand = Brand.objects.create(name="Acme", logo=a_file())
    assert [call.method for call in calls] == ["POST"]
    (result,) = LIBRARY.task_backends["default"].results
    alias = Alias.objects.get()
    assert (list(result.args), result.kwargs) == ([alias.pk, "default"], {})
    assert alias.state == "pending"
    assert result.task.call(*result.args) == Brand.objects.get().logo.name
    assert rokka.client.aliases.get(alias.name).hash == brand.logo.hash
    assert Alias.objects.get().state == "in_step"


def test_alias__that_fails_is_tried_again_when_it_is_due(
    rokka: RokkaStorage, settings: Settings, server: EmulatorServer
) -> None:
    settings.TASKS = {"default": {"BACKEND": DUMMY}}
    Brand.objects.create(name="Acme", logo=a_file())
    results = LIBRARY.task_backends["default"].results
    server.emulator.faults.add(method="PUT", path="/alias/", status=503, times=None)
    assert results[0].task.call(*results[0].args) == ""
    server.emulator.faults.clear()
    first, again = results
    alias = Alias.objects.get()
    assert again.task.run_after == alias.due_at
    assert again.kwargs == {"alias_pk": alias.pk, "using": "default", "is_retry": True}
    # Before its time, as after somebody else's try, it is left alone.
    with assert_no_rokka_calls():
        assert again.task.call(**again.kwargs) == ""
    Alias.objects.update(due_at=timezone.now())
    assert again.task.call(**again.kwargs) == Brand.objects.get().logo.name
    assert Alias.objects.get().state == "in_step"
    assert results == [first, again]


def test_caches__beyond_the_budget_are_cleared_by_one_later_task(
    rokka: RokkaStorage, settings: Settings, configure: Any
) -> None:
    settings.TASKS = {"default": {"BACKEND": DUMMY}}
    configure(invalidation_budget=1)
    results = LIBRARY.task_backends["default"].results
    for colour in ("red", "blue", "green", "navy", "teal"):
        brand = Brand.objects.first() or Brand(name="Acme")
        brand.logo = a_file(colour)
        brand.save()
        move = results[-1]
        move.task.call(*move.args)
    (planned,) = [it for it in results if it.task.func.__name__ == "drain_caches"]
    assert planned.kwargs == {"storage_alias": "rokka"}
    wish = CacheInvalidation.objects.earliest("pk")
    assert wish.sent_at is not None
    wait = planned.task.run_after - wish.sent_at
    assert timedelta(minutes=61) <= wait < timedelta(minutes=62)
    with assert_no_rokka_calls():
        planned.task.call(**planned.kwargs)
    assert len(results) == 6


@pytest.mark.usefixtures("no_library")
def test_alias__is_moved_at_once_without_a_queue(rokka: RokkaStorage) -> None:
    brand = Brand.objects.create(name="Acme", logo=a_file())
    assert brand.logo.alias == f"brand_{brand.pk}_logo"
    assert Brand.objects.get().logo.name == brand.logo.name


def test_aliases__of_one_commit_wait_ten_seconds_for_a_rokka_that_is_gone(
    rokka: RokkaStorage, server: EmulatorServer, caplog: pytest.LogCaptureFixture
) -> None:
    with transaction.atomic():
        for colour in ("red", "blue", "green", "navy"):
            Brand.objects.create(name=colour, logo=a_file(colour))
        # Each try takes all of its time.
        server.emulator.faults.add(method="PUT", path="/alias/", delay=11, times=None)
        began = time.monotonic()
    assert time.monotonic() - began < 15
    server.emulator.faults.clear()
    assert sorted(Alias.objects.values_list("attempts", flat=True)) == [0, 0, 0, 1]
    assert caplog.text.count("rokka fails just now") == 3
    # Nobody knows whether the first call was not done after all, so it has its minute to itself.
    Alias.objects.update(claimed_until=None)
    assert len(aliases.apply(names=Alias.objects.values_list("name", flat=True)).errors) == 0
    assert {alias.state for alias in Alias.objects.all()} == {"in_step"}


@pytest.fixture(autouse=True)
def _patient() -> Iterator[None]:
    """Let no test suffer from the failures of another."""
    yield
    aliases.patience.note(0)
