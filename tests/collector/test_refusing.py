"""When a collection deletes nothing at all, and says why."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import connection, connections
from django.db.transaction import TransactionManagementError
from pytest_django import Settings

from django_rokka.collector import collect
from django_rokka.columns import register_column, registration
from django_rokka.models import LibrarySync
from django_rokka.storage import RokkaStorage

from tests.collector.conftest import Upload, is_deleted
from tests.collector.test_deleting import a_photo, sweep

pytestmark = pytest.mark.django_db(transaction=True)

Configure = Callable[..., RokkaStorage]


@pytest.fixture
def registered(monkeypatch: pytest.MonkeyPatch) -> dict[tuple[str, str], None]:
    """What is registered, put back after the test."""
    columns = dict(registration._registered)
    monkeypatch.setattr(registration, "_registered", columns)
    return columns


def test_deletion__is_refused_after_a_column_has_vanished(
    rokka: RokkaStorage, upload: Upload, registered: dict[tuple[str, str], None]
) -> None:
    red, green = upload("red"), upload("green")
    a_photo(green)
    register_column("testapp.Article", "notes")
    collect()
    del registered["testapp.Article", "notes"]
    for _ in range(2):  # scans that do not delete forget nothing
        collect()
        with pytest.raises(ValueError, match=r"are missing: testapp\.Article\.notes\. Nothing is"):
            sweep(accept_fewer_columns=False)
    assert not is_deleted(rokka, red)
    assert sweep(accept_fewer_columns=True).deleted == 1
    assert sweep(accept_fewer_columns=False).deleted == 0
    names = LibrarySync.objects.get(organization="demo").columns
    assert "testapp.Photo.image" in names
    assert "testapp.Article.notes" not in names


def test_deletion__is_refused_where_nothing_refers_to_any_image(
    rokka: RokkaStorage, upload: Upload
) -> None:
    red = upload()
    with pytest.raises(ValueError, match=r"Nothing refers to any image, and 1 would be deleted"):
        sweep(accept_fewer_columns=False)
    assert not is_deleted(rokka, red)
    a_photo(f"{'d' * 40}/4x3/gone.png")
    assert sweep(accept_fewer_columns=False).deleted == 1
    assert is_deleted(rokka, red)


def test_deletion__is_not_refused_where_nothing_would_be_deleted(rokka: RokkaStorage) -> None:
    assert sweep(accept_fewer_columns=False).deleted == 0


def test_deletion__is_refused_where_a_storage_of_the_organization_never_deletes(
    rokka: RokkaStorage, rokka_options: dict[str, Any], settings: Settings, upload: Upload
) -> None:
    red = upload()

    def add(alias: str, **options: Any) -> None:
        rokka: dict[str, Any] = {"BACKEND": "django_rokka.storage.RokkaStorage"}
        rokka["OPTIONS"] = {**rokka_options, "on_delete": "never", **options}
        settings.STORAGES = {**settings.STORAGES, alias: rokka}

    add("archive")
    with pytest.raises(ValueError, match=r"of the storage 'archive' is 'never', so no image"):
        sweep(rokka)
    add("archive", organization="other")
    add("broken", retries="many")
    assert sweep(rokka).deleted == 1
    assert is_deleted(rokka, red)


@pytest.mark.parametrize("name", ["schema_name", "set_schema"])
def test_deletion__is_refused_where_schemas_are_switched(
    rokka: RokkaStorage, upload: Upload, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    red = upload()
    monkeypatch.setattr(connections["default"], name, "public", raising=False)
    with pytest.raises(ImproperlyConfigured, match="the database 'default' switches schemas"):
        sweep()
    assert collect().unreferenced_count == 1
    assert not is_deleted(rokka, red)


def test_deletion__is_refused_without_autocommit(rokka: RokkaStorage, upload: Upload) -> None:
    red = upload()
    connection.set_autocommit(False)
    try:
        with pytest.raises(TransactionManagementError, match=r"with autocommit; a view needs"):
            sweep()
    finally:
        connection.rollback()
        connection.set_autocommit(True)
    assert not is_deleted(rokka, red)


def test_report__of_a_deletion_adds_up(rokka: RokkaStorage, upload: Upload) -> None:
    kept, *others = (upload(colour) for colour in ("red", "green", "blue", "black"))
    a_photo(kept)
    rokka.client.source_images.set_locked(others[0].hash, True)
    report = sweep(limit=1, sync=False)
    assert str(report).splitlines()[1:3] == [
        "1 image referred to, 3 not (3 new, 3 due to delete).",
        "0 restored, 0 marked, 0 unmarked, 1 deleted.",
    ]
    assert report.unreferenced.count() == report.unreferenced_count - report.deleted - report.locked
