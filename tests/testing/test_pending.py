"""run_pending: what a commit would do, in a test that has none."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import transaction
from pytest_django import Settings

from django_rokka.tasks import find_library
from django_rokka.testing import (
    EmulatedRokka,
    assert_no_rokka_calls,
    emulate_rokka,
    make_image,
    run_pending,
)

from tests.testapp.models import Brand, Cover

pytestmark = pytest.mark.django_db

LIBRARY: Any = find_library()


@pytest.fixture
def rokka() -> Iterator[EmulatedRokka]:
    with emulate_rokka() as emulated:
        yield emulated


@LIBRARY.task  # type: ignore[untyped-decorator]  # of one of two libraries
def announce() -> None:
    raise AssertionError("the project's own task")


def test_run_pending__moves_the_alias(rokka: EmulatedRokka) -> None:
    brand = Brand.objects.create(name="Acme", logo=make_image())
    assert brand.logo.alias == ""
    run_pending()
    assert brand.logo.alias == f"brand_{brand.pk}_logo"
    assert Brand.objects.get().logo.alias == brand.logo.alias


def test_run_pending__does_each_thing_once(rokka: EmulatedRokka) -> None:
    done: list[str] = []
    transaction.on_commit(lambda: done.append("outer"))
    transaction.on_commit(lambda: transaction.on_commit(lambda: done.append("inner")))
    run_pending()
    run_pending()
    assert done == ["outer", "inner"]


def test_run_pending__leaves_out_what_was_rolled_back(rokka: EmulatedRokka) -> None:
    with transaction.atomic():
        brand = Brand.objects.create(name="Acme", logo=make_image())
        transaction.set_rollback(True)
    with assert_no_rokka_calls():
        run_pending()
    assert brand.logo.alias == ""


def test_run_pending__raises_what_fails(rokka: EmulatedRokka) -> None:
    def fail() -> None:
        raise LookupError("of the project")

    transaction.on_commit(fail, robust=True)
    with pytest.raises(LookupError, match="of the project"):
        run_pending()


def test_run_pending__runs_our_tasks_of_the_dummy_backend_and_no_others(
    rokka: EmulatedRokka, settings: Settings
) -> None:
    settings.TASKS = {"default": {"BACKEND": f"{LIBRARY.__name__}.backends.dummy.DummyBackend"}}
    announce.enqueue()
    cover = Cover.objects.create(image=make_image())
    run_pending()
    cover.refresh_from_db()
    assert cover.placeholder
    assert [result.task.name for result in LIBRARY.default_task_backend.results] == ["announce"]
